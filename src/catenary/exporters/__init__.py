"""Models in the formats of other programs.

A model is run once on an example, and the graph that it leaves is written in the other program's
words. May import function hooks, `links`, `variable` and `serializers`; called by users.
"""

from __future__ import annotations

from catenary.exporters import caffe as caffe

__all__ = ["caffe"]
