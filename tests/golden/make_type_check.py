"""Make type_check.json: how Chainer 7.8.1 prints and computes expressions over types.

Run under a Python that has the original Chainer:  python make_type_check.py
"""

import json
import pathlib

from chainer.utils import type_check

EXPRESSIONS = """
x + y
x - 1
(x + y) * 2
2 * (x + y)
(1 - x) * 2
x - (y - 1)
x - y - 1
2 - x
x / 2
7 // x
x % 2
x ** 2
(-x) ** 2
-x ** 2
x ** (x ** 2)
(x ** x) ** 2
-x
+x
~x
-(x + y)
x & y
x | y
x ^ y
x << y
y >> 1
6 & x
x & y | 1
x.real
s[0]
s[1:]
s[::2]
s[:-1]
s[x - 1]
s.count(1)
s.index(x - 1)
type_check.Constant(3) + x
type_check.prod(s)
type_check.make_variable(5, 'z') * x
x == y
x != y
x < y
x <= y
x > y
x >= y - 1
(x < y) == 1
x + 1 == y * 2
type_check.UnaryOperator(6, x + y, 'abs ', abs)
type_check.BinaryOperator(5, x, y, 'plus', lambda a, b: a + b)
type_check.BinaryOperator(7, x, x, 'up', lambda a, b: a ** b, True)
type_check.BoolBinaryOperator(x, y, 'near', 'far from', lambda a, b: abs(a - b) < 1)
type_check.GetAttr(x, 'real')
type_check.GetItem(s, 2)
type_check.Call(type_check.GetAttr(s, 'count'), (x,))
""".strip().splitlines()
NAMES = {
    "type_check": type_check,
    "x": type_check.Variable(3, "x"),
    "y": type_check.Variable(4, "y"),
    "s": type_check.Variable((1, 2, 3), "s"),
}


def said(expression):
    """Return the error of an expectation that does not hold, None for what is no expectation."""
    if not isinstance(expression, type_check.Testable):
        return None
    try:
        type_check.expect(expression)
    except type_check.InvalidType as error:
        return [str(error.expect), str(error.actual)]
    return "holds"


def main():
    found = {}
    for text in EXPRESSIONS:
        made = eval(text, NAMES)
        found[text] = [type(made).__name__, str(made), repr(made.eval()), said(made)]
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    pathlib.Path(__file__).with_name("type_check.json").write_text(text)


if __name__ == "__main__":
    main()
