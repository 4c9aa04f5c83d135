"""GoogLeNet: 22 layers in inception modules."""

from __future__ import annotations

from typing import Any

from catenary import initializers, serializers
from catenary.functions import (
    average_pooling_2d,
    dropout,
    local_response_normalization,
    max_pooling_2d,
    relu,
    softmax,
)
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.connection.inception import Inception
from catenary.links.connection.linear import Linear
from catenary.links.model.vision._pictures import prepared
from catenary.links.model.vision._pretrained import Pretrained, Stages

__all__ = ["GoogLeNet", "prepare"]

# Channels of each inception module: in; 1×1; 3×3 before and after; 5×5 before and after; pooled.
_MODULES = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
_PUBLISHED = "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel"
# What the published file calls the layers of modules and classifiers.
_IN_CAFFE = {
    "conv1": "1x1",
    "proj3": "3x3_reduce",
    "conv3": "3x3",
    "proj5": "5x5_reduce",
    "conv5": "5x5",
    "projp": "pool_proj",
    "conv": "conv",
    "fc1": "fc",
    "fc2": "classifier",
}
# Auxiliary classifiers, and the stage whose result each begins with.
_BRANCHES = {"loss1_fc2": "inception_4a", "loss2_fc2": "inception_4d"}


def prepare(image: Any, size: tuple[int, int] | None = (224, 224)) -> Any:
    """Return a picture as GoogLeNet takes it: (3, height, width), blue before red, less the mean.

    Args:
        image: A picture of Pillow, or an array of 0 to 255, red before blue.
        size: Width and height to resize to; None not to.
    """
    return prepared(image, size, (104.0, 117.0, 123.0))


def _pooled(x: Any) -> Any:
    return max_pooling_2d(x, ksize=3, stride=2)


def _normalized(x: Any) -> Any:
    return local_response_normalization(x, n=5, k=1, alpha=1e-4 / 5)


def _averaged_by_5(x: Any) -> Any:
    return average_pooling_2d(x, ksize=5, stride=3)


def _averaged_by_7(x: Any) -> Any:
    return average_pooling_2d(x, ksize=7, stride=1)


def _dropped(x: Any) -> Any:
    return dropout(x, ratio=0.4)


class GoogLeNet(Pretrained):
    """GoogLeNet of Szegedy et al. (2014), for pictures of 224 × 224 and 1000 classes.

    Args:
        pretrained_model: An npz file of weights, or a caffemodel; ``"auto"`` for the file where
            Chainer keeps it, which is fetched and converted at the first time; None for
            LeCunUniform.

    Raises:
        DownloadError: The weights are not there and could not be fetched.
    """

    _features = "pool5"
    _prepare = prepare

    def __init__(self, pretrained_model: str | None = "auto") -> None:
        super().__init__()
        start: dict[str, Any] = {
            "initialW": initializers.Zero() if pretrained_model else initializers.LeCunUniform(1.0)
        }
        with self.init_scope():
            self.conv1 = Convolution2D(3, 64, 7, stride=2, pad=3, **start)
            self.conv2_reduce = Convolution2D(64, 64, 1, **start)
            self.conv2 = Convolution2D(64, 192, 3, stride=1, pad=1, **start)
            for name, channels in _MODULES.items():
                setattr(self, f"inc{name}", Inception(*channels))
            self.loss3_fc = Linear(1024, 1000, **start)
            self.loss1_conv = Convolution2D(512, 128, 1, **start)
            self.loss1_fc1 = Linear(2048, 1024, **start)
            self.loss1_fc2 = Linear(1024, 1000, **start)
            self.loss2_conv = Convolution2D(528, 128, 1, **start)
            self.loss2_fc1 = Linear(2048, 1024, **start)
            self.loss2_fc2 = Linear(1024, 1000, **start)
        self._load(pretrained_model, "bvlc_googlenet", _PUBLISHED)

    @classmethod
    def convert_caffemodel_to_npz(cls, path_caffemodel: str, path_npz: str) -> None:
        """Write the weights of a caffemodel as an npz file that this class reads.

        Args:
            path_caffemodel: The published file.
            path_npz: File to write.

        Raises:
            ImportError: protobuf is not installed.
        """
        serializers.save_npz(path_npz, cls(path_caffemodel), compression=False)

    def _caffe_names(self, path: str) -> tuple[str, ...]:
        place, _, layer = path.removeprefix("/").partition("/")
        if layer:
            return (f"inception_{place.removeprefix('inc')}/{_IN_CAFFE[layer]}",)
        if place.startswith("loss"):
            head, _, layer = place.partition("_")
            return (f"{head}/{_IN_CAFFE['fc2' if head == 'loss3' else layer]}",)
        return ({"conv1": "conv1/7x7_s2", "conv2": "conv2/3x3"}.get(place, "conv2/3x3_reduce"),)

    @property
    def functions(self) -> Stages:
        """The stages by name: conv1 to prob, then the auxiliary classifiers."""
        stages: Stages = {
            "conv1": [self.conv1, relu],
            "pool1": [_pooled, _normalized],
            "conv2_reduce": [self.conv2_reduce, relu],
            "conv2": [self.conv2, relu, _normalized],
            "pool2": [_pooled],
        }
        for name in _MODULES:
            stages[f"inception_{name}"] = [self[f"inc{name}"]]
            if name in ("3b", "4e"):
                stages["pool3" if name == "3b" else "pool4"] = [_pooled]
        stages["pool5"] = [_averaged_by_7]
        stages["loss3_fc"] = [_dropped, self.loss3_fc]
        stages["prob"] = [softmax]
        for branch in ("loss1", "loss2"):
            convolution, first, second = (self[f"{branch}_{n}"] for n in ("conv", "fc1", "fc2"))
            stages[f"{branch}_fc2"] = [_averaged_by_5, convolution, relu, first, relu, second]
        return stages

    def _entry(self, name: str, x: Any, found: dict[str, Any]) -> Any:
        return found[_BRANCHES[name]] if name in _BRANCHES else x

    def _passed(self, name: str, x: Any, found: dict[str, Any]) -> None:
        if name in _BRANCHES.values():
            found[name] = x
