"""VGG: 16 or 19 layers of small filters."""

from __future__ import annotations

from typing import Any

from catenary import initializers, serializers
from catenary.functions import dropout, max_pooling_2d, relu, softmax
from catenary.links.caffe.caffe_function import CaffeFunction
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.connection.linear import Linear
from catenary.links.model.vision._pictures import prepared
from catenary.links.model.vision._pretrained import Pretrained, Stages

__all__ = ["VGG16Layers", "VGG19Layers", "VGGLayers", "prepare"]

_WIDTHS = (64, 128, 256, 512, 512)
# One scheme each, as Chainer has it: the URL is the name of the file in the cache.
_PUBLISHED = {
    16: "https://www.robots.ox.ac.uk/%7Evgg/software/very_deep/caffe/",
    19: "http://www.robots.ox.ac.uk/%7Evgg/software/very_deep/caffe/",
}
_DEPTHS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def prepare(image: Any, size: tuple[int, int] | None = (224, 224)) -> Any:
    """Return a picture as VGG takes it: (3, height, width), blue before red, less the mean.

    Args:
        image: A picture of Pillow, or an array of 0 to 255, red before blue.
        size: Width and height to resize to; None not to.
    """
    return prepared(image, size, (103.939, 116.779, 123.68))


def _halved(x: Any) -> Any:
    return max_pooling_2d(x, ksize=2)


class VGGLayers(Pretrained):
    """VGG of Simonyan and Zisserman (2014), for pictures of 224 × 224 and 1000 classes.

    Args:
        pretrained_model: An npz file of weights, or a caffemodel; ``"auto"`` for the file where
            Chainer keeps it, which is fetched and converted at the first time; None for
            Normal(0.01).
        n_layers: 16 or 19.

    Raises:
        ValueError: `n_layers` is neither.
        DownloadError: The weights are not there and could not be fetched.
    """

    _features = "fc7"
    _prepare = prepare

    def __init__(self, pretrained_model: str | None = "auto", n_layers: int = 16) -> None:
        super().__init__()
        if n_layers not in _DEPTHS:
            raise ValueError(f"n_layers must be 16 or 19, got {n_layers}")
        self._depths = _DEPTHS[n_layers]
        zero = initializers.Zero()
        weights = zero if pretrained_model else initializers.Normal(0.01)
        start: dict[str, Any] = {"initialW": weights, "initial_bias": zero}
        with self.init_scope():
            channels = 3
            later = []
            for stage, (width, depth) in enumerate(zip(_WIDTHS, self._depths, strict=True), 1):
                for layer in range(1, depth + 1):
                    row = (f"conv{stage}_{layer}", channels, width)
                    channels = width
                    if layer == 4:
                        later.append(row)
                    else:
                        self._add_convolution(*row, start)
            self.fc6 = Linear(512 * 7 * 7, 4096, **start)
            self.fc7 = Linear(4096, 4096, **start)
            self.fc8 = Linear(4096, 1000, **start)
            # The fourth layers of VGG 19 are drawn after all others, as in Chainer.
            for row in later:
                self._add_convolution(*row, start)
        name = f"VGG_ILSVRC_{n_layers}_layers"
        self._load(pretrained_model, name, f"{_PUBLISHED[n_layers]}{name}.caffemodel")

    @classmethod
    def convert_caffemodel_to_npz(cls, path_caffemodel: str, path_npz: str) -> None:
        """Write the weights of a caffemodel as an npz file that this class reads.

        Args:
            path_caffemodel: The published file, of 16 or 19 layers.
            path_npz: File to write.

        Raises:
            ImportError: protobuf is not installed.
        """
        serializers.save_npz(path_npz, CaffeFunction(path_caffemodel), compression=False)

    def _caffe_names(self, path: str) -> tuple[str, ...]:
        return (path.removeprefix("/"),)

    def _add_convolution(self, name: str, channels: int, width: int, start: Any) -> None:
        setattr(self, name, Convolution2D(channels, width, 3, 1, 1, **start))

    @property
    def functions(self) -> Stages:
        """The stages by name: conv1_1 to pool5, fc6, fc7, fc8, prob."""
        stages: Stages = {}
        for stage, depth in enumerate(self._depths, 1):
            for layer in range(1, depth + 1):
                name = f"conv{stage}_{layer}"
                stages[name] = [self[name], relu]
            stages[f"pool{stage}"] = [_halved]
        stages["fc6"] = [self.fc6, relu, dropout]
        stages["fc7"] = [self.fc7, relu, dropout]
        return {**stages, "fc8": [self.fc8], "prob": [softmax]}


class VGG16Layers(VGGLayers):
    """VGG with 16 layers; see :class:`VGGLayers`."""

    def __init__(self, pretrained_model: str | None = "auto") -> None:
        super().__init__(pretrained_model, 16)


class VGG19Layers(VGGLayers):
    """VGG with 19 layers; see :class:`VGGLayers`."""

    def __init__(self, pretrained_model: str | None = "auto") -> None:
        super().__init__(pretrained_model, 19)
