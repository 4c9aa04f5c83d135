"""Arithmetic, reductions and elementary functions.

Calls `functions._apply` and torch.
Called by `functions`, which re-exports every name and installs the operators of Variable.
"""
