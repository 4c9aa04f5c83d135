"""What published vision models have in common: named stages, pictures in, weights from files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from catenary import functions, serializers
from catenary.config import using_config
from catenary.link import Chain
from catenary.utils.imgproc import oversample as crops
from catenary.variable import Variable

__all__ = ["Pretrained"]

Stages = dict[str, list[Callable[[Any], Any]]]


class Pretrained(Chain):
    """Base of vision models. A subclass builds its links and says what `functions` are.

    Attributes:
        available_layers: Names of the stages whose results :meth:`forward` can return.
    """

    _features: ClassVar[str]
    _prepare: ClassVar[Callable[..., Any]]

    @property
    def functions(self) -> Stages:
        """The stages by name, each a list of what is applied, in order."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its stages are")

    @property
    def available_layers(self) -> list[str]:
        """Names of the stages."""
        return list(self.functions)

    def forward(self, x: Any, layers: Sequence[str] | None = None) -> dict[str, Variable]:
        """Return the results of some stages; what none of them needs is not computed.

        Args:
            x: Prepared pictures, shape (batch, 3, height, width).
            layers: Names of stages; ``["prob"]`` by default.
        """
        wanted = set(layers or ["prob"])
        found: dict[str, Any] = {}
        for name, steps in self.functions.items():
            if not wanted:
                break
            x = self._entry(name, x, found)
            for step in steps:
                x = step(x)
            self._passed(name, x, found)
            if name in wanted:
                wanted.remove(name)
                found[name] = x
        return {name: y for name, y in found.items() if name in (layers or ["prob"])}

    def _entry(self, name: str, x: Any, found: dict[str, Any]) -> Any:
        """Return what a stage begins with: the result of the one before."""
        return x

    def _passed(self, name: str, x: Any, found: dict[str, Any]) -> None:
        """Keep the result of a stage that a later one begins with."""

    def extract(
        self,
        images: Iterable[Any],
        layers: Sequence[str] | None = None,
        size: tuple[int, int] | None = (224, 224),
    ) -> dict[str, Variable]:
        """Prepare pictures and return the results of some stages.

        Args:
            images: Pictures of Pillow or arrays, red before blue.
            layers: Names of stages; the last before the classifier by default.
            size: Width and height to resize to; None not to.
        """
        return self(self._batch(images, size), layers=layers or [self._features])  # type: ignore[no-any-return]

    def predict(self, images: Iterable[Any], oversample: bool = True) -> Variable:
        """Return the probabilities of the classes, with the network as in tests.

        Args:
            images: Pictures of Pillow or arrays, red before blue.
            oversample: Whether to average over ten crops: the center, the corners, and their
                mirror images. Otherwise the center alone is used.
        """
        x = self._batch(images, (256, 256)).array
        x = self.xp.asarray(crops(x, (224, 224))) if oversample else x[:, :, 16:240, 16:240]
        with using_config("enable_backprop", False), using_config("train", False):
            y: Variable = self(x, layers=["prob"])["prob"]
            if not oversample:
                return y
            return functions.average(functions.reshape(y, (-1, 10, *y.shape[1:])), axis=1)

    def _batch(self, images: Iterable[Any], size: tuple[int, int] | None) -> Variable:
        prepare = type(self)._prepare
        return Variable(self.xp.asarray(np.stack([prepare(image, size) for image in images])))

    def _load(self, pretrained_model: str | None, name: str) -> None:
        """Load weights.

        Args:
            pretrained_model: An npz file; ``"auto"`` for `name` where Chainer keeps it; or None.
            name: Name of the file.

        Raises:
            FileNotFoundError: The file is not there.
            ValueError: It is a caffemodel.
        """
        if not pretrained_model:
            return
        if pretrained_model.endswith(".caffemodel"):
            raise ValueError(
                f"{pretrained_model} is a caffemodel, which catenary does not read; convert it "
                f"with Chainer ({type(self).__name__}.convert_caffemodel_to_npz) and give the npz"
            )
        if pretrained_model == "auto":
            path = _models() / name
            if not path.is_file():
                raise FileNotFoundError(
                    f"the weights of {type(self).__name__} are not downloaded: put {name}, as "
                    f"Chainer has converted it, at {path}; or give the path of an npz file, or None"
                )
            pretrained_model = str(path)
        serializers.load_npz(pretrained_model, self)


def _models() -> Path:
    root = os.environ.get("CHAINER_DATASET_ROOT") or Path.home() / ".chainer" / "dataset"
    return Path(root) / "pfnet" / "chainer" / "models"
