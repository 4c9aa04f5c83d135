"""DaliIterator: a name that Chainer programs know, and why it does not work here."""

from __future__ import annotations

from typing import Any

from catenary.dataset.iterator import Iterator

__all__ = ["DaliIterator"]


class DaliIterator(Iterator):
    """Iterator over a pipeline of NVIDIA's DALI, which catenary does not have.

    Args:
        pipeline: DALI pipeline.
        repeat: Whether to go on for ever.

    Raises:
        NotImplementedError: Always.
    """

    def __init__(self, pipeline: Any, repeat: bool = True) -> None:
        raise NotImplementedError(
            "catenary has no iterator over DALI pipelines. Iterate with DALI's own iterator for "
            "PyTorch (nvidia.dali.plugin.pytorch), or read the images with MultiprocessIterator."
        )
