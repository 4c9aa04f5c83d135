"""Recurrent functions: one step of a cell, or all steps of a network of cells.

Calls `functions._apply`, numpy for the masks of dropout, and torch.
Called by `functions`, which re-exports every name, and by links.
"""
