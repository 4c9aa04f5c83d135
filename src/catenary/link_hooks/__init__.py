"""Link hooks that come with the house, one a file: they time links, or change their weights.

May import `link_hook`, `links`, `functions` and what these stand on. Called by users, in a ``with``
statement or by ``link.add_hook``.
"""

from __future__ import annotations

from catenary.link_hooks.spectral_normalization import SpectralNormalization
from catenary.link_hooks.timer import TimerHook
from catenary.link_hooks.weight_standardization import WeightStandardization

__all__ = ["SpectralNormalization", "TimerHook", "WeightStandardization"]
