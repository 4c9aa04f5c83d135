"""Read what `show` writes, as a mathematician would, and compute it.

Lines are assignments in the order of reading: a name means what the last line above made of it. A
product without a sign may be read as tight as a bracket or as loose as a division; `tight` says
which.
"""

from __future__ import annotations

import math
import re

from catenary.expr.ops import OPS

TOKEN = re.compile(
    r"\s*(?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?|inf|nan)|\s*(?P<name>[^\W\d][\w.]*)"
    r"|\s*(?P<sign>[-+−/^()|‖√,<≤=≠∧∨¬])"
)
COMPARE = {"<": "lt", "≤": "le", "=": "eq", "≠": "ne"}
CALLS = {"min": "minimum", "max": "maximum", "where": "where", "sign": "sign", "exp": "exp",
         "log": "log", "tanh": "tanh", "bfloat16": "bfloat16", "float16": "float16",
         "dither": "dither"}  # fmt: skip


class Reader:
    def __init__(self, text, values, tight):
        self.tokens = [(m.lastgroup, m.group(m.lastgroup)) for m in TOKEN.finditer(text)]
        assert "".join(t for _, t in self.tokens) == re.sub(r"\s", "", text), text
        self.values, self.tight, self.at = values, tight, 0

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted=None):
        token = self.peek()
        assert wanted is None or token == wanted, (token, wanted, self.tokens)
        self.at += 1
        return token

    def whole(self):
        value = self.either()
        assert self.at == len(self.tokens), self.tokens[self.at :]
        return value

    def either(self):
        value = self.both()
        while self.peek() == "∨":
            self.take()
            other = self.both()
            value = value or other
        return value

    def both(self):
        value = self.compared()
        while self.peek() == "∧":
            self.take()
            other = self.compared()
            value = value and other
        return value

    def compared(self):
        value = self.sum()
        while self.peek() in COMPARE:
            op = COMPARE[self.take()]
            value = OPS[op].meaning(value, self.sum())
        return value

    def sum(self):
        value = self.product()
        while self.peek() in ("+", "−", "-"):
            plus = self.take() == "+"
            other = self.product()
            value = value + other if plus else value - other
        return value

    def product(self):
        if self.peek() in ("−", "-"):
            self.take()
            return -self.product()
        value = self.factors() if self.tight else self.power()
        while self.peek() == "/" or (not self.tight and self.is_factor()):
            if self.peek() == "/":
                self.take()
                value = OPS["div"].meaning(value, self.factors() if self.tight else self.power())
            else:
                value *= self.power()
        return value

    def factors(self):
        value = self.power()
        while self.is_factor():
            value *= self.power()
        return value

    def is_factor(self):
        if self.at == len(self.tokens):
            return False
        kind, token = self.tokens[self.at]
        return kind != "sign" or token in ("(", "√", "¬") or (token in "|‖" and not self.open)

    open = ""

    def power(self):
        """A power binds its exponent to the right, as on paper."""
        base = self.atom()
        if self.peek() == "^":
            self.take()
            return OPS["pow"].meaning(base, self.power())
        return base

    def atom(self):
        kind, token = self.tokens[self.at]
        self.take()
        if kind == "number":
            return float(token)
        if token == "(":
            value = self.enclosed(")")
        elif token in "|‖":
            value = self.enclosed(token)
            value = abs(value) if token == "|" else math.sqrt(value * value)
        elif token == "√":
            value = OPS["sqrt"].meaning(self.power())
        elif token == "¬":
            value = not self.atom()
        elif token in CALLS and self.peek() == "(":
            self.take()
            arguments = [self.enclosed(",)")]
            while self.tokens[self.at - 1][1] == ",":
                arguments.append(self.enclosed(",)"))
            value = OPS[CALLS[token]].meaning(*arguments)
        else:
            value = self.values[token]
        return value

    def enclosed(self, closing):
        before, self.open = self.open, closing if closing in "|‖" else ""
        value = self.either()
        assert self.peek()
        assert self.take() in closing
        self.open = before
        return value


def read(text, values, tight):
    """Carry out the assignments of `text`; return what each name is in the end."""
    known = dict(values)
    made = {}
    for line in text.splitlines():
        name, _, right = line.partition(" ← ")
        made[name] = known[name] = Reader(right, known, tight).whole()
    return made
