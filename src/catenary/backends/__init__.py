"""Where arrays live: the CPU, a GPU, and the memory that torch and NumPy share.

Calls numpy, torch, cupy where it is installed, and nothing else of ours but errors and config.
Called by `backend`, by `variable`, and by whoever moves arrays between devices.
"""
