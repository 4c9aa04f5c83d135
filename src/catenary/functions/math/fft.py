"""Discrete Fourier transform along the last axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from catenary.functions._apply import apply_many, floating, reject
from catenary.variable import Variable

__all__ = ["fft", "ifft"]


def _check(label: str, real: torch.Tensor, imag: torch.Tensor) -> None:
    floating(label, real)
    if real.ndim == 0 or real.shape != imag.shape or real.dtype != imag.dtype:
        reject(label, "real and imaginary parts of one shape, with an axis, and one dtype", real)


def _transformed(
    label: str, transform: Callable[[torch.Tensor], torch.Tensor], x: Any
) -> tuple[Variable, Variable]:
    def parts(real: torch.Tensor, imag: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = transform(torch.complex(real, imag))
        return y.real, y.imag

    real, imag = x
    real, imag = apply_many(label, parts, real, imag, check=_check)
    return real, imag


def fft(x: Any) -> tuple[Variable, Variable]:
    """Return real and imaginary part of Σ xⱼ exp(−2πi jk / n).

    Args:
        x: (real part, imaginary part), Variables or arrays, floating, of one shape.
    """
    return _transformed("FFT", torch.fft.fft, x)


def ifft(x: Any) -> tuple[Variable, Variable]:
    """Return real and imaginary part of Σ xⱼ exp(2πi jk / n) / n.

    Args:
        x: (real part, imaginary part), Variables or arrays, floating, of one shape.
    """
    return _transformed("FFT", torch.fft.ifft, x)
