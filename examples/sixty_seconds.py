"""A small language model: torch's AdamW beside catenary's, then a rule of one's own.

    python examples/sixty_seconds.py

The text is seven sonnets by Shakespeare, in sonnets.txt beside this file.
"""

import argparse
import copy
import time
from pathlib import Path

import torch
from torch import nn

from catenary import optim
from catenary.expr import sign
from catenary.optimizer import FormulaRule, hyper, slot

TEXT = Path(__file__).with_name("sonnets.txt").read_text(encoding="utf-8")
LETTERS = sorted(set(TEXT))
CODES = torch.tensor([LETTERS.index(letter) for letter in TEXT])
LENGTH, BATCH = 48, 16


class LanguageModel(nn.Module):
    """Predicts the next letter with two transformer layers."""

    def __init__(self, width=64):
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS), width)
        self.places = nn.Embedding(LENGTH, width)
        layers = [
            nn.TransformerEncoderLayer(width, 4, 4 * width, dropout=0.0, batch_first=True)
            for _ in range(2)
        ]
        self.layers = nn.ModuleList(layers)
        self.output = nn.Linear(width, len(LETTERS))

    def forward(self, codes):
        x = self.letters(codes) + self.places.weight
        mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=True)
        return self.output(x)


# A rule of one's own: ten lines, fused with everything else.
class SignumRule(FormulaRule):
    lr: float = hyper(default=1e-3, ge=0)
    beta: float = hyper(default=0.9, ge=0, le=1)
    mean = slot(0.0)

    @staticmethod
    def step(p, g, mean, h):
        mean = h.beta * mean + (1 - h.beta) * g
        return p - h.lr * sign(mean), mean


class Signum(optim.Optimizer):
    rule = SignumRule


def batches(steps, seed):
    """The same batches for everyone."""
    draws = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        starts = torch.randint(len(CODES) - LENGTH - 1, (BATCH,), generator=draws)
        rows = torch.stack([CODES[start : start + LENGTH + 1] for start in starts])
        yield rows[:, :-1], rows[:, 1:]


def train(runs, steps, seed):
    """Train (model, optimizer) pairs side by side; return each one's last loss and step time."""
    spent = [0.0] * len(runs)
    losses = [0.0] * len(runs)
    for x, t in batches(steps, seed):
        for i, (model, optimizer) in enumerate(runs):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x).flatten(0, 1), t.flatten())
            loss.backward()
            begin = time.perf_counter()
            optimizer.step()
            spent[i] += time.perf_counter() - begin
            losses[i] = loss.item()
    return [(loss, 1e3 * total / steps) for loss, total in zip(losses, spent, strict=True)]


def report(title, names, results):
    print(f"\n{title}")
    for name, (loss, ms) in zip(names, results, strict=True):
        print(f"  {name:24} loss {loss:.4f}   {ms:6.3f} ms a step")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200, help="steps of each part")
    steps = parser.parse_args().steps

    torch.manual_seed(0)
    model = LanguageModel()
    twin = copy.deepcopy(model)
    theirs = torch.optim.AdamW(model.parameters(), lr=2e-3)
    ours = optim.AdamW(twin, lr=2e-3)  # a module, so that checkpoints are matched by name
    names = ["torch.optim.AdamW", "catenary.optim.AdamW"]
    train([(model, theirs), (twin, ours)], 3, seed=0)  # both compile or warm up something
    report("From one seed", names, train([(model, theirs), (twin, ours)], steps, seed=1))

    twin = copy.deepcopy(model)
    ours = optim.AdamW(twin.parameters())
    ours.load_state_dict(theirs.state_dict())
    runs = [(model, theirs), (twin, ours)]
    report("torch's checkpoint taken over", names, train(runs, steps, seed=2))

    own = Signum(twin, lr=1e-4)
    report("A rule of one's own", ["Signum"], train([(twin, own)], steps, seed=3))
    print(f"\n{own.explain()}")


if __name__ == "__main__":
    main()
