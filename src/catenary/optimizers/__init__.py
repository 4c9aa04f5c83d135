"""Chainer's optimizers, one a file: formulas only.

Each file declares hyperparameters once, a rule, and the optimizer that gives every parameter such a
rule; names, arguments, defaults, state names and module paths are Chainer's. It calls `optimizer`
and `expr`; programs and the front door call it.
"""

from catenary.optimizers.ada_delta import AdaDelta
from catenary.optimizers.ada_grad import AdaGrad
from catenary.optimizers.adam import AdaBound, Adam, AdamW, AMSBound, AMSGrad
from catenary.optimizers.corrected_momentum_sgd import CorrectedMomentumSGD
from catenary.optimizers.momentum_sgd import MomentumSGD
from catenary.optimizers.msvag import MSVAG
from catenary.optimizers.nesterov_ag import NesterovAG
from catenary.optimizers.rmsprop import RMSprop
from catenary.optimizers.rmsprop_graves import RMSpropGraves
from catenary.optimizers.sgd import SGD
from catenary.optimizers.smorms3 import SMORMS3

__all__ = [
    "MSVAG",
    "SGD",
    "SMORMS3",
    "AMSBound",
    "AMSGrad",
    "AdaBound",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "CorrectedMomentumSGD",
    "MomentumSGD",
    "NesterovAG",
    "RMSprop",
    "RMSpropGraves",
]
