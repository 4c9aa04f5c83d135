"""torch's learning rate schedulers: they write ``lr`` into ``param_groups``, which is heard here.

Differs: nothing; these are torch's own classes, so ``isinstance`` and checkpoints agree.
"""

from torch.optim import lr_scheduler as _torchs
from torch.optim.lr_scheduler import *  # noqa: F403

__all__ = _torchs.__all__
