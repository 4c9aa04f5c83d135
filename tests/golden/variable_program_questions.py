"""What programs over Variables ask of them, and the function hooks that listen.

For variable_programs.py. This file imports neither library; the original runs it too.
"""

import contextlib

QUESTIONS = {
    "repr": lambda x, library: repr(x),
    "str": lambda x, library: str(x),
    "bool": lambda x, library: bool(x),
    "equal": lambda x, library: x == x,
    "less": lambda x, library: x < 1,
    "hash": lambda x, library: isinstance(hash(x), int),
    "len": lambda x, library: len(x),
    "iterated": lambda x, library: [each.label for each in x],
    "in": lambda x, library: x in [1, x],
    "float": lambda x, library: float(x),
    "int": lambda x, library: int(x),
    "item": lambda x, library: x.item(),
    "form": lambda x, library: [x.ndim, x.size, x.dtype.name, list(x.shape), x.label],
    "summary": lambda x, library: x.summary() if x.name else "no name",
    "as_variable": lambda x, library: library.as_variable(x) is x,
    "as array": lambda x, library: library.as_variable(x.array).requires_grad,
    "same array": lambda x, library: x.array is x.array and x.array is x.data,
    "same grad": lambda x, library: x.grad is x.grad,
    "xp": lambda x, library: x.xp.__name__,
    "device": lambda x, library: x.device.name,
    "wrapped": lambda x, library: library.Variable(x),
    "wrapped list": lambda x, library: library.Variable([1.0]),
    "retained": lambda x, library: x.retain_data(),
    "from node": lambda x, library: x.node.get_variable() is x,
    "outputs": lambda x, library: [y() is None for y in x.creator.outputs],
    "backward of several": lambda x, library: library.functions.sum(x).backward(),
}


def recorder(library, trace):
    """Return a function hook that leaves in `trace` which calls it hears of, in their order.

    What backward passes compute with is each library's own affair.
    """

    class Recorder(library.FunctionHook):
        name = "Recorder"
        inside = None

        def forward_preprocess(self, function, in_data):
            if self.inside is None:
                trace.append(["forward", function.label, len(in_data)])

        def forward_postprocess(self, function, in_data):
            if self.inside is None:
                trace.append(["forward done", function.label, len(in_data)])

        def backward_preprocess(self, function, in_data, out_grad):
            self.inside = function

        def backward_postprocess(self, function, in_data, out_grad):
            same, self.inside = function is self.inside, None
            trace.append(["backward", function.label, len(out_grad), same])

    return Recorder()


no_hook = contextlib.nullcontext
