"""Make function_classes.json: where Chainer 7.8.1 keeps its function classes, and what they take.

Run under a Python that has the original Chainer:  python make_function_classes.py
"""

import importlib
import inspect
import json
import pathlib
import pkgutil

import chainer
import chainer.functions


def words(cls):
    if cls.__init__ in (object.__init__, chainer.FunctionNode.__init__):
        return []
    return [
        p.name
        for p in list(inspect.signature(cls.__init__).parameters.values())[1:]
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def main():
    found = {}
    for info in pkgutil.walk_packages(chainer.functions.__path__, "chainer.functions."):
        module = importlib.import_module(info.name)
        for name, cls in vars(module).items():
            public = inspect.isclass(cls) and not name.startswith("_")
            if public and issubclass(cls, chainer.FunctionNode) and cls.__module__ == info.name:
                place = info.name.replace("chainer", "catenary", 1)
                found[f"{place}.{name}"] = words(cls)
    lines = [f"{json.dumps(key)}: {json.dumps(found[key])}" for key in sorted(found)]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    pathlib.Path(__file__).with_name("function_classes.json").write_text(text)


if __name__ == "__main__":
    main()
