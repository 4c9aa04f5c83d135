"""Function hooks on built-in functions, the two hooks that come along, and their cost."""

from __future__ import annotations

import gc
import io

import numpy as np
import pytest
import torch

import catenary.functions as F
from catenary import _variable_hooks
from catenary.backends import cuda
from catenary.config import using_config
from catenary.function_hook import FunctionHook, get_function_hooks
from catenary.function_hooks import CUDAProfileHook, PrintHook, TimerHook
from catenary.function_node import grad
from catenary.functions.connection.convolution_2d import Convolution2DFunction
from catenary.functions.connection.deconvolution_2d import Deconvolution2DFunction
from catenary.functions.normalization.batch_normalization import BatchNormalization
from catenary.functions.pooling.max_pooling_nd import MaxPoolingND
from catenary.utils.conv import get_conv_outsize
from catenary.variable import Variable


class Log(FunctionHook):
    name = "Log"

    def __init__(self):
        self.events = []

    def forward_preprocess(self, function, in_data):
        self.events.append(("forward", function.label, [a.shape for a in in_data]))

    def forward_postprocess(self, function, in_data):
        self.events.append(("forward done", function.label))

    def backward_preprocess(self, function, in_data, out_grad):
        grads = [None if g is None else g.tolist() for g in out_grad]
        self.events.append(("backward", function.label, grads))

    def backward_postprocess(self, function, in_data, out_grad):
        self.events.append(("backward done", function.label))

    def backwards(self):
        return [event[1:] for event in self.events if event[0] == "backward"]


def vector(*numbers):
    return Variable(np.array(numbers, "f"))


def test_forward_of_built_in_functions():
    with Log() as hook:
        F.matmul(np.ones((2, 3), "f"), np.ones((3, 1), "f"))
        F.split_axis(np.ones(4, "f"), 2, 0)
    assert hook.events == [
        ("forward", "MatMul", [(2, 3), (3, 1)]),
        ("forward done", "MatMul"),
        ("forward", "SplitAxis", [(4,)]),
        ("forward done", "SplitAxis"),
    ]


def test_one_call_of_ours_is_one_event_whatever_torch_makes_of_it():
    x = Variable(np.array([[1, 2], [3, 4]], "f"))
    y = F.mean(F.softmax_cross_entropy(x, np.array([0, 1]), reduce="no") * 2)
    with Log() as hook:
        y.backward()
    labels = [event[1] for event in hook.events]
    assert labels[::2] == labels[1::2], "each ends before the next begins"
    assert labels[::2].count("SoftmaxCrossEntropy") == 1
    assert labels[::2] == sorted(set(labels), key=labels.index)


def test_an_input_used_directly_and_through_another_function():
    x = vector(1, 2)
    h = F.relu(x)
    y = F.sum(x * h)
    with Log() as hook:
        y.backward()
    assert hook.backwards() == [
        ("Sum", [1.0]),
        ("_ * _", [[1, 1]]),
        ("ReLU", [[1, 2]]),
    ]
    assert x.grad.tolist() == [2, 4]


def test_outputs_that_got_no_gradient():
    left, _ = F.split_axis(vector(1, 2), 2, 0)
    with Log() as hook:
        F.sum(left).backward()
    assert hook.backwards() == [("Sum", [1.0]), ("SplitAxis", [[1], None])]


def test_grad_is_watched_too():
    x = vector(1, 2)
    y = F.sum(F.relu(x))
    with Log() as hook:
        grad([y], [x])
    assert [event[0] for event in hook.backwards()] == ["Sum", "ReLU"]


def test_a_hook_of_one_call():
    x = vector(1, 2)
    y = F.relu(x)
    hook = Log()
    y.creator.add_hook(hook, "mine")
    assert list(y.creator.local_function_hooks) == ["mine"]
    F.sum(y * 2).backward()
    assert [event[0] for event in hook.backwards()] == ["ReLU"]
    y.creator.delete_hook("mine")
    F.sum(y).backward()
    assert len(hook.backwards()) == 1


def test_no_hook_leaves_nothing_behind():
    assert _variable_hooks.in_force == 0
    y = F.relu(vector(1))
    y.creator.add_hook(Log())
    assert _variable_hooks.in_force == 1
    del y
    gc.collect()
    assert _variable_hooks.in_force == 0
    with pytest.raises(ValueError, match="inside"), Log():
        raise ValueError("inside")
    assert _variable_hooks.in_force == 0
    assert get_function_hooks() == {}


def test_hooks_are_the_threads_own():
    import threading

    with Log() as hook:
        assert get_function_hooks() == {"Log": hook}
        thread = threading.Thread(target=lambda: F.relu(np.ones(2, "f")))
        thread.start()
        thread.join()
    assert hook.events == []


class Multiplications(FunctionHook):
    """Counts as public hooks do: by the type of the function and by its arguments."""

    def __init__(self):
        self.counts = {}

    def forward_preprocess(self, function, in_data):
        shapes = [a.shape for a in in_data]
        if type(function) is Convolution2DFunction:
            rows = get_conv_outsize(shapes[0][2], shapes[1][2], function.sy, function.ph)
            columns = get_conv_outsize(shapes[0][3], shapes[1][3], function.sx, function.pw)
            count = rows * columns * in_data[1].size // function.groups
        elif type(function) is Deconvolution2DFunction:
            count = function.outh * function.outw
        elif type(function) is MaxPoolingND:
            count = np.prod(function.ksize) * np.prod(function.stride)
        elif type(function) is BatchNormalization:
            count = function.axis
        else:
            count = None
        self.counts[type(function).__name__] = count


@pytest.mark.parametrize("record", [True, False])
def test_a_hook_reads_the_arguments_of_functions(record):
    image, ones = np.ones((1, 4, 6, 5), "f"), np.ones(4, "f")
    with using_config("enable_backprop", record), Multiplications() as hook:
        F.convolution_2d(image, np.ones((2, 4, 3, 2), "f"), None, (2, 1), (1, 0))
        F.deconvolution_2d(image, np.ones((4, 2, 3, 2), "f"), None, 2)
        F.max_pooling_2d(image, 3, 2)
        F.batch_normalization(image, ones, ones)
        Variable(image) * 2
    assert hook.counts == {
        "Convolution2DFunction": 3 * 4 * 48,
        "Deconvolution2DFunction": 13 * 10,
        "MaxPoolingND": 36,
        "BatchNormalization": (0, 2, 3),
        "MulConstant": None,
    }


def test_an_argument_that_is_none_of_a_functions_is_missed_by_name():
    y = F.sum(vector(1, 2), axis=0)
    assert y.creator.axis == (0,)
    with pytest.raises(AttributeError, match="Sum has no attribute 'slope'"):
        _ = y.creator.slope


def test_an_error_in_a_hook_reaches_the_caller():
    class Angry(FunctionHook):
        def backward_preprocess(self, function, in_data, out_grad):
            raise ZeroDivisionError(function.label)

    x = vector(1)
    y = F.sum(x)
    with Angry(), pytest.raises(ZeroDivisionError, match="Sum"):
        y.backward()
    assert x.grad is None
    y.backward()
    assert x.grad.tolist() == [1]


def test_timer():
    x = vector(1, 2)
    with TimerHook() as hook:
        F.sum(F.relu(F.relu(x))).backward()
    summary = hook.summary()
    assert {name: e["occurrence"] for name, e in summary.items()} == {"ReLU": 4, "Sum": 2}
    assert hook.total_time() == pytest.approx(sum(e["elapsed_time"] for e in summary.values()))
    for unit in ("auto", "auto_foreach", "sec", "ms", "us", "ns"):
        out = io.StringIO()
        hook.print_report(unit, out)
        head, *rows = out.getvalue().splitlines()
        assert head.split() == ["FunctionName", "ElapsedTime", "Occurrence"]
        assert len(rows) == 2
        assert len({len(row) for row in [head, *rows]}) == 1
    with pytest.raises(KeyError):
        hook.print_report("days", io.StringIO())


def test_print_hook():
    out = io.StringIO()
    x = vector(1, 2)
    with PrintHook(file=out):
        F.sum(F.relu(x)).backward()
    text = out.getvalue()
    assert text.index("function\tReLU") < text.index("function\tSum")
    assert text.count("output gradient") == 2
    assert "(removed)" in text
    assert "- shape: (2,)" in text
    with pytest.warns(DeprecationWarning, match="sep"):
        PrintHook(sep=" ")


def test_cuda_profile_hook_marks_what_runs(monkeypatch):
    ranges = []
    monkeypatch.setattr(torch.cuda.nvtx, "range_push", ranges.append)
    monkeypatch.setattr(torch.cuda.nvtx, "range_pop", lambda: ranges.append("end"))
    monkeypatch.setattr(cuda, "check_cuda_available", lambda: None)
    with CUDAProfileHook():
        y = F.relu(vector(1, 2))
        F.sum(y).backward()
    assert ranges[:4] == ["ReLU.forward", "end", "Sum.forward", "end"]
    assert ranges[4:] == ["Sum.backward", "end", "ReLU.backward", "end"]


@pytest.mark.skipif(cuda.available, reason="there is a GPU")
def test_cuda_profile_hook_needs_a_gpu():
    with pytest.raises(RuntimeError, match=r"(?i)cuda"):
        CUDAProfileHook()
