"""What user-written functions do, as programs that run on the original and on catenary alike.

`CASES` maps a name to a function of one argument, the library; what it returns can be written as
JSON. Imported by `make_function_nodes.py`, under the original's Python, and by the tests.
"""

import numpy as np

CASES = {}


def case(run):
    """Enter a program in the table."""
    CASES[run.__name__] = run
    return run


def outcome(call):
    """The name of the error that `call` raises, None if it raises none."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whichever it is
        return type(error).__name__
    return None


def values(variable):
    """A Variable as nested lists, None as it is."""
    return None if variable is None else variable.array.tolist()


def array(*numbers):
    """A float64 array."""
    return np.array(numbers, "float64")


def waves(lib):
    """Sine and cosine, each the other's derivative."""

    class Sin(lib.FunctionNode):
        def forward(self, inputs):
            self.retain_inputs((0,))
            return (np.sin(inputs[0]),)

        def backward(self, indexes, gys):
            (x,) = self.get_retained_inputs()
            return (gys[0] * Cos().apply((x,))[0],)

    class Cos(lib.FunctionNode):
        def forward(self, inputs):
            self.retain_inputs((0,))
            return (np.cos(inputs[0]),)

        def backward(self, indexes, gys):
            (x,) = self.get_retained_inputs()
            return (-gys[0] * Sin().apply((x,))[0],)

    return Sin


@case
def derivatives_to_the_third(lib):
    x = lib.Variable(array(0.1, 0.2, 0.3))
    (y,) = waves(lib)().apply((x,))
    found = [values(y)]
    for _ in range(3):
        (y,) = lib.grad([lib.functions.sum(y)], [x], enable_double_backprop=True)
        found.append(values(y))
    return found


@case
def double_backprop_by_backward(lib):
    x = lib.Variable(array(0.1, 0.2, 0.3))
    (y,) = waves(lib)().apply((x,))
    lib.functions.sum(y * y).backward(enable_double_backprop=True)
    first = x.grad_var
    x.cleargrad()
    lib.functions.sum(first * first).backward()
    return [values(first), x.grad.tolist(), first.creator is not None]


@case
def retained_outputs(lib):
    class Exp(lib.FunctionNode):
        def forward(self, inputs):
            self.retain_outputs((0,))
            return (np.exp(inputs[0]),)

        def backward(self, indexes, gys):
            return (gys[0] * self.get_retained_outputs()[0],)

    x = lib.Variable(array(0.5, -1.0))
    loss = lib.functions.sum(Exp().apply((x,))[0])
    (first,) = lib.grad([loss], [x], enable_double_backprop=True)
    (second,) = lib.grad([lib.functions.sum(first)], [x])
    return [values(first), values(second)]


@case
def several_outputs_and_none(lib):
    seen = []

    class Split(lib.FunctionNode):
        def forward(self, inputs):
            a, b, _ = inputs
            return a + b, a * 2, b * 3

        def backward(self, indexes, gys):
            seen.append([list(indexes), [gy is None for gy in gys]])
            zero = array(0.0, 0.0)
            g = [zero if gy is None else gy for gy in gys]
            return g[0] + g[1] * 2, None, None

    a, b = lib.Variable(array(1.0, 2.0)), lib.Variable(array(3.0, 4.0))
    constant = array(5.0, 6.0)
    one, two, _ = Split().apply((a, b, constant))
    lib.functions.sum(one + two).backward()
    first = [None if v.grad is None else v.grad.tolist() for v in (a, b)]
    a.cleargrad()
    _, two, _ = Split().apply((a, b, constant))
    lib.functions.sum(two).backward()
    return [first, a.grad.tolist(), seen, [o.requires_grad for o in (one, two)], one.rank]


@case
def dead_inputs(lib):
    x = lib.Variable(array(2.0, 3.0))
    sin = waves(lib)
    y = sin().apply((sin().apply((x,))[0],))[0]
    lib.functions.sum(y).backward()
    return x.grad.tolist()


@case
def old_style(lib):
    class Product(lib.Function):
        def forward(self, inputs):
            self.retain_outputs((0,))
            return (inputs[0] * inputs[1],)

        def backward(self, inputs, gys):
            self.seen = [a.tolist() for a in self.output_data]
            return inputs[1] * gys[0], inputs[0] * gys[0]

    a, b = lib.Variable(array(1.0, 2.0)), lib.Variable(array(3.0, 4.0))
    function = Product()
    y = function(a, b)
    lib.functions.sum(y * 2).backward()
    links = [y.creator is function, y.creator_node is function.node, function.rank]
    return [a.grad.tolist(), b.grad.tolist(), function.seen, links, function.label]


@case
def old_style_retains_what_it_says(lib):
    seen = []

    class Second(lib.Function):
        def forward(self, inputs):
            self.retain_inputs((1,))
            return (inputs[0] * inputs[1],)

        def backward(self, inputs, gys):
            seen.append([x is None for x in inputs])
            return inputs[1] * gys[0], None

    a, b = lib.Variable(array(1.0, 2.0)), lib.Variable(array(3.0, 4.0))
    lib.functions.sum(Second()(a, b)).backward()
    return [a.grad.tolist(), b.grad is None, seen]


@case
def old_style_mistakes(lib):
    def returning(gradient):
        class Wrong(lib.Function):
            def forward(self, inputs):
                return (inputs[0] * 1,)

            def backward(self, inputs, gys):
                return (gradient,)

        return lambda: lib.functions.sum(Wrong()(lib.Variable(array(1.0, 2.0)))).backward()

    def twice():
        class Square(lib.Function):
            def forward(self, inputs):
                return (inputs[0] ** 2,)

            def backward(self, inputs, gys):
                return (2 * inputs[0] * gys[0],)

        x = lib.Variable(array(1.0, 2.0))
        loss = lib.functions.sum(Square()(x))
        (first,) = lib.grad([loss], [x], enable_double_backprop=True)
        lib.grad([lib.functions.sum(first)], [x])

    return [
        outcome(returning(array(1.0).astype("f"))),
        outcome(returning(array(1.0, 2.0).astype("f"))),
        outcome(returning(array(1.0))),
        outcome(returning(1.0)),
        outcome(twice),
    ]


@case
def mistakes(lib):
    def forward(result):
        class Wrong(lib.FunctionNode):
            def forward(self, inputs):
                return result

        return lambda: Wrong().apply((array(1.0),))

    class TooMany(lib.FunctionNode):
        def forward(self, inputs):
            return (inputs[0] + inputs[1],)

        def backward(self, indexes, gys):
            return gys * 3

    x = lib.Variable(array(1.0, 2.0))
    return [
        outcome(forward(array(1.0))),
        outcome(forward([array(1.0)])),
        outcome(forward((1.0,))),
        outcome(lambda: TooMany()(x, x)),
        outcome(lambda: lib.functions.sum(TooMany().apply((x, x))[0]).backward()),
        outcome(lambda: lib.grad(x, [x])),
        outcome(lambda: lib.grad([x], x)),
        outcome(lambda: lib.grad([x], [x], [x, x])),
        outcome(lambda: lib.grad([x], [x], grad_inputs=[x, x])),
    ]


@case
def expectations(lib):
    def check(expectation):
        class Checked(lib.FunctionNode):
            def check_type_forward(self, in_types):
                expectation(in_types, lib.type_check.expect)

            def forward(self, inputs):
                return (inputs[0],)

        try:
            Checked().apply((np.ones((2, 3), "f"), np.ones(3, "i")))
        except lib.type_check.InvalidType as error:
            return str(error)
        return None

    prod = lib.type_check.prod
    return [
        check(lambda t, expect: expect(t.size() == 2)),
        check(lambda t, expect: expect(t.size() == 1)),
        check(lambda t, expect: expect(t[0].dtype.kind == "f", t[1].dtype.kind == "f")),
        check(lambda t, expect: expect(t[0].shape[1] == t[1].shape[0] + 1)),
        check(lambda t, expect: expect((t[0].shape[1] + 1) * 2 == 2 - t[1].ndim)),
        check(lambda t, expect: expect(prod(t[0].shape) == 5)),
        check(lambda t, expect: expect(t[0].shape[:1] == (3,))),
        check(lambda t, expect: expect(t[0].ndim > 2)),
        check(lambda t, expect: expect(t[1].ndim != 1)),
        check(lambda t, expect: expect(t[1].ndim % 2 == 0)),
        check(lambda t, expect: expect(-t[0].ndim <= -3)),
        check(lambda t, expect: expect(t[0].dtype == np.float64)),
    ]


@case
def hooks(lib):
    events = []

    class Log(lib.FunctionHook):
        name = "Log"

        def added(self, function):
            events.append(["added", function is None])

        def deleted(self, function):
            events.append(["deleted", function is None])

        def forward_preprocess(self, function, in_data):
            events.append(["forward", function.label, [a.tolist() for a in in_data]])

        def forward_postprocess(self, function, in_data):
            events.append(["forward done", function.label])

        def backward_preprocess(self, function, in_data, out_grad):
            events.append(["backward", function.label, [a.tolist() for a in out_grad]])

        def backward_postprocess(self, function, in_data, out_grad):
            events.append(["backward done", function.label])

    class Twice(lib.Function):
        def forward(self, inputs):
            return (inputs[0] * 2,)

        def backward(self, inputs, gys):
            return (gys[0] * 2,)

    class Thrice(Twice):
        pass

    x = lib.Variable(array(1.0, 2.0))
    with Log() as hook:
        errors = [outcome(hook.__enter__)]
        y = Thrice()(Twice()(x))
        y.grad = array(1.0, 1.0)
        y.backward()
    y.grad = array(1.0, 1.0)
    y.backward()
    one = Twice()
    one.add_hook(Log())
    errors.append(outcome(lambda: one.add_hook(Log())))
    errors.append(outcome(lambda: one.add_hook(print)))
    z = Thrice()(one(x))
    z.grad = array(1.0, 1.0)
    z.backward()
    one.delete_hook("Log")
    errors.append(outcome(lambda: one.delete_hook("Log")))
    return [events, errors]


@case
def gradients_of_what_is_asked(lib):
    F = lib.functions
    x, w, other = (lib.Variable(array(*n)) for n in ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)))
    h = x * w
    y = F.sum(h * h)
    found = [[values(g) for g in lib.grad([y], [x, w, other, h])]]
    found.append([values(g) for g in lib.grad([y], [x], loss_scale=4)])
    found.append([values(g) for g in lib.grad([h], [x, h], [lib.Variable(array(10.0, 20.0))])])
    found.append([values(g) for g in lib.grad([h, y], [x], [None, None])])
    extra = lib.Variable(array(100.0, 100.0))
    found.append([values(g) for g in lib.grad([y], [x, other], grad_inputs=[extra, extra])])
    found.append([v.grad is None for v in (x, w, h, y)])
    lib.grad([y], [x], set_grad=True)
    found.append([None if v.grad is None else v.grad.tolist() for v in (x, w, h)])
    lib.grad([y], [w], retain_grad=True)
    found.append([None if v.grad is None else v.grad.tolist() for v in (w, h)])
    return found


@case
def gradient_penalty(lib):
    F = lib.functions
    x, w = lib.Variable(array(1.0, 2.0)), lib.Variable(array(0.5, -0.5))
    y = F.sum(F.tanh(x * w))
    (gx,) = lib.grad([y], [x], enable_double_backprop=True)
    penalty = F.sum(gx * gx)
    penalty.backward()
    return [values(gx), w.grad.tolist(), x.grad.tolist()]


@case
def the_graph_on_and_off(lib):
    x = lib.Variable(array(1.0, 2.0))
    sin = waves(lib)
    with lib.using_config("enable_backprop", False):
        off = sin().apply((x,))[0]
        with lib.using_config("enable_backprop", True):
            on = sin().apply((x,))[0]
    lib.functions.sum(on).backward()
    return [off.creator is None, off.requires_grad, on.creator is None, x.grad.tolist()]


@case
def unchaining(lib):
    sin = waves(lib)
    x = lib.Variable(array(1.0, 2.0))
    a = sin().apply((x,))[0]
    b = sin().apply((a,))[0]
    loss = lib.functions.sum(b)
    a.unchain()
    loss.backward()
    first = [x.grad is None, a.grad.tolist()]
    x = lib.Variable(array(1.0, 2.0))
    a = sin().apply((x,))[0]
    b = sin().apply((a,))[0]
    b.unchain_backward()
    lib.functions.sum(b).backward()
    return [first, x.grad is None, a.creator is None, b.creator is None, b.grad.tolist()]


@case
def several_roots(lib):
    x = lib.Variable(array(1.0, 2.0))
    y, z = x * 2, x * 3
    lib.backward([y, z], [lib.Variable(array(1.0, 1.0)), None])
    first = x.grad.tolist()
    x.cleargrad()
    y.grad, z.grad = array(1.0, 10.0), array(1.0, 1.0)
    lib.backward([y, z])
    return [first, x.grad.tolist(), y.grad is None]
