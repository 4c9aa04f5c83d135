"""Networks of Caffe as Links: what its binary model files hold, computed with our functions.

`_schema` knows the files, `_layers` what each layer is here, `caffe_function` puts them together.
May import what `links` may, and protobuf where a file is read; called by users, vision models and
`exporters`.
"""

from __future__ import annotations

from catenary.links.caffe.caffe_function import CaffeFunction

__all__ = ["CaffeFunction"]
