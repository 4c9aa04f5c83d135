"""Functions that move, cut, join and cast arrays, one a file; most return views of their input.

Calls `functions._apply` and torch.
Called by `functions`, which re-exports every name and installs the methods of Variable.
"""
