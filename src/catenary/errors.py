"""Every exception of our own.

Each class also inherits the builtin that a caller would expect, so `except ValueError` keeps
working.

    CatenaryError
    ├── HyperparameterError (ValueError)   a hyperparameter outside its range, or no number
    │   └── MissingWordError (KeyError)    a group that lacks a hyperparameter
    ├── WrongWordError (TypeError)         a word of another library's language, or of none
    ├── TraceError (TypeError)             a formula that cannot be traced
    ├── ProgramError (ValueError)          a traced program that breaks the language's own rules
    ├── TargetError (TypeError)            `setup` got what is no target
    ├── NotSetUpError (RuntimeError)       a call that needs `setup` first
    ├── HookError (ValueError)             a hook without a name, or with an unknown timing
    ├── LossError (TypeError)              a loss function that returned no scalar Variable
    ├── LossScaleError (RuntimeError)      gradients that stay non-finite at the smallest loss scale
    ├── GradientError (ValueError)         a gradient that does not fit its parameter
    ├── UninitializedError (RuntimeError)  an array asked of a parameter that has no shape yet
    ├── StateError (ValueError)            optimizer state that does not fit its parameter
    ├── SelectionError (LookupError)       a selection of parameters that matches none
    ├── SnapshotError (ValueError)         a file that is truncated, corrupt or does not fit
    │   └── MissingKeyError (KeyError)     a value that the file should hold and does not
    ├── SnapshotWriteError (OSError)       a snapshot that the system did not let us write
    ├── ExportError (ValueError)           a graph that another program's format cannot hold
    ├── UnknownDivergenceError (KeyError)  no KL divergence is registered for two classes
    ├── DownloadError (OSError)            a file of a dataset that could not be fetched
    ├── WorkerError (RuntimeError)         a process that reads examples for an iterator has failed
    └── StandInError (ImportError)         `chainer` cannot be stood in for here
"""

from __future__ import annotations


class CatenaryError(Exception):
    """Base of every exception that catenary raises on its own account."""


class HyperparameterError(CatenaryError, ValueError):
    """A hyperparameter is no number, is NaN, or lies outside its range."""


class MissingWordError(HyperparameterError, KeyError):
    """A group of a torch optimizer lacks a hyperparameter that its rule reads."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class WrongWordError(CatenaryError, TypeError):
    """A keyword of another library's language, or one that no language here knows."""


class TraceError(CatenaryError, TypeError):
    """A rule's or hook's formula does something that cannot be traced."""


class ProgramError(CatenaryError, ValueError):
    """A traced program is not well formed."""


class TargetError(CatenaryError, TypeError):
    """`Optimizer.setup` was given something that holds no parameters."""


class NotSetUpError(CatenaryError, RuntimeError):
    """The optimizer has no target yet."""


class HookError(CatenaryError, ValueError):
    """A hook cannot be registered as asked."""


class LossError(CatenaryError, TypeError):
    """A loss function returned something that cannot be differentiated."""


class LossScaleError(CatenaryError, RuntimeError):
    """Gradients stay non-finite although the loss scale is at its floor."""


class GradientError(CatenaryError, ValueError):
    """A gradient's shape, dtype or device differs from its parameter's."""


class UninitializedError(CatenaryError, RuntimeError):
    """A parameter without a shape was asked for its values."""


class StateError(CatenaryError, ValueError):
    """A state array does not fit the parameter that it belongs to."""


class SelectionError(CatenaryError, LookupError):
    """A selection of parameters matches none of them."""


class SnapshotError(CatenaryError, ValueError):
    """A snapshot is truncated, corrupt, or does not fit the object it is loaded into."""


class MissingKeyError(SnapshotError, KeyError):
    """A snapshot lacks a value that the object expects."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class SnapshotWriteError(CatenaryError, OSError):
    """A snapshot could not be written: no space, no permission, or its writer died."""


class ExportError(CatenaryError, ValueError):
    """Another program's format has no words for something in a model's graph."""


class UnknownDivergenceError(CatenaryError, KeyError):
    """No KL divergence is registered for the classes of two distributions."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class DownloadError(CatenaryError, OSError):
    """A file could not be fetched from anywhere, or what came is not that file."""


class WorkerError(CatenaryError, RuntimeError):
    """A worker process of an iterator died, or says where in it a dataset has failed."""


class StandInError(CatenaryError, ImportError):
    """catenary cannot stand in for `chainer` in this process."""


def annotate(error: BaseException, note: str) -> None:
    """Add a line to what `error` prints, keeping its type (PEP 678; stored on Python 3.10 too)."""
    notes = list(getattr(error, "__notes__", ()))
    error.__notes__ = [*notes, note]  # type: ignore[attr-defined,unused-ignore]
