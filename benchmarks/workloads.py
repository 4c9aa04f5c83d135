"""Shapes of real models, as sets of parameters."""

from __future__ import annotations

Shape = tuple[int, ...]


def resnet50() -> list[Shape]:
    """161 tensors, 25.6M values."""
    shapes: list[Shape] = [(64, 3, 7, 7), (64,), (64,)]
    inside = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            outside = width * 4
            shapes += [(width, inside, 1, 1), (width,), (width,)]
            shapes += [(width, width, 3, 3), (width,), (width,)]
            shapes += [(outside, width, 1, 1), (outside,), (outside,)]
            if block == 0:
                shapes += [(outside, inside, 1, 1), (outside,), (outside,)]
            inside = outside
    return [*shapes, (1000, 2048), (1000,)]


def gpt2_small() -> list[Shape]:
    """148 tensors, 124M values."""
    width = 768
    block: list[Shape] = [
        (width,), (width,), (3 * width, width), (3 * width,), (width, width), (width,),
        (width,), (width,), (4 * width, width), (4 * width,), (width, 4 * width), (width,),
    ]  # fmt: skip
    return [(50257, width), (1024, width), *(block * 12), (width,), (width,)]


def billion() -> list[Shape]:
    """147 tensors, 1.2 billion values: a language model of 16 layers, 2048 wide."""
    width, inside = 2048, 8192
    block: list[Shape] = [
        (width,), (width, width), (width, width), (width, width), (width, width),
        (width,), (inside, width), (inside, width), (width, inside),
    ]  # fmt: skip
    return [(32000, width), *(block * 16), (width,), (32000, width)]


def thousand() -> list[Shape]:
    """1,000 tensors of 1,000 values."""
    return [(1000,)] * 1000


def mlp() -> list[Shape]:
    """6 tensors, 90k values."""
    return [(100, 784), (100,), (100, 100), (100,), (10, 100), (10,)]


WORKLOADS = {
    "ResNet-50, 25.6M": resnet50,
    "GPT-2 small, 124M": gpt2_small,
    "1,000 x 1,000": thousand,
    "MLP, 90k": mlp,
}
