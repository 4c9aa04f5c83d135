"""Write down which modules and public names Chainer 7.8.1 has; run it under the original's Python.

    python tests/golden/make_names.py > src/catenary/standin/chainer-7.8.1.txt

One line a module: `module: name name ...`, names of other modules as `name=where.it.is`.
"""

import importlib
import pkgutil
import sys
import types
import warnings

import chainer
import chainermn

FUTURE = {"absolute_import", "division", "print_function", "unicode_literals"}
# Not importable here (they want MPI), or what no program names.
LEFT_OUT = ("chainer.links.caffe.protobuf", "chainer._environment_check")
ROOTS = ("chainer", "chainermn")


def load_everything():
    for root in (chainer, chainermn):
        for found in pkgutil.walk_packages(root.__path__, root.__name__ + "."):
            try:
                importlib.import_module(found.name)
            except (ImportError, RuntimeError) as error:
                print(found.name, error.__class__.__name__, file=sys.stderr)


def is_theirs(module):
    return module is not None and module.split(".")[0] in ROOTS


def entry(module, name, value):
    """The line's word for one name, or None where the name is another library's."""
    if isinstance(value, types.ModuleType):
        path = value.__name__
        if (
            not is_theirs(path)
            or path in ROOTS
            or path.startswith("chainermn") != (module.startswith("chainermn"))
        ):
            return None
        return None if path == module + "." + name else name + "=" + path
    if isinstance(value, (type, types.FunctionType)):
        home = value.__module__
        if not is_theirs(home):
            return None
        if home == module:
            return name
        there = getattr(sys.modules[home], name, None)
        return name + "=" + home + "." + (name if there is value else value.__name__)
    return None if name in FUTURE else name


def main():
    warnings.simplefilter("ignore")
    load_everything()
    for module in sorted(name for name in sys.modules if is_theirs(name)):
        if sys.modules[module] is None or module.startswith(LEFT_OUT):
            continue
        members = sorted(vars(sys.modules[module]).items())
        words = [entry(module, k, v) for k, v in members if not k.startswith("_")]
        print(" ".join([module + ":"] + [word for word in words if word]))


if __name__ == "__main__":
    main()
