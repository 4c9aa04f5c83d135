"""Functions that connect layers through weights: linear, convolution, embedding.

Calls `functions._apply` and torch.
Called by `functions`, which re-exports every name, and by links.
"""
