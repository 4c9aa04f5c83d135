"""What published vision models have in common: named stages, pictures in, weights from files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from catenary import functions, serializers
from catenary.config import using_config
from catenary.dataset import download
from catenary.link import Chain
from catenary.links.caffe.caffe_function import CaffeFunction
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.connection.linear import Linear
from catenary.links.normalization.batch_normalization import BatchNormalization
from catenary.utils.imgproc import oversample as crops
from catenary.variable import Variable

__all__ = ["Pretrained", "load_cached"]

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

    def _load(self, pretrained_model: str | None, name: str, url: str | None = None) -> None:
        """Load weights.

        Args:
            pretrained_model: An npz file; a caffemodel; ``"auto"`` for the npz file where Chainer
                keeps it, made of the caffemodel at the first time; or None.
            name: Name of either file, without its ending.
            url: Where the caffemodel is published; None where it is not to be had without a
                browser.

        Raises:
            FileNotFoundError: The file is not there.
            DownloadError: It is not there and could not be fetched.
        """
        if not pretrained_model:
            return
        if pretrained_model == "auto":
            load_cached(self, f"{name}.npz", lambda: self._found(f"{name}.caffemodel", url))
        elif pretrained_model.endswith(".caffemodel"):
            self._take(CaffeFunction(self._found(pretrained_model, None)))
        else:
            serializers.load_npz(pretrained_model, self)

    def _found(self, caffemodel: str, url: str | None) -> str:
        """Return the path of a caffemodel: as it is given, or in Chainer's folder."""
        kept = Path(_folder(), caffemodel)
        for path in (Path(caffemodel), kept):
            if path.is_file():
                return str(path)
        if url is not None:
            return download.cached_download(url)
        raise FileNotFoundError(
            f"the weights of {type(self).__name__} are not downloaded: put {caffemodel} (from "
            f"its authors; for ResNet, github.com/KaimingHe/deep-residual-networks) at {kept}, or "
            f"{kept.with_suffix('.npz').name}, as Chainer or catenary has converted it, beside "
            "that; or give the path of such a file, or None"
        )

    def _take(self, net: Any) -> None:
        """Copy the weights of a network of Caffe; what it lacks stays as it is."""
        for path, link in self.namedlinks(skipself=True):
            if isinstance(link, BatchNormalization):
                source, factor = (net[name] for name in self._caffe_names(path))
                link.avg_mean[...], link.avg_var[...] = source.avg_mean, source.avg_var
                link.gamma.array[...], link.beta.array[...] = factor.W.array, factor.bias.b.array
            elif isinstance(link, (Convolution2D, Linear)):
                (source,) = (net[name] for name in self._caffe_names(path))
                link.W.array[...] = source.W.array
                if link.b is not None and source.b is not None:
                    link.b.array[...] = source.b.array

    def _caffe_names(self, path: str) -> tuple[str, ...]:
        """Return what Caffe's authors call the layers that a child is made of."""
        raise NotImplementedError(f"{type(self).__name__} does not say what Caffe calls {path}")


def load_cached(model: Pretrained, name: str, caffemodel: Callable[[], str]) -> None:
    """Load an npz file from Chainer's folder; where it is not there, make it of a caffemodel.

    Args:
        model: Takes the weights.
        name: Name of the npz file.
        caffemodel: Returns the path of the caffemodel, or says that there is none.
    """
    path = Path(_folder(), name)
    if path.is_file():
        serializers.load_npz(str(path), model)
        return
    source = caffemodel()
    path.parent.mkdir(parents=True, exist_ok=True)

    def make(path: str) -> None:
        model._take(CaffeFunction(source))
        serializers.save_npz(path, model, compression=False)

    download.cache_or_load_file(str(path), make, lambda path: serializers.load_npz(path, model))


def _folder() -> str:
    return download.get_dataset_directory("pfnet/chainer/models", create_directory=False)
