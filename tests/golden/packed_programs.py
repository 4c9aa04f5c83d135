"""What programs showed, packed into arrays, of which a file is made.

After each operation only what changed is kept: new values by name, and names that are gone.
"""

import json

import numpy as np

GONE = "gone"


def same(one, other):
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other) and one.shape == other.shape
    return type(one) is type(other) and not isinstance(one, np.ndarray) and one == other


def pack(programs, found):
    """Return arrays for `numpy.savez`: a table, and all numbers of one dtype after one another."""
    pools, tables = {}, []
    for shown in found:
        before, table = {}, []
        for state in shown:
            row = {}
            for name, value in state.items():
                if name in before and same(before[name], value):
                    continue
                row[name] = value
                if isinstance(value, np.ndarray):
                    pools.setdefault(value.dtype.name, []).append(value.ravel())
                    row[name] = {"array": [value.dtype.name, *value.shape]}
            gone = [name for name in before if name not in state]
            if gone:
                row[GONE] = gone
            table.append(row)
            before = state
        tables.append(table)
    text = json.dumps({"programs": programs, "shown": tables}, separators=(",", ":")).encode()
    pools = {name: np.concatenate(pieces) for name, pieces in pools.items()}
    return {"table": np.frombuffer(text, np.uint8), **pools}


def unpack(arrays):
    """Return the programs, and what showed after each operation of each."""
    table = json.loads(arrays["table"].tobytes())
    places = dict.fromkeys(arrays, 0)
    found = []
    for rows in table["shown"]:
        shown, state = [], {}
        for row in rows:
            state = {name: value for name, value in state.items() if name not in row.get(GONE, ())}
            for name, value in row.items():
                if isinstance(value, dict) and "array" in value:
                    dtype, *shape = value["array"]
                    first = places[dtype]
                    places[dtype] += int(np.prod(shape))
                    state[name] = arrays[dtype][first : places[dtype]].reshape(shape)
                elif name != GONE:
                    state[name] = value
            shown.append(state)
        found.append(shown)
    return table["programs"], found
