"""torch.optim's optimizers and the modern ones: torch's words, formulas and checkpoints.

Each is a rule written once and a ``torch.optim.Optimizer`` over the machinery of `optimizer`, which
this room calls beside `expr`. Users call it: ``from catenary.optim import AdamW``.
"""

from typing import NoReturn

from catenary.optim import lr_scheduler, swa_utils
from catenary.optim.adadelta import Adadelta
from catenary.optim.adafactor import Adafactor
from catenary.optim.adagrad import Adagrad
from catenary.optim.adam import Adam, AdamW
from catenary.optim.adamax import Adamax
from catenary.optim.ademamix import AdEMAMix
from catenary.optim.asgd import ASGD
from catenary.optim.lamb import LAMB
from catenary.optim.lars import LARS
from catenary.optim.lion import Lion
from catenary.optim.muon import Muon
from catenary.optim.nadam import NAdam
from catenary.optim.optimizer import Optimizer
from catenary.optim.radam import RAdam
from catenary.optim.rmsprop import RMSprop
from catenary.optim.rprop import Rprop
from catenary.optim.schedule_free import AdamWScheduleFree, SGDScheduleFree
from catenary.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LAMB",
    "LARS",
    "SGD",
    "AdEMAMix",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "AdamWScheduleFree",
    "Adamax",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGDScheduleFree",
    "lr_scheduler",
    "swa_utils",
]

_TORCHS = {
    "LBFGS": "its step evaluates the loss several times, which is no rule of one pass",
    "SparseAdam": "gradients are dense here (nn.Embedding(..., sparse=False))",
}


def __getattr__(name: str) -> NoReturn:
    """Tell where a name of torch.optim is that has no place here."""
    if name in _TORCHS:
        message = f"catenary.optim has no {name}: {_TORCHS[name]}. torch.optim.{name} is torch's."
        raise AttributeError(message)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
