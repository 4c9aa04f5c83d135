"""Many tensors asked at once: the answers are Python's, and no answer where Python must look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from catenary.errors import GradientError
from catenary.kernel import Tensors, library, tensors
from catenary.optim import Adam

pytestmark = pytest.mark.skipif(
    tensors._asking() is None, reason="this torch, or this system, does not answer at once"
)


def parameter(*shape: int, dtype: torch.dtype = torch.float32) -> torch.nn.Parameter:
    held = torch.nn.Parameter(torch.randn(shape).to(dtype))
    held.grad = torch.randn(shape).to(dtype)
    return held


def gradients(*held: torch.Tensor) -> list[int] | None:
    both = np.zeros((len(held), 2), np.int64)
    found = Tensors(held).gradients(both[:, 1])
    assert not both[:, 0].any()
    return both[:, 1].tolist() if found else None


def in_python(*held: torch.Tensor) -> list[int]:
    return [tensor.grad.data_ptr() for tensor in held]  # type: ignore[union-attr]


@given(
    shapes=st.lists(st.lists(st.integers(1, 5), max_size=5), max_size=8),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16]),
)
def test_addresses_are_those_that_python_reads(shapes: list[list[int]], dtype: torch.dtype) -> None:
    held = [parameter(*shape, dtype=dtype) for shape in shapes]
    assert gradients(*held) == in_python(*held)


def test_gradients_that_backward_left_and_views_of_others() -> None:
    held = parameter(6, 4)
    held.grad = None
    (held * torch.arange(4.0)).sum().backward()
    part = parameter(2, 3)
    part.grad = torch.zeros(5, 3)[1:3]
    assert gradients(held, part) == in_python(held, part)


def test_a_gradient_may_have_any_order_that_its_parameter_has() -> None:
    held = torch.nn.Parameter(torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last))
    held.grad = torch.randn(2, 3, 4, 5)
    assert gradients(held) is None
    held.grad = held.grad.to(memory_format=torch.channels_last)
    assert gradients(held) == in_python(held)


def test_strides_of_dimensions_of_one_element_do_not_count() -> None:
    held = parameter(1, 5)
    held.grad = torch.randn(5, 1).T
    assert held.grad.stride() != held.stride()
    assert gradients(held) == in_python(held)


def missing(held: torch.nn.Parameter) -> None:
    held.grad = None


def frozen(held: torch.nn.Parameter) -> None:
    held.requires_grad_(False)


def sparse(held: torch.nn.Parameter) -> None:
    held.grad = torch.zeros(4, 4).to_sparse()


def transposed(held: torch.nn.Parameter) -> None:
    held.grad = torch.zeros(4, 4).T


def spread(held: torch.nn.Parameter) -> None:
    held.grad = torch.zeros(1, 4).expand(4, 4)


def of_another_dtype(held: torch.nn.Parameter) -> None:
    held.grad = None
    held.grad_dtype = torch.float64  # type: ignore[attr-defined]
    held.grad = torch.zeros(4, 4, dtype=torch.float64)


def of_another_shape(held: torch.nn.Parameter) -> None:
    held.data = torch.zeros(8, 4)


def of_another_rank(held: torch.nn.Parameter) -> None:
    held.data = torch.zeros(16)


@pytest.mark.parametrize(
    "spoil",
    [
        missing, frozen, sparse, transposed, spread, of_another_dtype, of_another_shape,
        of_another_rank,
    ],
)  # fmt: skip
def test_no_answer_where_python_must_look(spoil: Any) -> None:
    held = [parameter(4, 4) for _ in range(3)]
    assert gradients(*held) is not None
    spoil(held[1])
    assert gradients(*held) is None


def test_no_answer_for_tensors_without_elements() -> None:
    assert gradients(parameter(3), parameter(0)) is None


def test_subclasses_are_asked_in_python() -> None:
    class Own(torch.Tensor):
        pass

    held = parameter(3)
    own = torch.randn(3).as_subclass(Own).requires_grad_()
    own.grad = torch.randn(3)
    assert gradients(held, own) is None
    assert Tensors([own]).lie_at(np.array([own.data_ptr()]))
    assert not Tensors([own]).lie_at(np.array([0]))


def test_where_tensors_lie() -> None:
    held = [parameter(3), parameter(0), parameter(2, 2)]
    asked = Tensors(held)
    at = np.array([tensor.data_ptr() for tensor in held])
    assert asked.lie_at(at)
    held[2].data = torch.zeros(2, 2)
    assert not asked.lie_at(at)


def test_tensors_that_changed_places_are_followed() -> None:
    here, there = parameter(3), parameter(3)
    asked = Tensors([here])
    torch.utils.swap_tensors(here, there)  # type: ignore[no-untyped-call]
    found = np.zeros(1, np.int64)
    assert asked.gradients(found)
    assert found.tolist() == in_python(here)


@pytest.fixture
def asked_anew() -> Iterator[None]:
    tensors._asking.cache_clear()
    yield
    tensors._asking.cache_clear()


def train() -> list[torch.Tensor]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1))
    optimizer = Adam(model)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(2, 3)).square().sum().backward()
        optimizer.step()
    return [held.detach().clone() for held in model.parameters()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_CORE", ("_ZN3c1010TensorImpl9forgottenEv",)),
        ("_INTERFACE", ("forgotten",)),
        ("_HEADER", tensors._HEADER + 8),
        ("_HEADER", 10**6),
    ],
)
def test_another_torch_is_asked_in_python(
    name: str, value: Any, monkeypatch: pytest.MonkeyPatch, asked_anew: None
) -> None:
    want = train()
    monkeypatch.setattr(tensors, name, value)
    tensors._asking.cache_clear()
    assert tensors._asking() is None
    assert all(map(torch.equal, train(), want))


def test_a_file_compiled_before_there_was_this_is_no_error(
    monkeypatch: pytest.MonkeyPatch, asked_anew: None
) -> None:
    monkeypatch.setattr(tensors, "entry", lambda name, **_: library.entry(f"{name}_of_old"))
    assert tensors._asking() is None


def test_a_gradient_from_before_its_parameter_was_replaced_is_refused() -> None:
    held = parameter(5)
    optimizer = Adam([held])
    optimizer.step()
    held.data = torch.ones(10)
    with pytest.raises(GradientError, match=r"shape \(10,\) and a gradient of shape \(5,\)"):
        optimizer.step()
    assert torch.equal(held.detach(), torch.ones(10))


def test_a_gradient_of_another_dtype_is_refused_at_any_step() -> None:
    held = parameter(4, 4)
    optimizer = Adam([held])
    optimizer.step()
    before = held.detach().clone()
    of_another_dtype(held)
    with pytest.raises(GradientError, match=r"float32 and a gradient of torch.float64"):
        optimizer.step()
    assert torch.equal(held.detach(), before)
