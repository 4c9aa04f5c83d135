"""ResNet: 50, 101 or 152 layers in residual blocks."""

from __future__ import annotations

import warnings
from typing import Any

from catenary import initializers, serializers
from catenary.functions import average_pooling_2d, max_pooling_2d, relu, reshape, softmax
from catenary.link import Chain
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.connection.linear import Linear
from catenary.links.model.vision._pictures import prepared
from catenary.links.model.vision._pretrained import Pretrained, Stages, load_cached
from catenary.links.normalization.batch_normalization import BatchNormalization
from catenary.variable import Variable

__all__ = [
    "BottleneckA",
    "BottleneckB",
    "BuildingBlock",
    "ResNet50Layers",
    "ResNet101Layers",
    "ResNet152Layers",
    "ResNetLayers",
    "prepare",
]

_BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def prepare(image: Any, size: tuple[int, int] | None = (224, 224)) -> Any:
    """Return a picture as ResNet takes it: (3, height, width), blue before red, less the mean.

    Args:
        image: A picture of Pillow, or an array of 0 to 255, red before blue.
        size: Width and height to resize to; None not to.
    """
    return prepared(image, size, (103.063, 115.903, 123.152))


class ResNetLayers(Pretrained):
    """ResNet of He et al. (2015), for 1000 classes.

    Args:
        pretrained_model: An npz file of weights; a caffemodel, which is looked for where Chainer
            keeps it too; or None for HeNormal.
        n_layers: 50, 101 or 152.
        downsample_fb: Whether blocks halve the picture in their 3 × 3 convolution (as Facebook's
            do) instead of the first 1 × 1.

    Raises:
        ValueError: `n_layers` is none of these.
        FileNotFoundError: The weights are not there.
    """

    _features = "pool5"
    _prepare = prepare

    def __init__(
        self, pretrained_model: str | None, n_layers: int, downsample_fb: bool = False
    ) -> None:
        super().__init__()
        if n_layers not in _BLOCKS:
            raise ValueError(f"n_layers must be 50, 101 or 152, got {n_layers}")
        weights = initializers.Zero() if pretrained_model else initializers.HeNormal(scale=1.0)
        sizes = _BLOCKS[n_layers]
        options = (weights, downsample_fb)
        with self.init_scope():
            self.conv1 = Convolution2D(3, 64, 7, 2, 3, initialW=weights)
            self.bn1 = BatchNormalization(64)
            self.res2 = BuildingBlock(sizes[0], 64, 64, 256, 1, *options)
            self.res3 = BuildingBlock(sizes[1], 256, 128, 512, 2, *options)
            self.res4 = BuildingBlock(sizes[2], 512, 256, 1024, 2, *options)
            self.res5 = BuildingBlock(sizes[3], 1024, 512, 2048, 2, *options)
            self.fc6 = Linear(2048, 1000)
        # Blocks are lettered in the published files, those of the longer stages numbered.
        self._lettered = {"2", "3", "4", "5"} if n_layers == 50 else {"2", "5"}
        self._load(pretrained_model, f"ResNet-{n_layers}-model")

    @classmethod
    def convert_caffemodel_to_npz(
        cls, path_caffemodel: str, path_npz: str, n_layers: int = 50
    ) -> None:
        """Write the weights of a caffemodel as an npz file that this class reads.

        Args:
            path_caffemodel: The published file.
            path_npz: File to write.
            n_layers: 50, 101 or 152.

        Raises:
            ImportError: protobuf is not installed.
        """
        model = ResNetLayers(path_caffemodel, n_layers)
        serializers.save_npz(path_npz, model, compression=False)

    def _caffe_names(self, path: str) -> tuple[str, ...]:
        stage, *inside = path.removeprefix("/").split("/")
        if not inside:
            return {"bn1": ("bn_conv1", "scale_conv1"), "fc6": ("fc1000",)}.get(stage, (stage,))
        block, layer = inside
        number = stage.removeprefix("res")
        if number in self._lettered:
            block = chr(ord("a") + int(block.removeprefix("b"))) if block != "a" else "a"
        branch = {"1": "2a", "2": "2b", "3": "2c", "4": "1"}[layer[-1]]
        place = f"{number}{block}_branch{branch}"
        return (f"bn{place}", f"scale{place}") if layer.startswith("bn") else (f"res{place}",)

    @property
    def functions(self) -> Stages:
        """The stages by name: conv1, pool1, res2 to res5, pool5, fc6, prob."""
        return {
            "conv1": [self.conv1, self.bn1, relu],
            "pool1": [lambda x: max_pooling_2d(x, ksize=3, stride=2)],
            "res2": [self.res2],
            "res3": [self.res3],
            "res4": [self.res4],
            "res5": [self.res5],
            "pool5": [_global_average_pooling_2d],
            "fc6": [self.fc6],
            "prob": [softmax],
        }


class ResNet50Layers(ResNetLayers):
    """ResNet with 50 layers; `pretrained_model` may be ``"auto"``. See :class:`ResNetLayers`."""

    def __init__(self, pretrained_model: str | None = "auto", downsample_fb: bool = False) -> None:
        super().__init__(pretrained_model, 50, downsample_fb)


class ResNet101Layers(ResNetLayers):
    """ResNet with 101 layers; `pretrained_model` may be ``"auto"``. See :class:`ResNetLayers`."""

    def __init__(self, pretrained_model: str | None = "auto", downsample_fb: bool = False) -> None:
        super().__init__(pretrained_model, 101, downsample_fb)


class ResNet152Layers(ResNetLayers):
    """ResNet with 152 layers; `pretrained_model` may be ``"auto"``. See :class:`ResNetLayers`."""

    def __init__(self, pretrained_model: str | None = "auto", downsample_fb: bool = False) -> None:
        super().__init__(pretrained_model, 152, downsample_fb)


class BuildingBlock(Chain):
    """A stage of ResNet: one :class:`BottleneckA`, then :class:`BottleneckB` as often as needed.

    Args:
        n_layers: Number of bottlenecks. Its old name `n_layer` is deprecated.
        in_channels: Channels of the input.
        mid_channels: Channels within.
        out_channels: Channels of the output.
        stride: Step of the first bottleneck.
        initialW: Initializer of the filters.
        downsample_fb: See :class:`ResNetLayers`.
    """

    def __init__(
        self,
        n_layers: int | None = None,
        in_channels: Any = None,
        mid_channels: Any = None,
        out_channels: Any = None,
        stride: Any = None,
        initialW: Any = None,
        downsample_fb: bool | None = None,
        *,
        n_layer: int | None = None,
    ) -> None:
        super().__init__()
        if n_layer is not None:
            warnings.warn("n_layer is now called n_layers", DeprecationWarning, stacklevel=2)
            n_layers = n_layer
        if n_layers is None:
            raise TypeError("BuildingBlock needs n_layers, the number of its bottlenecks")
        self._forward = ["a", *(f"b{i}" for i in range(1, n_layers))]
        sizes = (in_channels, mid_channels, out_channels)
        with self.init_scope():
            self.a = BottleneckA(*sizes, stride, initialW, bool(downsample_fb))
            for name in self._forward[1:]:
                setattr(self, name, BottleneckB(out_channels, mid_channels, initialW))

    def forward(self, x: Any) -> Variable:
        """Apply the bottlenecks in turn to (batch, in_channels, height, width)."""
        for name in self._forward:
            x = self[name](x)
        return x  # type: ignore[no-any-return]


def _convolution(sizes: tuple[Any, Any], ksize: int, stride: Any, initialW: Any) -> Convolution2D:
    return Convolution2D(*sizes, ksize, stride, ksize // 2, initialW=initialW, nobias=True)


class BottleneckA(Chain):
    """A residual block that changes channels and size: its shortcut is a convolution.

    Args:
        in_channels: Channels of the input.
        mid_channels: Channels within.
        out_channels: Channels of the output.
        stride: Step of the block.
        initialW: Initializer of the filters.
        downsample_fb: See :class:`ResNetLayers`.
    """

    def __init__(
        self,
        in_channels: Any,
        mid_channels: Any,
        out_channels: Any,
        stride: Any = 2,
        initialW: Any = None,
        downsample_fb: bool = False,
    ) -> None:
        super().__init__()
        first, second = (1, stride) if downsample_fb else (stride, 1)
        with self.init_scope():
            self.conv1 = _convolution((in_channels, mid_channels), 1, first, initialW)
            self.bn1 = BatchNormalization(mid_channels)
            self.conv2 = _convolution((mid_channels, mid_channels), 3, second, initialW)
            self.bn2 = BatchNormalization(mid_channels)
            self.conv3 = _convolution((mid_channels, out_channels), 1, 1, initialW)
            self.bn3 = BatchNormalization(out_channels)
            self.conv4 = _convolution((in_channels, out_channels), 1, stride, initialW)
            self.bn4 = BatchNormalization(out_channels)

    def forward(self, x: Any) -> Variable:
        """Apply the block to (batch, in_channels, height, width)."""
        h = relu(self.bn1(self.conv1(x)))
        h = relu(self.bn2(self.conv2(h)))
        return relu(self.bn3(self.conv3(h)) + self.bn4(self.conv4(x)))


class BottleneckB(Chain):
    """A residual block that keeps channels and size.

    Args:
        in_channels: Channels of input and output.
        mid_channels: Channels within.
        initialW: Initializer of the filters.
    """

    def __init__(self, in_channels: Any, mid_channels: Any, initialW: Any = None) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = _convolution((in_channels, mid_channels), 1, 1, initialW)
            self.bn1 = BatchNormalization(mid_channels)
            self.conv2 = _convolution((mid_channels, mid_channels), 3, 1, initialW)
            self.bn2 = BatchNormalization(mid_channels)
            self.conv3 = _convolution((mid_channels, in_channels), 1, 1, initialW)
            self.bn3 = BatchNormalization(in_channels)

    def forward(self, x: Any) -> Variable:
        """Apply the block to (batch, in_channels, height, width)."""
        h = relu(self.bn1(self.conv1(x)))
        h = relu(self.bn2(self.conv2(h)))
        return relu(self.bn3(self.conv3(h)) + x)


def _retrieve(n_layers: int, name_npz: str, name_caffemodel: str, model: Pretrained) -> None:
    """Load a model's weights as Chainer's constructors do: programs call it for their own ones."""
    load_cached(model, name_npz, lambda: model._found(name_caffemodel, None))


def _global_average_pooling_2d(x: Any) -> Variable:
    batch, channels, height, width = x.shape
    return reshape(average_pooling_2d(x, (height, width), stride=1), (batch, channels))
