"""The compiled backend against the eager one: the same bits, whatever the threads."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import shutil
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

import catenary
from catenary import Link, Parameter, optimizer_hooks, optimizers
from catenary.expr import Formula
from catenary.expr.node import Node, const, hyper, node, norm, tensor
from catenary.expr.ops import OPS
from catenary.kernel import Step, Table, launch, library, native, pool, schedule, tensors
from catenary.kernel.compiler import compiled_count
from catenary.kernel.ir import SPELL
from catenary.kernel.signature import Signature

EXACT_UNARY = ("neg", "abs", "sign", "sqrt")
EXACT_BINARY = ("add", "sub", "mul", "div", "minimum", "maximum")
COMPARISONS = ("lt", "le", "eq", "ne")
SIZES = (0, 1, 15, 16, 17, 1000, native.CHUNK_SIZE + 5)


@pytest.fixture(autouse=True)
def numpys_bits() -> Any:
    with catenary.using_config("flush_subnormals", False):
        yield


@pytest.fixture
def threads() -> Any:
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def expressions() -> st.SearchStrategy[Node]:
    leaves = st.one_of(
        st.sampled_from([tensor("p"), tensor("g"), tensor("s"), hyper("a"), hyper("b")]),
        st.floats(-4, 4, width=32).map(const),
    )

    def grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        compare = st.builds(node, st.sampled_from(COMPARISONS), inner, inner)
        return st.one_of(
            st.builds(node, st.sampled_from(EXACT_UNARY), inner),
            st.builds(node, st.sampled_from(EXACT_BINARY), inner, inner),
            st.builds(lambda c, a, b: node("where", c, a, b), compare, inner, inner),
            st.builds(
                lambda c, d, a, b: node("where", node("and", c, node("not", d)), a, b),
                compare,
                compare,
                inner,
                inner,
            ),
        )

    return st.recursive(leaves, grow, max_leaves=14)


def arrays(size: int, dtype: Any, seed: int) -> dict[str, torch.Tensor]:
    rng = np.random.RandomState(seed)
    made = {}
    for name in ("p", "g", "s"):
        values = (rng.randn(size) * 10.0 ** rng.randint(-3, 4, size)).astype(dtype)
        values[rng.rand(size) < 0.1] = 0
        made[name] = torch.from_numpy(values)
    return made


def run(formula: Formula, held: dict[str, torch.Tensor], *, compiled: bool) -> list[np.ndarray]:
    held = {name: values.clone() for name, values in held.items()}
    table = Table(schedule(formula), {"p": [held["p"]], "s": [held["s"]]})
    table.set_gradients([held["g"]])
    table.groups = [({"a": 0.3, "b": -1.7}, [0])]
    step = Step([table])
    wanted = native.CompiledRunner if compiled else launch.EagerRunner
    step._runners = [wanted([table])]
    step.run(check_finite=False)
    return [values.numpy() for values in held.values()]


def test_every_operation_is_spelled() -> None:
    assert SPELL.keys() == OPS.keys()


@example(
    new=tensor("p"),
    state=node("div", tensor("p"), const(-0.0)),  # was once compiled as +0.0
    size=17,
    dtype=np.float32,
    seed=0,
)
@given(
    new=expressions(),
    state=expressions(),
    size=st.sampled_from(SIZES),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 5),
)
def test_random_programs_equal_numpy_bit_for_bit(
    new: Node, state: Node, size: int, dtype: Any, seed: int
) -> None:
    formula = Formula((("p", new), ("s", state)))
    held = arrays(size, dtype, seed)
    for mine, theirs in zip(
        run(formula, held, compiled=True), run(formula, held, compiled=False), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("op", ["exp", "log", "tanh", "pow"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_functions_are_within_two_ulp(op: str, dtype: Any) -> None:
    held = arrays(5000, dtype, 1)
    held["g"] = held["g"].abs() % 20 + 0.01
    value = node(op, tensor("g"), tensor("g")) if op == "pow" else node(op, tensor("g"))
    formula = Formula((("p", value),))
    mine = run(formula, held, compiled=True)[0]
    g = held["g"].double().numpy()  # NumPy's own float32 logarithm is up to 3 ulp off
    exact = g**g if op == "pow" else getattr(np, op)(g)
    np.testing.assert_array_max_ulp(mine, exact.astype(dtype), 2)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_storage_is_rounded_once(dtype: str) -> None:
    formula = Formula((("p", node("add", tensor("p"), node("mul", tensor("g"), hyper("a")))),))
    held = {n: v.to(getattr(torch, dtype)) for n, v in arrays(4000, np.float32, 2).items()}
    held["p"][:3] = torch.tensor([float("nan"), float("inf"), 1e30])
    want = (held["p"].float() + held["g"].float() * np.float32(0.3)).to(held["p"].dtype)
    table = Table(schedule(formula), {"p": [held["p"]]})
    table.set_gradients([held["g"]])
    table.groups = [({"a": 0.3}, [0])]
    step = Step([table])
    assert isinstance(step._runners[0], native.CompiledRunner)
    step.run(check_finite=False)
    torch.testing.assert_close(held["p"], want, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_memory_is_asked_for_where_a_pass_walks(dtype: str) -> None:
    """Places among a row's addresses, and bytes of a value; other columns are left alone."""
    size = norm(tensor("g"), "model")
    formula = Formula((("p", node("mul", tensor("v"), size)),), (size,))
    held = {n: [torch.ones(3, dtype=getattr(torch, dtype))] for n in ("p", "v")}
    table = Table(schedule(formula), held)
    bytes_each = held["p"][0].element_size()
    signature = Signature.of(table)
    reducing, updating = table.schedule.sweep(1), table.schedule.sweep(-1)
    g, p, v = ([place, bytes_each] for place in range(3))
    assert native._streams(reducing, signature).tolist() == [g, [0, 0]]
    assert native._streams(updating, signature).tolist() == [p, v, [0, 0]]
    checking = signature.checking(finite=True)
    assert native._streams(updating, checking).tolist() == [g, p, v, [0, 0]]


class Net(Link):
    def __init__(self, shapes: list[tuple[int, ...]], dtype: Any = np.float32) -> None:
        super().__init__()
        rng = np.random.RandomState(0)
        with self.init_scope():
            for i, shape in enumerate(shapes):
                setattr(self, f"p{i:03d}", Parameter(np.asarray(rng.randn(*shape), dtype)))

    def give_grads(self, seed: int) -> None:
        rng = np.random.RandomState(seed)
        for param in self.params():
            param.grad = np.asarray(rng.randn(*param.shape), param.dtype)


SHAPES = [(600_000,), (3, 5), (0,), (), (257, 129), (7,)]


def train(steps: int = 4, hooks: bool = True, dtype: Any = np.float32) -> Net:
    net = Net(SHAPES, dtype)
    opt = optimizers.Adam().setup(net)
    if hooks:
        opt.add_hook(optimizer_hooks.WeightDecay(1e-3))
        opt.add_hook(optimizer_hooks.GradientClipping(1.0))
        opt.loss_scaling()
    for step in range(steps):
        net.give_grads(step)
        opt.update()
    return net


def same(one: Link, other: Link) -> bool:
    return all(
        np.array_equal(a.array, b.array) for a, b in zip(one.params(), other.params(), strict=True)
    )


@pytest.mark.parametrize("count", [2, 7])
def test_the_number_of_threads_changes_no_bit(count: int, threads: Any) -> None:
    threads(1)
    alone = train()
    threads(count)
    assert same(alone, train())


def test_norms_are_added_in_a_fixed_order() -> None:
    formula = Formula((("p", node("div", tensor("g"), norm(tensor("g"), "tensor"))),))
    held = arrays(3 * native.CHUNK_SIZE + 11, np.float32, 3)
    first = run(formula, held, compiled=True)[0]
    for _ in range(5):
        np.testing.assert_array_equal(run(formula, held, compiled=True)[0], first)
    exact = held["g"].double().numpy()
    np.testing.assert_allclose(first, exact / np.sqrt(np.sum(exact**2)), rtol=1e-6)


def test_two_python_threads_step_two_optimizers() -> None:
    want = train()
    with concurrent.futures.ThreadPoolExecutor(2) as workers:
        for found in [worker.result() for worker in [workers.submit(train) for _ in range(8)]]:
            assert same(found, want)


def _in_child(queue: Any) -> None:
    queue.put([param.array for param in train().params()])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_steps_too() -> None:
    want = train()  # the pool has threads now, and a child gets none of them
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a process with threads forks
        child = context.Process(target=_in_child, args=(queue,))
        child.start()
    found = queue.get()
    child.join(60)
    assert child.exitcode == 0
    for mine, theirs in zip(want.params(), found, strict=True):
        np.testing.assert_array_equal(mine.array, theirs)


def test_without_the_pool_kernels_run_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    want = train()
    monkeypatch.setattr(pool, "_pool", lambda: None)
    assert same(train(), want)


@pytest.fixture
def asked_anew() -> Any:
    """Let the compiled file be looked for again."""
    caches = [library.entry, pool._pool, tensors._asking]
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_a_missing_compiled_file_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked_anew: None
) -> None:
    want = train()
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    for cache in (library.entry, pool._pool, tensors._asking):
        cache.cache_clear()
    with pytest.warns(RuntimeWarning, match="run on one thread"):
        found = train()
    assert tensors._asking() is None
    assert same(train(), found)
    assert same(found, want)


def test_a_file_compiled_from_other_sources_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked_anew: None
) -> None:
    """It takes other arguments: a checkout was updated and not installed again."""
    here = Path(library.__file__).parent
    for path in (*here.glob("_compiled*.so"), *here.glob("*.cc")):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    assert library.entry("catenary_run_chunks") is not None
    with (tmp_path / "pool.cc").open("a") as source:
        source.write("// changed")
    library.entry.cache_clear()
    with pytest.warns(RuntimeWarning, match="from other sources"):
        assert pool._pool() is None
    for source in tmp_path.glob("*.cc"):  # an installed package has none
        source.unlink()
    library.entry.cache_clear()
    assert library.entry("catenary_run_chunks") is not None


def test_without_llvmlite_steps_run_in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    want = train(hooks=False)
    monkeypatch.setitem(__import__("sys").modules, "llvmlite.binding", None)
    native._has_llvm.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match="pip install llvmlite"):
            found = train(hooks=False)
        assert same(found, want)
    finally:
        native._has_llvm.cache_clear()


def test_a_schedule_compiles_nothing() -> None:
    net = Net(SHAPES)
    opt = optimizers.MomentumSGD().setup(net)
    opt.add_hook(optimizer_hooks.WeightDecay(1e-3))
    net.give_grads(0)
    opt.update()
    before = compiled_count()
    for step in range(1, 5):
        opt.lr *= 0.5
        opt.momentum = 0.1 * step
        net.p000.update_rule.hyperparam.lr = 0.3 * step
        net.give_grads(step)
        opt.update()
    assert compiled_count() == before


def test_subnormals_are_flushed_where_asked() -> None:
    def decay(flush: bool) -> float:
        net = Net([(1000,)])
        opt = optimizers.MomentumSGD(lr=1.0, momentum=0.5).setup(net)
        with catenary.using_config("flush_subnormals", flush):
            net.p000.grad = np.full(1000, 1e-37, np.float32)
            opt.update()
            for _ in range(8):
                net.p000.grad = np.zeros(1000, np.float32)
                opt.update()
        return float(net.p000.update_rule.state["v"][0])

    assert decay(flush=True) == 0.0
    assert decay(flush=False) == np.float32(-1e-37) / 2**8


def test_flushing_ends_with_the_step() -> None:
    with catenary.using_config("flush_subnormals", True):
        train()
    assert np.float32(1e-38) * np.float32(0.5) != 0


@pytest.mark.parametrize("layout", ["channels_last", "transposed gradient", "strided"])
def test_layouts(layout: str) -> None:
    """What lies in memory in another order is found or copied, never misread."""
    torch.manual_seed(0)
    weight, grad = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    want = weight - 0.5 * grad
    if layout == "channels_last":
        weight = weight.to(memory_format=torch.channels_last)
        grad = grad.to(memory_format=torch.channels_last)
    elif layout == "transposed gradient":
        grad = grad.transpose(0, 3).contiguous().transpose(0, 3)
    else:
        weight = torch.stack([weight, weight], dim=-1)[..., 0]
    module = torch.nn.ParameterDict({"w": torch.nn.Parameter(weight)})
    opt = optimizers.SGD(lr=0.5).setup(module)
    module["w"].grad = grad
    opt.update()
    torch.testing.assert_close(module["w"].detach(), want)


def test_gradients_of_a_new_place_every_step() -> None:
    net = Net([(40,)])
    opt = optimizers.SGD(lr=1.0).setup(net)
    want, kept = net.p000.array.copy(), []
    for step in range(6):
        net.give_grads(step)
        kept.append(net.p000.grad)
        want = want - kept[-1]
        opt.update()
    np.testing.assert_array_equal(net.p000.array, want)


def test_many_steps_at_once_do_not_mix() -> None:
    """Steps on threads, with norms, under a pool that can serve only one of them."""
    failures: list[str] = []
    want = train(6)

    def work() -> None:
        name = threading.current_thread().name
        failures.extend(name for _ in range(3) if not same(train(6), want))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
