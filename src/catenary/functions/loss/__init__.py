"""Loss functions, one a file.

Calls `functions._apply` and torch.
Called by `functions`, which re-exports every name, and by classifiers.
"""
