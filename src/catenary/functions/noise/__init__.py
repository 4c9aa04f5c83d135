"""Functions that draw random numbers, from NumPy's global generator.

Calls `functions._apply`, numpy and torch.
Called by `functions`, which re-exports every name, and by links.
"""
