"""Link: parameters held by name, and what can be done with all of them."""

from __future__ import annotations

import copy
import textwrap
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from catenary import backend
from catenary._link_hooked import Hooked
from catenary.config import config
from catenary.device_resident import ToDevice, is_array
from catenary.errors import SnapshotError
from catenary.serializer import AbstractSerializer, Deserializer
from catenary.variable import Parameter

if TYPE_CHECKING:
    from catenary.sequential import Sequential

__all__ = ["Link"]

_MODES = ("init", "copy", "share")


class Link(Hooked):
    """Parameters and persistent values, held by name; the building block of models.

    A :class:`Parameter` assigned to an attribute inside ``with self.init_scope():`` belongs to the
    link: it is trained, saved, copied and sent to devices with it. Persistent values are saved,
    copied and sent too, and not trained. A subclass defines ``forward``; calling the link calls it.

    Args:
        params: Parameters to add (as :meth:`add_param` does), each a shape or a pair of shape and
            dtype.

    Attributes:
        name: Name in the parent chain, None without a parent.
    """

    _device: backend.Device = backend.CpuDevice()

    # ---- walks
    def _named_children(self) -> Iterator[tuple[str, Link]]:
        return iter(())

    def children(self) -> Iterator[Link]:
        """Yield the child links."""
        return iter(())

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        """Yield the parameters of the link, then of its children; one held twice comes twice.

        Args:
            include_uninit: Whether to yield parameters that have no shape yet.
        """
        held = self.__dict__
        names = held["_params"]
        for name in sorted(names) if names else ():
            if include_uninit or held[name].is_initialized:
                yield held[name]
        for child in self.children():
            yield from child.params(include_uninit)

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Yield what :meth:`params` does, in pairs with paths such as ``"/l1/W"``."""
        for name in sorted(self._params):
            param = vars(self)[name]
            if include_uninit or param.is_initialized:
                yield f"/{name}", param
        for name, child in self._named_children():
            for path, param in child.namedparams(include_uninit):
                yield f"/{name}{path}", param

    def links(self, skipself: bool = False) -> Iterator[Link]:
        """Yield the link, unless `skipself`, and all links below it."""
        if not skipself:
            yield self
        for child in self.children():
            yield from child.links()

    def namedlinks(self, skipself: bool = False) -> Iterator[tuple[str, Link]]:
        """Yield what :meth:`links` does, in pairs with paths; the link itself is ``"/"``."""
        if not skipself:
            yield "/", self
        for name, child in self._named_children():
            yield f"/{name}", child
            for path, link in child.namedlinks(skipself=True):
                yield f"/{name}{path}", link

    def count_params(self) -> int:
        """Return the number of trainable values; parameters without a shape are warned about."""
        size = 0
        for path, param in self.namedparams():
            if param.is_initialized:
                size += param.size
            else:
                warnings.warn(f"{path} has no shape yet and is not counted", stacklevel=2)
        return size

    # ---- gradients and updates
    def cleargrads(self) -> None:
        """Forget all gradients."""
        for param in self.params():
            param.cleargrad()

    def zerograds(self) -> None:
        """Fill all gradients with zeros. Deprecated, as in Chainer: use :meth:`cleargrads`."""
        warnings.warn(
            "Link.zerograds is deprecated; use Link.cleargrads", DeprecationWarning, stacklevel=2
        )
        for param in self.params():
            param._zero_gradient()

    def addgrads(self, link: Link) -> None:
        """Add the gradients of a link of the same structure to the own ones."""
        for name in sorted(self._params):
            vars(self)[name].addgrad(vars(link)[name])
        for child, other in _pairs(self, link):
            child.addgrads(other)

    def enable_update(self) -> None:
        """Let the update rules of all parameters act again."""
        self._set_enabled(True)

    def disable_update(self) -> None:
        """Let the update rules of all parameters rest, so that steps leave the parameters alone."""
        self._set_enabled(False)

    def _set_enabled(self, enabled: bool) -> None:
        for param in self.params():
            if param.update_rule is not None:
                param.update_rule.enabled = enabled

    @property
    def update_enabled(self) -> bool:
        """Whether the update rule of at least one parameter is enabled."""
        rules = (param.update_rule for param in self.params())
        return any(rule is not None and rule.enabled for rule in rules)

    # ---- copies
    def copy(self, mode: str = "share") -> Any:
        """Return a copy of the link and all links below it, without a name.

        Args:
            mode: ``"share"``: parameters share their memory with the originals and have gradients
                of their own. ``"copy"``: everything is copied. ``"init"``: everything is copied,
                and initialized parameters are filled anew by their initializers; those made from
                an array keep its values.

        Raises:
            ValueError: If `mode` is none of these.

        Differs:
            With ``"copy"`` and ``"init"`` a parameter that is held twice stays one parameter, and
            ``"init"`` fills each once (Chainer's Chain does it again at each level).
        """
        if mode not in _MODES:
            raise ValueError(f"mode is {mode!r}; it must be one of {', '.join(_MODES)}")
        if mode == "share":
            twin = self._share()
        else:
            twin = copy.deepcopy(self)
            fresh = twin._params_as_made() if mode == "init" else ()
            for param in {id(param): param for param in fresh}.values():
                if param.is_initialized and callable(param.initializer):
                    param.initialize(param.shape)
        twin.name = None
        return twin

    def _params_as_made(self) -> Iterator[Parameter]:
        """Yield the parameters in the order in which they are filled anew."""
        return self.params()

    def _share(self) -> Any:
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        twin._params = set(self._params)
        twin._persistent = set(self._persistent)
        if self._local_link_hooks is not None:
            twin._local_link_hooks = dict(self._local_link_hooks)
        for name in self._params:
            param = vars(twin)[name] = copy.copy(vars(self)[name])
            param.grad = None
        return twin

    def copyparams(self, link: Link, copy_persistent: bool = True) -> None:
        """Copy values from a link of the same structure into this one, in place.

        Args:
            link: Link to copy from, on any device.
            copy_persistent: Whether to copy persistent values too.

        Raises:
            KeyError: If `link` lacks a value that is here.
            ValueError: If a shape differs. In both cases nothing has been copied.

        Differs:
            Shapes must be equal, where Chainer broadcasts silently.
        """
        _check_alike(self, link, copy_persistent)
        for name in sorted(self._params):
            vars(self)[name].copydata(vars(link)[name])
        for name in sorted(self._persistent) if copy_persistent else ():
            own, other = getattr(self, name), getattr(link, name)
            if is_array(own) and is_array(other):
                backend.copyto(own, other)
            else:
                setattr(self, name, copy.deepcopy(other))
        for child, counterpart in _pairs(self, link):
            child.copyparams(counterpart, copy_persistent)

    def repeat(self, n_repeat: int, mode: str = "init") -> Sequential:
        """Return a Sequential of `n_repeat` copies.

        Args:
            n_repeat: Number of copies; none if it is not positive.
            mode: See :meth:`copy`.
        """
        from catenary.sequential import Sequential

        return Sequential(*(self.copy(mode) for _ in range(n_repeat)))

    # ---- devices
    @property
    def device(self) -> backend.Device:
        """Device that the link was sent to last."""
        return self._device

    @property
    def xp(self) -> Any:
        """Array module of the device."""
        return self._device.xp

    def to_device(self, device: Any) -> Any:
        """Send parameters and persistent arrays to a device, in all links below too.

        Args:
            device: Whatever :func:`catenary.backend.get_device` understands.

        Returns:
            The link itself.
        """
        self.device_resident_accept(ToDevice(device))
        return self

    def device_resident_accept(self, visitor: Any) -> None:
        """Show a visitor the parameters and persistent arrays, and those of all links below.

        Args:
            visitor: A :class:`catenary.device_resident.DeviceResidentsVisitor`.
        """
        visitor.visit_device_resident(self)
        for name in sorted(self._params):
            visitor.visit_variable(vars(self)[name])
        for name in sorted(self._persistent):
            value = getattr(self, name)
            if is_array(value):
                setattr(self, name, visitor.visit_array(value))
        for child in self.children():
            child.device_resident_accept(visitor)

    def to_cpu(self) -> Any:
        """Send the link to the CPU and return it."""
        return self.to_device(backend.CpuDevice())

    def to_gpu(self, device: int | None = None) -> Any:
        """Send the link to a GPU, the current one if no number is given, and return it."""
        return self.to_device(backend.GpuDevice(device))

    # ---- saving, loading, printing
    def serialize(self, serializer: AbstractSerializer) -> None:
        """Save or load parameters and persistent values, and those of all links below.

        A parameter without a shape gets the shape that the file has. Where the file holds None for
        a parameter, because it was saved before it had a shape, the parameter stays as it is.

        Raises:
            SnapshotError: If the file does not fit.
        """
        for name in sorted(self._params):
            _exchange(serializer, name, vars(self)[name])
        for name in sorted(self._persistent):
            value = _pass(serializer, name, getattr(self, name))
            if not getattr(serializer, "checking", False):
                setattr(self, name, value)
        for name, child in self._named_children():
            child.serialize(serializer[name])

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the arguments to print; subclasses override this."""
        return iter(())

    def __str__(self) -> str:
        name = type(self).__name__
        parts = [f"({key}): {child}," for key, child in self._printed_children()]
        if not parts:
            return f"{name}({', '.join(f'{key}={value}' for key, value in self.printable_specs)})"
        return f"{name}(\n{textwrap.indent(chr(10).join(parts), '  ')}\n)"

    def _printed_children(self) -> Iterator[tuple[str, Any]]:
        return self._named_children()


def _pairs(link: Link, other: Link) -> Iterator[tuple[Link, Link]]:
    """Yield each child of `link` with the child of `other` that has the same name."""
    counterparts = dict(other._named_children())
    for name, child in link._named_children():
        yield child, counterparts[name]


def _check_alike(link: Link, other: Link, persistent: bool) -> None:
    """Refuse to copy `other` into `link` unless it has all values of `link`, in equal shapes."""
    counterparts = dict(other.namedlinks())
    for path, own in link.namedlinks():
        theirs = counterparts.get(path)
        for name in sorted(own._params | (own._persistent if persistent else set())):
            if not hasattr(theirs, name):
                raise KeyError(f"the other link has no {name!r} at {path}; nothing was copied")
            here, there = _shape_of(getattr(own, name)), _shape_of(getattr(theirs, name))
            if here is not None and there is not None and here != there:
                shapes = f"{here} here and {there} there"
                raise ValueError(f"{name!r} at {path} has shape {shapes}; nothing was copied")


def _shape_of(value: Any) -> tuple[int, ...] | None:
    array = value.array if isinstance(value, Parameter) else value
    return tuple(array.shape) if hasattr(array, "shape") else None


def _exchange(serializer: AbstractSerializer, name: str, param: Parameter) -> None:
    array = param.array
    stored = _pass(serializer, name, array)
    if array is not None or stored is None or not isinstance(serializer, Deserializer):
        return
    wanted = getattr(param.initializer, "dtype", None) or config.dtype
    if not np.can_cast(stored.dtype, wanted, "same_kind"):
        path = f"{getattr(serializer, 'path', '')}{name}"
        raise SnapshotError(f"{path} has dtype {stored.dtype} in the file, {wanted} here")
    if not serializer.checking:
        param.initialize(stored.shape)
        backend.copyto(param.array, stored)


def _pass(serializer: AbstractSerializer, name: str, value: Any) -> Any:
    """Save or load one value; an array that is not NumPy's passes as a copy on the CPU."""
    if isinstance(value, np.ndarray) or not is_array(value):
        return serializer(name, value)
    stored = serializer(name, _on_host(value))
    if stored is None:
        return None
    if isinstance(serializer, Deserializer) and not serializer.checking:
        backend.copyto(value, stored)
    return value


def _on_host(array: Any) -> Any:
    """Return the array as NumPy's; bfloat16, which NumPy lacks, exactly as float32."""
    host = backend.CpuDevice().send(array)
    return host if isinstance(host, np.ndarray) else host.float().numpy()
