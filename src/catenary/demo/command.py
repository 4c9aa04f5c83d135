"""The demo's command line: read the options, train, draw, and say what to try next."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy

from catenary import datasets, errors
from catenary.demo.screen import Row, Show, open_screen, rows_of
from catenary.demo.training import SNAPSHOT, make_trainer, read, resume

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo.

    Args:
        arguments: Options; those of the command line by default.

    Returns:
        The exit status, 0. A wrong option ends the process with status 2 and a sentence.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    numpy.random.seed(options.seed)
    train, test = datasets.get_digits(ndim=3)
    trainer = make_trainer(
        train, test, options.lr, options.momentum, options.batch, options.epochs, options.out
    )
    if options.resume:
        try:
            resume(trainer, options.resume, options.epochs)
        except (OSError, errors.SnapshotError) as error:
            parser.error(f"argument --resume: {error}")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"argument --out: {error}")

    print(f"{len(train)} handwritten digits to learn from, {len(test)} to be tested on.\n")
    before = len(rows_of(trainer))
    with open_screen(-(-options.epochs * len(train) // options.batch)) as screen:
        screen.heading()
        trainer.extend(Show(screen))
        trainer.run()

    rows = rows_of(trainer)
    made = [options.out / SNAPSHOT, options.out / "log.json"]
    made += _draw(rows, test, read(trainer, test), options.out)
    _close(rows[before:], made, options)
    return 0


def _draw(rows: Sequence[Row], test: Any, probabilities: Any, out: Path) -> list[Path]:
    try:
        from catenary.demo import pictures
    except ImportError:
        print("\nNo pictures: matplotlib is not installed (pip install 'catenary[plot]').")
        return []
    images, labels = (numpy.stack(column) for column in zip(*test, strict=True))
    curves, mistakes = out / "curves.png", out / "mistakes.png"
    pictures.draw_curves(rows, curves)
    pictures.draw_mistakes(images, labels, probabilities, mistakes)
    return [curves, mistakes]


def _close(rows: Sequence[Row], made: Sequence[Path], options: argparse.Namespace) -> None:
    says = {
        SNAPSHOT: "the whole training, to go on from",
        "log.json": "the numbers of the table",
        "curves.png": "loss and accuracy over the epochs",
        "mistakes.png": "the digits it got wrong",
    }
    seconds = sum(row.seconds for row in rows)
    print(f"\nTest accuracy {rows[-1].test_accuracy:.2%} after {seconds:.1f} s of learning. See:")
    width = max(len(str(path)) for path in made)
    for path in made:
        print(f"  {path!s:<{width}}   {says[path.name]}")
    if not math.isfinite(rows[-1].train_loss):
        print(
            "\nThe loss is no number any more: the steps were too large. Begin again, with\n"
            f"  make demo ARGS='--lr {options.lr / 10:g}'"
        )
        return
    print(
        "\nTry next:\n"
        "  make demo ARGS='--epochs 5 --lr 0.5'       learn too fast\n"
        f"  make demo ARGS='--resume {made[0]} --lr {options.lr / 10:g}'\n"
        "                                             go on from here, in smaller steps\n"
        "  make demo ARGS='--help'                    every option\n"
        "and read src/catenary/demo/training.py, the program that you just ran."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m catenary.demo",
        description="Teach a small network to read handwritten digits.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--epochs", type=_whole, default=30, help="times to go through the data", metavar="N")
    add("--batch", type=_whole, default=50, help="digits to learn from at once", metavar="N")
    add(
        "--lr",
        type=_number(0, 1e3),
        default=0.05,
        help="learning rate, a tenth of it in the last third",
        metavar="X",
    )
    add("--momentum", type=_number(0, 1), default=0.9, help="momentum, 0 to 1", metavar="X")
    add(
        "--seed",
        type=_seed,
        default=0,
        help="of the random numbers (a snapshot has its own)",
        metavar="N",
    )
    add("--resume", type=Path, help="a snapshot to go on from", metavar="FILE")
    add("--out", type=Path, default=Path("demo-output"), help="folder to write to", metavar="DIR")
    return parser


def _whole(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def _seed(text: str) -> int:
    if not (text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to 4294967295")
    return int(text)


def _number(low: float, high: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {low:g} to {high:g}")
        return value

    return number
