"""What a program over Variables has made, how a step is taken, and what shows after it.

For variable_programs.py. This file imports neither library; the original runs it too.
"""

import numpy as np

from tests.golden import variable_program_steps as steps_of
from tests.golden.program_records import summary, words_of
from tests.golden.variable_program_questions import no_hook, recorder

LARGEST = 51.37  # what is larger is not kept, so that errors of rounding stay small
# Where function hooks hear the same in both libraries: not within gradients of gradients.
WATCHED = {"single", "alike", "number", "several", "user", "mode", "backward", "again", "ask"}
DIFFERENTIATING = {"ask", "backward", "again", "grad", "gradient_of", "forgetful", "wrong"}


class Table:
    """One program in one library: the Variables that it has made so far, and one step."""

    def __init__(self, library):
        self.library, self.F = library, library.functions
        self.made = []  # None where a Variable was dropped
        # Whose values rounding has not touched, and what was computed with gradients: what stands
        # behind these in the graph is each library's own affair.
        self.exact, self.behind = [], []
        self.trace, self.ended = [], False
        self.once = False  # whether gradients of gradients are no longer alike
        self.users = steps_of.functions_of_users(library, self.trace)

    def step(self, kind, seed):
        """Take one step; return its outcome and the state of all Variables after it."""
        self.rng = np.random.RandomState(seed)
        np.random.seed(seed)
        del self.trace[:]
        watched = self.chance(0.15) and kind in WATCHED
        hook = recorder(self.library, self.trace) if watched else no_hook()
        try:
            with hook:
                outcome = getattr(self, kind)()
        except Exception as error:  # noqa: BLE001 - which one it is, is the result
            outcome = {"error": words_of(error)}
        trace = [list(each) for each in self.trace]
        if kind in DIFFERENTIATING:
            # In which order functions of one rank are differentiated is each library's own affair.
            trace.sort(key=str)
        record = {"did": kind, "outcome": outcome, "trace": trace}
        if isinstance(outcome, dict) and kind in DIFFERENTIATING:
            self.ended = True  # what had been done by then is each library's own affair
            return record
        for number, variable in enumerate(self.made):
            if variable is not None:
                record.update(self.state(number, variable))
        return record

    def state(self, number, v):
        # torch has gradients of floats only.
        grad = v.grad if v.dtype.kind == "f" else None
        if self.behind[number]:
            return {
                f"{number}": [type(v).__name__, v.name, v.label],
                f"{number} array": summary(v.array),
            }
        words = [type(v).__name__, v.name, v.requires_grad, v.label, grad is None]
        creator = v.creator
        words += [v.rank, v.node.label, v.node.rank, v.node.requires_grad, v.node.name]
        words.append(None if creator is None else [creator.label, creator.rank])
        inputs = () if creator is None else creator.inputs
        words.append(None if inputs is None else [[n.label, n.rank, n.name] for n in inputs])
        state = {f"{number}": words, f"{number} array": summary(v.array)}
        if grad is not None:
            state[f"{number} grad"] = summary(grad)
        return state

    # ---- what steps take and leave
    def chance(self, share):
        return bool(self.rng.uniform() < share)

    def pick(self, choices):
        return choices[self.rng.randint(len(choices))]

    def some(self, wanted=lambda place: True):
        """Return a Variable that is there, of those that are wanted."""
        there = [n for n, v in enumerate(self.made) if v is not None]
        return self.made[self.pick([n for n in there if wanted(n)] or there)]

    def floats(self, place):
        return self.made[place].dtype.kind == "f"

    def leaves(self, place):
        return not self.behind[place] and self.made[place].creator is None

    def differentiable(self, place):
        return self.floats(place) and self.made[place].requires_grad and not self.behind[place]

    def place(self, variable):
        return next(n for n, v in enumerate(self.made) if v is variable)

    def keep(self, results, sources=(), exact=False, behind=False):
        """Remember results that are not too large; say how many there were."""
        places = [self.place(v) for v in sources]
        for result in results:
            array = np.asarray(result.array)
            differentiable = array.dtype.kind == "f" or not result.requires_grad
            if array.ndim > 4 or array.size > 60 or not (within(array) and differentiable):
                continue
            self.made.append(result)
            self.exact.append(exact and all(self.exact[p] for p in places))
            self.behind.append(behind or any(self.behind[p] for p in places))
        return len(results)

    def array(self, shape, dtype):
        """Return an array of eighths, so that sums and products are exact."""
        values = self.rng.randint(-12, 13, shape)
        return np.asarray(values / (1 if np.dtype(dtype).kind in "iu" else 8)).astype(dtype)


def within(array):
    """Whether no value is too large, or none at all."""
    values = np.abs(array.astype("float64"))
    return bool((values < LARGEST).all())
