"""Where torch's world and ours meet: torch modules as targets of our optimizers.

It shows a ``torch.nn.Module`` as the target protocol of `optimizer`, through Variables that share
the module's memory. It calls `optimizer` and `variable`; the machinery reaches it by name when a
module comes.
"""

from catenary.bridge.module import ModuleView, view_of

__all__ = ["ModuleView", "view_of"]
