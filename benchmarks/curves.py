"""A small ResNet and a small language model, trained with torch's optimizer and with ours.

    python benchmarks/curves.py [--steps 150] [--threads 2] [--out FOLDER]

Both copies of a model start from one seed and see the same batches in turn; printed are both last
losses (means of ten steps) and the time of our optimizer's step over that of torch's (fused).
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from report import write
from torch import nn

from catenary import optim
from catenary.datasets import get_digits


class Residual(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
            layers.append(nn.ReLU())
        self.inside = nn.Sequential(*layers[:-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return relu(x + f(x))."""
        return nn.functional.relu(x + self.inside(x))


class LanguageModel(nn.Module):
    """Two transformer layers over letters."""

    def __init__(self, letters: int, width: int = 64) -> None:
        super().__init__()
        self.letters = nn.Embedding(letters, width)
        made = [
            nn.TransformerEncoderLayer(width, 4, 4 * width, dropout=0.0, batch_first=True)
            for _ in range(2)
        ]
        self.layers = nn.Sequential(*made)
        self.output = nn.Linear(width, letters)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the scores of the letters, one row a place."""
        return self.output(self.layers(self.letters(codes))).flatten(0, 1)


def resnet() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """Return a ResNet of four blocks, and the digits."""
    blocks = [Residual(16) for _ in range(4)]
    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), *blocks[:2], nn.MaxPool2d(2), *blocks[2:],
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
    )  # fmt: skip
    train, _ = get_digits(ndim=3)
    pairs = list(train)
    x = torch.from_numpy(np.stack([image for image, _ in pairs]))
    return net, x, torch.tensor([int(label) for _, label in pairs])


def language() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """Return a language model, and the letters of the sonnets among the examples."""
    path = Path(__file__).parents[1] / "examples" / "sonnets.txt"
    text = path.read_text(encoding="utf-8")
    letters = sorted(set(text))
    codes = torch.tensor([letters.index(letter) for letter in text])
    rows = codes.unfold(0, 49, 3)
    return LanguageModel(len(letters)), rows[:, :-1], rows[:, 1:]


def measure(make: Any, name: str, words: dict[str, Any], steps: int) -> str:
    """Return one line of the table."""
    torch.manual_seed(0)
    net, x, t = make()
    twin = copy.deepcopy(net)
    sides = [
        (twin, getattr(optim, name)(twin, **words)),
        (net, getattr(torch.optim, name)(net.parameters(), fused=True, **words)),
    ]
    losses: list[list[float]] = [[], []]
    times: list[list[float]] = [[], []]
    draws = torch.Generator().manual_seed(1)
    for step in range(steps):
        batch = torch.randint(len(x), (32,), generator=draws)
        turns = list(zip(sides, losses, times, strict=True))
        for (model, opt), seen, spent in turns if step % 2 else reversed(turns):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(x[batch]), t[batch].flatten())
            loss.backward()
            start = time.perf_counter()
            opt.step()
            spent.append(time.perf_counter() - start)
            seen.append(loss.item())
    last = [statistics.mean(seen[-10:]) for seen in losses]
    first = max(abs(a - b) for a, b in zip(losses[0][:10], losses[1][:10], strict=True))
    ratio = statistics.median(times[0][5:]) / statistics.median(times[1][5:])
    return (
        f"| {make.__name__} | {name} | {last[0]:.4f} | {last[1]:.4f} | {first:.1e} | {ratio:.2f} |"
    )


def main() -> None:
    """Train both models both ways, print the table and write it."""
    parser = argparse.ArgumentParser(description="Curves and steps against torch.optim.")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    lines = [
        "| model | optimizer | our last loss | torch's | apart in the first ten | ours / torch |",
        "|---|---|---|---|---|---|",
    ]
    cases = {"AdamW": {"lr": 2e-3}, "SGD": {"lr": 0.02, "momentum": 0.9}}
    for make in (resnet, language):
        for name, words in cases.items():
            lines.append(measure(make, name, words, options.steps))
            print(lines[-1], flush=True)
    about = f"{options.threads} threads; {options.steps} steps"
    write(options.out / "curves.md", "Trained both ways", about, lines)


if __name__ == "__main__":
    main()
