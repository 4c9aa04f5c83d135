"""Orthogonal matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary.initializer import Initializer, fill

__all__ = ["Orthogonal"]

# mode: (is in > out refused, is in < out refused)
_MODES = {
    "auto": (False, False),
    "projection": (False, True),
    "embedding": (True, False),
    "basis": (True, True),
}


class Orthogonal(Initializer):
    """Fill with `scale` times a matrix with orthonormal rows, or columns if these are fewer.

    The array counts as a matrix of its first axis against all others. It is the Q of a Gaussian
    matrix's QR decomposition with R's diagonal made positive, so that it is uniformly distributed.

    Args:
        scale: Length of the rows or columns.
        dtype: Dtype of the arrays to fill; None for any.
        mode: ``"auto"`` takes any shape; ``"projection"`` refuses more rows than columns,
            ``"embedding"`` more columns than rows, ``"basis"`` both.
        rng: `numpy.random.RandomState`; NumPy's global one if omitted.

    Raises:
        ValueError: `mode` is none of these.

    Source: Saxe et al., arXiv:1312.6120.
    """

    def __init__(
        self, scale: float = 1.1, dtype: Any = None, mode: str = "auto", *, rng: Any = None
    ) -> None:
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {', '.join(map(repr, _MODES))}, got {mode!r}")
        self.scale = scale
        self.mode = mode
        self.rng = rng
        super().__init__(dtype)

    def __call__(self, array: Any) -> None:
        """Fill `array` in place.

        Raises:
            ValueError: The array is empty, or its shape does not fit `mode`.
        """
        shape = tuple(array.shape)
        source = numpy.random if self.rng is None else self.rng
        if not shape:
            fill(self, array, self.scale * (2 * int(source.randint(2)) - 1))
            return
        rows, columns = shape[0], math.prod(shape[1:])
        if not rows * columns:
            raise ValueError(f"an orthogonal matrix has at least one entry, got shape {shape}")
        no_wide, no_tall = _MODES[self.mode]
        if (columns > rows and no_wide) or (columns < rows and no_tall):
            raise ValueError(
                f"mode {self.mode!r} does not take shape {shape}: {columns} columns, {rows} rows"
            )
        gaussian = source.normal(size=(rows, columns))
        q, r = numpy.linalg.qr(gaussian.T if columns > rows else gaussian)
        q *= numpy.copysign(self.scale, numpy.diag(r))
        fill(self, array, (q.T if columns > rows else q).reshape(shape))
