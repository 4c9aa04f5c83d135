"""Ways to keep 16-bit parameters: every backend's bits, what survives a step, what chance does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import catenary
from catenary.expr import Formula
from catenary.expr.node import const, hyper, node, norm, tensor
from catenary.kernel import Step, Storage, Table, eager, launch, native, schedule
from catenary.kernel.chance import sixteen_bits
from catenary.kernel.storage import LOW, MASTER
from tests.kernel.tables import A, B, G, P, V
from tests.strategies import same_bits

HALVES = (torch.float16, torch.bfloat16)
POLICIES = [(kind, dtype) for kind in ("plain", "master", "kahan") for dtype in HALVES]
POLICIES.append(("stochastic", torch.bfloat16))
BACKENDS = ("compiled", "NumPy", "torch")
CORNERS = [0.0, -0.0, 1.0, -1.5, 6e-8, -1e-40, 65504.0, -65504.0, 3.3e38, np.inf, -np.inf, np.nan]

every_policy = pytest.mark.parametrize(("kind", "dtype"), POLICIES)


@pytest.fixture(autouse=True)
def numpys_bits():
    with catenary.using_config("flush_subnormals", False):
        yield


def run(outputs, columns, gradient, kind, backend="compiled", steps=1, key=5, first=1):
    """Return the columns after some steps."""
    held = {name: value.clone() for name, value in columns.items()}
    rows = {name: [value] for name, value in held.items()}
    program = schedule(Formula(tuple(outputs.items())), Storage.of(kind, rows))
    table = Table(program, rows, [key])
    table.set_gradients([gradient])
    step = Step([table])
    wanted = native.CompiledRunner if backend == "compiled" else launch.EagerRunner
    step._runners = [wanted([table])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eager, "_on_torch", lambda held: backend == "torch")
        for t in range(first, first + steps):
            table.groups = [({"a": 0.3, "b": -1.7, "rule.t": float(t)}, [0])]
            step.run(check_finite=False)
    return held


def beside(kind, p, seed=0):
    """Return what lies beside parameters, as steps before may have left it."""
    draws = torch.Generator().manual_seed(seed)
    rest = torch.rand(p.shape, generator=draws) - 0.5
    spacing = p.float().abs() * (2**-8 if p.dtype == torch.bfloat16 else 2**-11)
    if kind == "master":
        return {MASTER: p.float() + spacing * rest}
    return {LOW: (spacing * rest).to(p.dtype)} if kind == "kahan" else {}


def tensors(size, dtype, seed):
    draws = np.random.default_rng(seed)
    made = []
    for _ in range(3):
        values = draws.normal(size=size) * 10.0 ** draws.integers(-3, 3, size)
        corners = draws.random(size) < 0.2
        values[corners] = draws.choice(CORNERS, corners.sum())
        with np.errstate(all="ignore"):
            made.append(torch.from_numpy(values.astype("f4")).to(dtype))
    return made


UNARY = ("neg", "abs", "sign", "bfloat16", "float16")
BINARY = ("add", "sub", "mul", "div", "minimum", "maximum")
leaves = st.sampled_from([P, G, V, A, B, const(0.5), const(1 - 2**-9)])


def grow(inner):
    return st.one_of(
        st.builds(node, st.sampled_from(UNARY), inner),
        st.builds(node, st.sampled_from(BINARY), inner, inner),
        st.builds(lambda a, b, c: node("where", node("lt", a, b), b, c), inner, inner, inner),
    )


programs = st.recursive(leaves, grow, max_leaves=8)


@settings(max_examples=150)
@given(
    new=programs,
    state=programs,
    size=st.sampled_from([0, 1, 17, 100]),
    policy=st.sampled_from(POLICIES),
    wide=st.booleans(),
    seed=st.integers(0, 9),
)
def test_backends_agree_to_the_bit(new, state, size, policy, wide, seed):
    """Random programs over corners, with states in 16 bits and in 32."""
    kind, dtype = policy
    p, g, v = tensors(size, dtype, seed)
    columns = {"p": p, "v": v.float() if wide else v, **beside(kind, p, seed)}
    outputs = {"p": new, "v": state}
    wanted, *others = (run(outputs, columns, g, kind, backend) for backend in BACKENDS)
    for found in others:
        for name, value in wanted.items():
            assert same_bits(value.float().numpy(), found[name].float().numpy()), name


@every_policy
def test_norms_see_the_exact_parameter(kind, dtype):
    p = tensors(50, dtype, 3)[0].nan_to_num(1.0, 1.0, 1.0).clamp(-100, 100)
    more = beside(kind, p)
    exact = {"master": lambda: more[MASTER], "kahan": lambda: p.float() + more[LOW].float()}
    size = exact.get(kind, p.float)().double().norm().float()
    columns = {"p": p, "v": torch.zeros(50), **more}
    found = run({"v": norm(P, "tensor")}, columns, p, kind)
    assert (found["v"] == size).all()


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("kind", ["master", "kahan"])
def test_small_steps_add_up(kind, dtype):
    """A thousandth of a last place, a thousand times."""
    ulp = 2.0 ** (-7 if dtype == torch.bfloat16 else -10)
    small = ulp / (1000 if kind == "master" else 100)
    p = torch.ones(20, dtype=dtype)
    columns = {"p": p, **beside(kind, torch.zeros_like(p))}
    if kind == "master":
        columns[MASTER] = p.float()
    steps = round(ulp / small)
    found = run({"p": node("add", P, const(small))}, columns, p, kind, steps=steps)
    assert (found["p"].float() - (1 + ulp)).abs().max() <= ulp * 0.01
    assert (
        run({"p": node("add", P, const(small))}, {"p": p}, p, "plain", steps=steps)["p"] == 1
    ).all()


@pytest.mark.parametrize("dtype", HALVES)
@given(seed=st.integers(0, 2**20))
def test_a_pair_holds_twice_the_bits(dtype, seed):
    """p is the nearest, p and the rest together are within the rest's own rounding."""
    draws = np.random.default_rng(seed)
    new = torch.from_numpy(draws.normal(size=64).astype("f4") * 2.0 ** draws.integers(-6, 6))
    p = torch.zeros(64, dtype=dtype)
    columns = {"p": p, LOW: torch.zeros_like(p), "v": new}
    found = run({"p": V}, columns, p, "kahan")
    assert torch.equal(found["p"], new.to(dtype))
    off = (found["p"].double() + found[LOW].double() - new.double()).abs()
    bits = 8 if dtype == torch.bfloat16 else 11
    assert (off <= (new.double() - found["p"].double()).abs() * 2.0**-bits + 2.0**-25).all()
    again = run({"p": P}, {**found, "v": new}, p, "kahan")
    assert torch.equal(again["p"].float() + again[LOW].float(), found["p"].float() + found[LOW])


@pytest.mark.parametrize("dtype", HALVES)
def test_a_rest_of_half_a_place_is_no_edit(dtype):
    """What is left may be rounded up to half of p's last place, where p is odd."""
    bits = 8 if dtype == torch.bfloat16 else 11
    ulp = 2.0 ** (1 - bits)
    odd = 1 + ulp
    new = torch.tensor([odd + ulp / 2 * (1 - 2.0 ** -(bits + 1))])
    columns = {"p": torch.ones(1, dtype=dtype), LOW: torch.zeros(1, dtype=dtype), "v": new}
    found = run({"p": V}, columns, columns["p"], "kahan")
    assert found["p"].item() == odd
    assert found[LOW].item() == ulp / 2
    wide = run({"v": P}, {**found, "v": torch.zeros(1)}, columns["p"], "kahan")
    assert wide["v"].item() == odd + ulp / 2


@pytest.mark.parametrize("edit", [0.0, -3.0, 1.0078125, np.nan, np.inf])
@pytest.mark.parametrize("dtype", HALVES)
def test_edits_of_the_parameter_win(dtype, edit):
    rest = torch.tensor([2.0**-10 if dtype == torch.bfloat16 else 2.0**-13], dtype=dtype)
    columns = {"p": torch.tensor([2.0], dtype=dtype), LOW: rest, "v": torch.zeros(1)}
    columns["p"][0] = edit
    found = run({"v": P}, columns, columns["p"], "kahan")["v"].item()
    assert abs(found - columns["p"].item()) <= rest.item() or found != found or edit == np.inf


@pytest.mark.parametrize("dtype", HALVES)
def test_overflow_is_infinite_and_can_be_mended(dtype):
    columns = {"p": torch.ones(1, dtype=dtype), LOW: torch.zeros(1, dtype=dtype)}
    largest = torch.finfo(dtype).max
    found = run({"p": node("mul", P, const(largest))}, columns, columns["p"], "kahan")
    found = run({"p": node("mul", P, const(4))}, found, columns["p"], "kahan")
    assert found["p"].item() == np.inf
    found["p"][0] = 3.0
    assert run({"p": node("add", P, const(1))}, found, columns["p"], "kahan")["p"].item() == 4.0


# ---- chance -------------------------------------------------------------------------------------


def dithered(value, size=200_000, **options):
    """Return how one number is stored in many elements."""
    columns = {"p": torch.zeros(size, dtype=torch.bfloat16), "v": torch.full((size,), value)}
    return run({"p": V}, columns, columns["p"], "stochastic", **options)["p"]


@pytest.mark.parametrize("value", [1 + 2**-10, -(1 + 2**-8), 3.0001, 1e-20, -12345.678])
def test_chance_is_unbiased(value):
    """Either neighbour, and the mean is the number to within five standard errors."""
    found = dithered(value).double()
    value = float(np.float32(value))
    low, high = sorted(found.unique().tolist())
    assert low < value < high
    assert high - low <= abs(value) * 2**-7
    share = (value - low) / (high - low)
    spread = (share * (1 - share) / len(found)) ** 0.5
    assert abs((found == high).double().mean().item() - share) < 5 * spread


def test_what_fits_stays():
    for value in (0.0, -0.0, 1.0, -1.0078125, 3.3895314e38, np.inf, -np.inf):
        found = dithered(value, 5000)
        assert (found == value).all()
        assert (torch.signbit(found) == np.signbit(value)).all()
    assert dithered(np.nan, 5000).isnan().all()


def test_steps_add_up_in_the_mean():
    p = torch.ones(4000, dtype=torch.bfloat16)
    new = {"p": node("add", P, const(2.0**-12))}
    found = run(new, {"p": p}, p, "stochastic", steps=256)["p"].double()
    wanted, spread = 1 + 2.0**-4, (256 * 2.0**-12 * 2.0**-7) ** 0.5 / 4000**0.5
    assert abs(found.mean().item() - wanted) < 5 * spread


def test_row_step_and_stream_draw_for_themselves():
    rows = [{"key": 5, "first": 1}, {"key": 6, "first": 1}, {"key": 5, "first": 2}]
    value = 1 + 2.0**-8
    drawn = [dithered(value, **one).double() - value for one in rows]
    columns = {"p": torch.zeros(200_000, dtype=torch.bfloat16)}
    columns |= dict.fromkeys("vwx", columns["p"])
    outputs = dict.fromkeys("pvwx", const(value))
    streams = run(outputs, columns, columns["p"], "stochastic")
    drawn += [streams[name].double() - value for name in "vwx"]
    assert torch.equal(streams["p"].double() - value, drawn[0])
    found = torch.corrcoef(torch.stack(drawn))
    assert (found - torch.eye(len(drawn))).abs().max() < 5 / 200_000**0.5


def test_neighbours_draw_for_themselves():
    off = dithered(1 + 2.0**-8).double() - (1 + 2.0**-8)
    for lag in (1, 2, 16, 256, 65536):
        together = torch.corrcoef(torch.stack([off[lag:], off[:-lag]]))[0, 1]
        assert abs(together) < 5 / 100_000**0.5, lag


def test_the_same_row_and_step_round_alike():
    assert torch.equal(dithered(1.001, steps=3), dithered(1.001, first=3))
    assert not torch.equal(dithered(1.001, first=3), dithered(1.001, first=4))


def test_bits_are_uniform():
    counts = np.bincount(sixteen_bits(1, 7, 3, np.arange(1 << 20)), minlength=1 << 16)
    chi = ((counts - 16) ** 2 / 16).sum()
    assert abs(chi - 65535) < 5 * (2 * 65535) ** 0.5


def test_memory_decides_where_an_element_stands():
    """The same numbers in another layout: compiled, NumPy and torch count along memory."""
    plain = torch.full((2, 3, 4, 5), 1.001).to(memory_format=torch.channels_last)
    p = torch.zeros_like(plain, dtype=torch.bfloat16)
    columns = {"p": p, "v": plain}
    found = [run({"p": V}, columns, p, "stochastic", backend)["p"] for backend in BACKENDS]
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
    flat = {"p": torch.zeros(120, dtype=torch.bfloat16), "v": torch.full((120,), 1.001)}
    assert torch.equal(
        run({"p": V}, flat, flat["p"], "stochastic")["p"],
        found[0].permute(0, 2, 3, 1).flatten(),
    )


def test_chance_crosses_chunks():
    size = native.CHUNK_SIZE + 37
    assert torch.equal(dithered(1.001, size), dithered(1.001, size, backend="NumPy"))


def test_gradients_and_wide_states_are_left_alone():
    p = torch.zeros(9, dtype=torch.bfloat16)
    storage = Storage.of("stochastic", {"p": [p], "v": [p.float()]})
    outputs = (("p", P), ("v", V), ("g", const(0)))
    written = dict(schedule(Formula(outputs), storage).updating.outputs)
    assert written["v"] is tensor("v")
    assert written["g"] is const(0)
    assert written["p"].op == "dither"


def test_without_16_bits_a_program_stays():
    formula = Formula((("p", node("mul", hyper("a"), G)),))
    wide = Storage.of("stochastic", {"p": [torch.zeros(1)]})
    assert schedule(formula, wide).program == schedule(formula).program
    assert Storage.of("plain", {"p": [torch.zeros(1, dtype=torch.float16)]}) == Storage()
