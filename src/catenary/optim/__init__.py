"""torch.optim's optimizers and the modern ones: torch's words, formulas and checkpoints.

Each is a rule written once and a ``torch.optim.Optimizer`` over the machinery of `optimizer`, which
this room calls beside `expr`. Users call it: ``from catenary.optim import AdamW``.
"""

from catenary.optim.adam import Adam, AdamW
from catenary.optim.optimizer import Optimizer
from catenary.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
