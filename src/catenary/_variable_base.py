"""Variable: a torch tensor seen as an array, with Chainer's graph around it."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy
import torch

from catenary import backend
from catenary._variable_backward import differentiate, initial_gradient, siblings
from catenary._variable_graph import Operation, VariableNode, describe, place, unchain_all
from catenary._variable_memory import Memory, is_array
from catenary._variable_text import Uncomparable, overview, text
from catenary.backends.memory import array_of, tensor_of
from catenary.config import config

__all__ = ["Variable"]


class Variable(Uncomparable, Memory):
    """An array that remembers how it was computed.

    Args:
        data: NumPy array (its memory is used, not copied) or torch tensor.
        name: Name shown in text and drawings.
        grad: Initial gradient, of the data's shape and dtype.
        requires_grad: Whether `backward` should bring a gradient here.

    Raises:
        TypeError: `data` is no array.

    Differs: an array that torch cannot hold (read-only, negative strides, foreign byte order) is
    copied when a computation first needs it, and `.array` is the copy from then on.
    """

    __array_priority__ = 200
    _node: VariableNode | None = None
    _grad_variable: Variable | None = None
    _of_torch: bool = False
    _was_cut: bool = False

    def __init__(
        self,
        data: Any = None,
        *,
        name: str | None = None,
        grad: Any = None,
        requires_grad: bool = True,
    ) -> None:
        if data is not None and not is_array(data):
            raise TypeError(
                f"a Variable holds a numpy.ndarray or a torch.Tensor, got {type(data).__name__}; "
                "wrap the values with numpy.asarray"
            )
        self._requires_grad = bool(requires_grad)
        if name is not None:
            self.name = name
        if isinstance(data, torch.Tensor):
            self._tensor, self._of_torch = _leaf_over(data, self._requires_grad), True
        elif data is not None:
            self._array, self._pending = data, True
        if grad is not None:
            self.grad = grad

    @classmethod
    def from_tensor(cls, tensor: torch.Tensor, name: str | None = None) -> Any:
        """Wrap a tensor as it is: same memory, same graph, same gradient.

        Args:
            tensor: Any tensor; `requires_grad` is the tensor's.
            name: Name shown in text and drawings.
        """
        self = cls.__new__(cls)
        self._tensor, self._of_torch = tensor, True
        self._requires_grad = tensor.requires_grad
        if name is not None:
            self.name = name
        return self

    # ---- what it is
    @property
    def name(self) -> str | None:
        """Name shown in text and drawings; the graph remembers it."""
        return self.__dict__.get("name")

    @name.setter
    def name(self, name: str | None) -> None:
        self.__dict__["name"] = name
        if self._node is not None:
            self._node._name = name

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` brings a gradient here."""
        return self._requires_grad

    @property
    def label(self) -> str:
        """Short text of shape and dtype."""
        return describe(self.shape, self.dtype)

    def __len__(self) -> int:
        shape = self.shape
        if not shape:
            raise TypeError("a Variable without axes has no length")
        return shape[0]

    def item(self) -> Any:
        """Return the only value as a Python number."""
        return self.array.item()

    def __str__(self) -> str:
        return text(self.name, self.array, " ")

    def __repr__(self) -> str:
        return text(self.name, self.array, ", ")

    def summary(self) -> str:
        """Return one line that names the Variable."""
        return f"<variable {self.name}>" if self.name else f"<variable at 0x{id(self):x}>"

    def debug_print(self) -> str:
        """Return some lines about values and gradient: device, shape, dtype, mean, deviation."""
        return overview(self.summary(), self.array, self.grad)

    # ---- gradient
    @property
    def grad_var(self) -> Variable | None:
        """The gradient as a Variable, with its graph after `enable_double_backprop`."""
        if self._scale_spent:
            self.unscale_grad()
        grad = self._gradient()
        if grad is None:
            return None
        cached = self._grad_variable
        if cached is None or cached._tensor is not grad:
            cached = self._grad_variable = Variable.from_tensor(grad)
        return cached

    @grad_var.setter
    def grad_var(self, grad: Variable | None) -> None:
        if grad is None:
            self.cleargrad()
            return
        self._check_gradient(grad.array)
        self._scale_spent = False
        self._put_gradient(grad.tensor, grad.array)
        self._grad_variable = grad

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self._drop_gradient()
        self._grad_variable = None

    def zerograd(self) -> None:
        """Fill the gradient with zeros. Deprecated, as in Chainer: :meth:`cleargrad` costs less."""
        warnings.warn(
            "Variable.zerograd is deprecated; use Variable.cleargrad",
            DeprecationWarning,
            stacklevel=2,
        )
        self._zero_gradient()

    def _zero_gradient(self) -> None:
        if self._held() is None:
            return
        self._scale_spent = False
        grad = self._gradient()
        if grad is None:
            self._put_gradient(torch.zeros_like(self.tensor, requires_grad=False))
        else:
            self._put_gradient(grad.detach().zero_())

    def addgrad(self, var: Variable) -> None:
        """Add another Variable's gradient to this one's.

        Args:
            var: Variable of the same shape, on any device; nothing happens if it has no gradient.

        Raises:
            TypeError: The gradient is of another dtype.
            ValueError: The gradient has another shape.
        """
        if var.grad_var is None:
            return
        if self._held() is None:
            self.initialize(var.shape)
        self._settle_scale()
        own, other = self._gradient(), var.grad_var.tensor
        other = other.to(self.tensor.device)
        with torch.set_grad_enabled(bool(config.enable_backprop)):
            if own is not None:
                numpy.broadcast_shapes(own.shape, other.shape)  # raises ValueError
            total = other.clone() if own is None else own + other
        self._check_gradient(total)
        self._put_gradient(total)

    def copydata(self, var: Variable) -> None:
        """Copy another Variable's values into this one, in place, casting and across devices.

        Whichever of the two has no shape yet is initialized with the other's; nothing happens if
        neither has one.
        """
        if var._held() is None:
            if self._held() is None:
                return
            var.initialize(self.shape)
        elif self._held() is None:
            self.initialize(var.shape)
        array = self.array
        if isinstance(array, numpy.ndarray) and not array.flags.writeable:
            self._adopt(array.copy())
        backend.copyto(self.array, var.array)

    def initialize(self, shape: Any) -> None:
        """Refuse: only a :class:`Parameter` knows how to fill itself."""
        raise AttributeError("a Variable without data cannot be initialized; Parameter can")

    def backward(
        self,
        retain_grad: bool = False,
        enable_double_backprop: bool = False,
        loss_scale: float | None = None,
    ) -> None:
        """Differentiate this Variable: add to the gradient of every Variable it was computed from.

        The graph is kept, so that several losses over one graph can be differentiated in turn. If
        a function returned several Variables, gradients that were set on the others go back too.

        Args:
            retain_grad: Keep the gradients of intermediate Variables too.
            enable_double_backprop: Record the computation of the gradients, so that they can be
                differentiated themselves.
            loss_scale: Multiplies the gradient of a loss; every leaf reached records it.

        Raises:
            LossError: The Variable has more than one value and no gradient was set.
            RuntimeError: In debug mode, a gradient is NaN.
        """
        if self._scale_spent:
            self.unscale_grad()
        grad, held = self._gradient(), self.grad_var if retain_grad else None
        if grad is None:
            grad = initial_gradient(self, loss_scale)
            if grad is None:
                return
        elif self._requires_grad or self.creator_node is not None:
            # What is sent may become a leaf's gradient, to which torch adds in place.
            grad = grad.clone()
            self.cleargrad()
        else:
            return
        others = siblings(self._node)
        differentiate(
            [self, *others],
            [grad, *[v.grad_var.tensor.clone() for v in others]],
            retain_grad=retain_grad,
            create_graph=enable_double_backprop,
            loss_scale=loss_scale,
        )
        if held is not None:
            self.grad_var = held
        for other in () if retain_grad else others:
            other.cleargrad()

    # ---- graph
    @property
    def node(self) -> VariableNode:
        """This Variable's place in the graph."""
        if self._node is None:
            held = self._held()
            self._node = place(self, None if held is None else self.tensor)
            self._node._name = self.name
            if self._of_torch:
                self._node._of_torch = True
        return self._node

    @property
    def creator(self) -> Any:
        """What made this Variable, None for a leaf; the Function where it is an old-style one."""
        return None if self._node is None else self._node.creator

    @property
    def creator_node(self) -> Operation | None:
        """The operation that made this Variable, None for a leaf."""
        return None if self._node is None else self._node.creator_node

    def set_creator(self, gen_func: Any) -> None:
        """Name what made this Variable: an operation, or an old-style Function."""
        self.node.set_creator(gen_func)

    def set_creator_node(self, fnode: Operation) -> None:
        """Name the operation that made this Variable."""
        self.node.set_creator_node(fnode)

    def _announce(self) -> None:
        node, held = self._node, self._held()
        if node is not None and node._grad_fn is None and held is not None:
            node._shape, node._dtype = held.shape, held.dtype

    def retain_data(self) -> None:
        """Let the graph keep the values, so that they outlive this Variable."""
        self.node.retain_data()

    @property
    def rank(self) -> int:
        """Length of the longest path from a leaf, 0 for a leaf."""
        return 0 if self._node is None else self._node.rank

    def unchain(self) -> None:
        """Forget the creator: gradients go no further back than this Variable."""
        self.node.unchain()

    def unchain_backward(self) -> None:
        """Cut the whole graph behind this Variable, as truncated backpropagation does.

        Differs: torch keeps what was cut for as long as a Variable lives that was computed from it
        before, and from a Variable that lives (as a parameter does). A state of this kind, which
        runs ahead of the loss, is cut off itself: call `unchain_backward` on it too.
        """
        unchain_all(self.creator_node)

    def _become_leaf(self, rank: int) -> None:
        """Go on as a leaf of this rank, with a place in the graph that no operation has read."""
        tensor = self._tensor
        if tensor is not None and not tensor.is_leaf:
            grad, view, key = self._grad, self._array, self._array_key
            self._tensor = tensor.detach().requires_grad_(tensor.requires_grad)
            self._tensor.grad, self._grad = grad, None
            self._array, self._array_key = view, key
        self._node, self._of_torch, self._was_cut = None, False, True
        self.node._rank = rank

    # ---- copies
    def __copy__(self) -> Variable:
        return self._share_with(type(self).__new__(type(self)))

    def _share_with(self, target: Variable) -> Variable:
        """Make `target` a leaf over the same memory, with a gradient slot of its own."""
        self._settle_scale()
        vars(target).update(vars(self))
        target._node, target._was_cut = None, False
        tensor = self._tensor
        if tensor is not None:
            grad = self._gradient()
            target._tensor = tensor.detach().requires_grad_(tensor.requires_grad)
            target._tensor.grad, target._grad = grad, None
        return target

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        target = type(self).__new__(type(self))
        memo[id(self)] = target
        for name, value in self.__getstate__().items():
            setattr(target, name, copy.deepcopy(value, memo))
        target._restore()
        return target

    def __getstate__(self) -> dict[str, Any]:
        state = {k: v for k, v in vars(self).items() if k not in _DERIVED}
        grad = self._gradient()
        state["_saved"] = (self.array, None if grad is None else array_of(grad))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._restore()

    def _restore(self) -> None:
        array, grad = vars(self).pop("_saved")
        self.note_scale(self._loss_scale)
        if isinstance(array, torch.Tensor):
            self._tensor = _leaf_over(array, self._requires_grad)
        elif array is not None:
            self._array, self._pending = array, True
        if grad is not None:
            self._put_gradient(tensor_of(grad))


VariableNode._make = Variable.from_tensor

# What a copy or a pickle makes anew: both faces of the memory, the graph, and cached views.
_DERIVED = frozenset(
    (
        *("_array", "_tensor", "_pending", "_array_key", "_grad", "_grad_array", "_grad_key"),
        *("_grad_variable", "_node", "_of_torch", "_was_cut"),
    )
)


def _leaf_over(tensor: torch.Tensor, requires_grad: bool) -> torch.Tensor:
    """Return a tensor over the same memory whose `requires_grad` is as asked (floats only)."""
    if not requires_grad:
        return tensor.detach()
    if tensor.requires_grad or not (tensor.is_floating_point() or tensor.is_complex()):
        return tensor
    return tensor.detach().requires_grad_()
