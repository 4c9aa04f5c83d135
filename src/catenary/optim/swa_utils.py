"""torch's averaged models and `SWALR`, which work with the optimizers here as with torch's.

Differs: nothing; these are torch's own. ``optimizer.average_weights()`` averages within the step.
"""

from torch.optim import swa_utils as _torchs
from torch.optim.swa_utils import *  # noqa: F403

__all__ = _torchs.__all__
