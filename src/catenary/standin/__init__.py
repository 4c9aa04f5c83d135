"""Standing in for Chainer: `chainer`, `chainerx` and `chainermn` answered by catenary.

`names` knows what Chainer 7.8.1 had, `resolving` finds it here, `importing` answers the import
statement; `packages` holds the thin packages under Chainer's names. It may call the front door, and
modules by their names; called by `as_chainer`, by the command line and by the user's programs.
"""
