"""What link_programs.py does with lists of links, and what it asks of links; for either library.

`links` and `layers` are a ChainList and a Sequential, `run` is the run, whose `rng` a step draws
from.
"""

import re


def twice(x):
    """Do what a layer without parameters does."""
    return x * 2


def halved(x):
    """Do what another layer without parameters does."""
    return x * 0.5


def said(result):
    """Return what a step returned, in words."""
    if isinstance(result, (list, tuple)):
        return [said(each) for each in result]
    if result is None or isinstance(result, (bool, int, str)):
        return result
    return getattr(result, "__name__", type(result).__name__)


def _swap(links, run):
    last = len(links) - 1
    links[0], links[last] = links[last], links[0]


def _set(links, index, value):
    links[index] = value


def _delete(links, index):
    del links[index]


def _place(links, run):
    return int(run.rng.randint(-len(links) - 1, len(links) + 2))


LIST_STEPS = {
    "append": lambda links, run: links.append(run.leaf()),
    "insert": lambda links, run: links.insert(_place(links, run), run.leaf()),
    "set": lambda links, run: _set(links, abs(_place(links, run)), run.leaf()),
    "delete": lambda links, run: _delete(links, _place(links, run)),
    "pop": lambda links, run: links.pop(),
    "get": lambda links, run: links[_place(links, run)],
    "slice": lambda links, run: links[1:],
    "every second": lambda links, run: links[::2],
    "extend": lambda links, run: links.extend([run.leaf(), run.leaf()]),
    "reverse": lambda links, run: links.reverse(),
    "swap": _swap,
    "iterate": lambda links, run: [type(each).__name__ for each in links],
    "remove": lambda links, run: links.remove(links[0]),
    "index": lambda links, run: links.index(links[-1]),
    "count": lambda links, run: links.count(links[0]),
    "in": lambda links, run: run.leaf() in links,
    "clear": lambda links, run: links.clear(),
    "add": lambda links, run: links.__iadd__([run.leaf()]) is links,
    "children": lambda links, run: [type(each).__name__ for each in links.children()],
}
SEQUENTIAL_STEPS = {
    "append": lambda layers, run: layers.append(run.layer()),
    "append a link": lambda layers, run: layers.append(run.leaf()),
    "append a number": lambda layers, run: layers.append(3),
    "insert": lambda layers, run: layers.insert(_place(layers, run), run.layer()),
    "insert a link": lambda layers, run: layers.insert(_place(layers, run), run.leaf()),
    "set": lambda layers, run: _set(layers, abs(_place(layers, run)), run.leaf()),
    "set a function": lambda layers, run: _set(layers, abs(_place(layers, run)), run.layer()),
    "delete": lambda layers, run: _delete(layers, _place(layers, run)),
    "pop": lambda layers, run: layers.pop(_place(layers, run)),
    "get": lambda layers, run: layers[_place(layers, run)],
    "slice": lambda layers, run: layers[1:],
    "backwards": lambda layers, run: layers[::-1],
    "extend": lambda layers, run: layers.extend(run.library.Sequential(run.leaf(), run.layer())),
    "extend by a list": lambda layers, run: layers.extend([run.layer()]),
    "sum": lambda layers, run: run.plant(layers + run.library.Sequential(run.layer())),
    "sum with a list": lambda layers, run: layers.__add__([run.layer()]),
    "add": lambda layers, run: layers.__iadd__(run.library.Sequential(run.layer())) is layers,
    "times": lambda layers, run: run.plant(layers * 2),
    "number times": lambda layers, run: run.plant(2 * layers),
    "flatten": lambda layers, run: run.plant(layers.flatten()),
    "remove by type": lambda layers, run: layers.remove_by_layer_type(run.pick(TYPES)),
    "count by type": lambda layers, run: layers.count_by_layer_type(run.pick(TYPES)),
    "remove": lambda layers, run: layers.remove(layers[-1]),
    "index": lambda layers, run: layers.index(layers[-1]),
    "iterate": lambda layers, run: [said(each) for each in layers],
    "in": lambda layers, run: [twice in layers, run.leaf() in layers],
    "equal": lambda layers, run: layers == run.library.Sequential(*layers),
}
TYPES = ["Linear", "twice", "relu", "Link", "none"]

QUESTIONS = {
    "params": lambda link, run: [p.name for p in link.params()],
    "initialized": lambda link, run: [p.name for p in link.params(include_uninit=False)],
    "names": lambda link, run: [path for path, _ in link.namedparams(include_uninit=False)],
    "links": lambda link, run: [said(each) for each in link.links()],
    "links below": lambda link, run: [said(each) for each in link.links(skipself=True)],
    "names below": lambda link, run: [path for path, _ in link.namedlinks(skipself=True)],
    "children": lambda link, run: [[said(each), each.name] for each in link.children()],
    "count": lambda link, run: link.count_params(),
    "specs": lambda link, run: [[name, str(value)] for name, value in link.printable_specs],
    "text": lambda link, run: re.sub("0x[0-9a-f]+", "0x", str(link)),
    "repr": lambda link, run: re.sub("0x[0-9a-f]+", "0x", repr(link)).rpartition(".")[2],
    "scope": lambda link, run: link.within_init_scope,
    "get": lambda link, run: said(link[run.name()]),
    "attribute": lambda link, run: said(getattr(link, run.name())),
    "hooks": lambda link, run: list(link.local_link_hooks),
    "equal": lambda link, run: [link == link, link == run.leaf(), bool(link)],
    "hash": lambda link, run: isinstance(hash(link), int),
    "call": lambda link, run: link(),
}
