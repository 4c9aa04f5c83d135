"""ProgressBar: how far training is, and how long it will take."""

from __future__ import annotations

from typing import IO, Any

from catenary.training.extension import Extension
from catenary.training.extensions import util

__all__ = ["ProgressBar"]


class ProgressBar(Extension):
    """Extension that shows progress, speed and the time left.

    On a terminal and in a notebook it is drawn in place, elsewhere it writes a line a minute.

    Args:
        training_length: Pair such as ``(20, "epoch")``; what the stop trigger says by default.
        update_interval: Iterations between two looks.
        bar_length: Characters of a bar.
        out: Stream; the standard output of the moment by default.

    Differs:
        All arguments are heard (Chainer 7 ignores the first, third and fourth), and no control
        characters reach a file or a pipe.
    """

    def __init__(
        self,
        training_length: tuple[float, str] | None = None,
        update_interval: int = 100,
        bar_length: int = 50,
        out: IO[str] | None = None,
    ) -> None:
        self._update_interval = update_interval
        self._pbar = _TrainerProgressBar(training_length, bar_length, out)

    def __call__(self, trainer: Any) -> None:
        """Show where training stands."""
        if trainer.updater.iteration % self._update_interval == 0:
            self._pbar.trainer = trainer
            self._pbar.update()

    def finalize(self) -> None:
        """Take the bar away."""
        self._pbar.close()


class _TrainerProgressBar(util.ProgressBar):
    """The lines for a trainer."""

    trainer: Any = None

    def __init__(
        self, training_length: tuple[float, str] | None, bar_length: int, out: IO[str] | None
    ) -> None:
        super().__init__(bar_length, out)
        self._training_length = training_length

    def get_lines(self) -> list[str]:
        updater = self.trainer.updater
        status, speed = self._status()
        lines = [f"this epoch {self._bar(updater.epoch_detail % 1)}\n", status, speed]
        rate = self._rate()
        return lines if rate is None else [f"     total {self._bar(rate)}\n", *lines]

    def get_log_line(self) -> str:
        status, speed = self._status()
        rate = self._rate()
        total = "" if rate is None else f" ({rate:.1%})"
        return f"{status.strip()}{total}, {speed.strip()}\n"

    def _length(self) -> tuple[float, str] | None:
        if self._training_length is None:
            ask = getattr(self.trainer.stop_trigger, "get_training_length", None)
            self._training_length = ask() if ask else None
        return self._training_length

    def _rate(self) -> float | None:
        """Return the share of training that is over; None where its length is not known."""
        length = self._length()
        if length is None:
            return None
        updater = self.trainer.updater
        done = updater.iteration if length[1] == "iteration" else updater.epoch_detail
        return float(min(done / length[0], 1.0))

    def _status(self) -> tuple[str, str]:
        updater, length = self.trainer.updater, self._length()
        status = f"{updater.iteration:10} iter, {updater.epoch} epoch"
        per_second, epochs_per_second = self.update_speed(updater.iteration, updater.epoch_detail)
        speed = f"{per_second:10.5g} iters/sec."
        if length is not None:
            whole, unit = length
            status += f" / {whole} {unit}s"
            if unit == "iteration":
                left = util.remaining(whole - updater.iteration, per_second)
            else:
                left = util.remaining(whole - updater.epoch_detail, epochs_per_second)
            speed += f" Estimated time to finish: {left}."
        return f"{status}\n", f"{speed}\n"
