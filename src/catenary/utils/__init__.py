"""The modules of `chainer.utils` that programs import by name; each says what it is for.

Calls errors and nothing else of ours.
Called by functions and links when they check what they are given.
"""
