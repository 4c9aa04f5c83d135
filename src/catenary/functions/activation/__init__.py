"""Activation functions, one a file: element by element, or along one axis.

Calls `functions._apply` and torch.
Called by `functions`, which re-exports every name, and by links.
"""
