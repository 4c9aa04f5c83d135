"""Links that span processes, of which there is one."""

from __future__ import annotations

import copy
from typing import Any

from catenary import ChainList
from catenary import links as L

__all__ = [
    "MultiNodeBatchNormalization",
    "MultiNodeChainList",
    "create_mnbn_model",
    "create_multi_node_n_step_rnn",
]


class MultiNodeBatchNormalization(L.BatchNormalization):
    """Batch normalization over every process's batch: over this one's.

    Args:
        size: Number of channels, or shape, of the input.
        comm: Communicator of one process.
        decay: Share of the running averages kept at each step, in [0, 1].
        eps: Added to the variance, positive.
        dtype: The parameters' dtype; None takes the configuration's.
        use_gamma: Whether to scale.
        use_beta: Whether to shift.
        initial_gamma: Initializer of the scale.
        initial_beta: Initializer of the shift.
        communication_backend: Not used: nothing is communicated.
    """

    def __init__(
        self,
        size: int | tuple[int, ...],
        comm: Any,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: Any = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: Any = None,
        initial_beta: Any = None,
        communication_backend: str = "auto",
    ) -> None:
        super().__init__(
            size,
            decay,
            eps,
            dtype,
            use_gamma=use_gamma,
            use_beta=use_beta,
            initial_gamma=initial_gamma,
            initial_beta=initial_beta,
        )
        self.comm = comm


def create_mnbn_model(link: Any, comm: Any, communication_backend: str = "auto") -> Any:
    """Return a copy of the model: its batch normalization sees every process's batch already."""
    return copy.deepcopy(link)


class MultiNodeChainList(ChainList):
    """Links on several processes; here all of them are on this one.

    Args:
        comm: Communicator of one process.
    """

    def __init__(self, comm: Any) -> None:
        super().__init__()
        self._comm = comm

    def add_link(self, link: Any, rank_in: Any = None, rank_out: Any = None) -> None:
        """Add a link that takes the model's input and gives its output.

        Raises:
            RuntimeError: If the link waits for, or sends to, another process.
        """
        for rank, action in ((rank_in, "receive from"), (rank_out, "send to")):
            if rank is not None:
                raise RuntimeError(
                    f"{type(link).__name__} should {action} rank {rank}, and there is one process "
                    "here. Chain the links with catenary.Sequential instead."
                )
        super().add_link(link)

    def forward(self, *inputs: Any) -> Any:
        """Apply every link to the inputs; return the last one's output."""
        outputs = [link(*inputs) for link in self]
        if not outputs:
            raise ValueError("the MultiNodeChainList has no links; add_link(link) adds one.")
        return outputs[-1]


def create_multi_node_n_step_rnn(
    actual_link: Any, communicator: Any, rank_in: int | None = None, rank_out: int | None = None
) -> Any:
    """Raise: a recurrent network over several processes needs them.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(
        "create_multi_node_n_step_rnn passes states between processes, and there is one here. "
        f"Use the {type(actual_link).__name__} itself."
    )
