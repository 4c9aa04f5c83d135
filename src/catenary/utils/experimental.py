"""Saying that something may change."""

from __future__ import annotations

import sys
import warnings

__all__ = ["experimental"]


def experimental(api_name: str) -> None:
    """Warn that something is experimental.

    ``catenary.disable_experimental_feature_warning = True`` silences it.

    Args:
        api_name: Its name.
    """
    if getattr(sys.modules["catenary"], "disable_experimental_feature_warning", False):
        return
    warnings.warn(
        f"{api_name} is experimental: it may change without notice", FutureWarning, stacklevel=2
    )
