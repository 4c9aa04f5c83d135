"""Pooling over windows of images.

Calls `functions._apply` and torch.
Called by `functions`, which re-exports every name, and by links.
"""
