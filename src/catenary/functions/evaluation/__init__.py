"""Measures of quality that have no gradient.

Calls `functions._apply` and torch.
Called by `functions`, which re-exports every name, and by classifiers.
"""
