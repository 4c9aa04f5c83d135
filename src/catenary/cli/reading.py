"""Read a program's syntax: which outside names it uses, where, and with which arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from catenary.cli import judging
from catenary.cli.judging import Finding

__all__ = ["findings_of"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Block = _Function | ast.ClassDef


def findings_of(text: str, file: str) -> list[Finding]:
    """Return the findings of one program, in the order of its lines, each once a line.

    Args:
        text: The program.
        file: What to call it.

    Raises:
        SyntaxError: If it cannot be parsed.
    """
    reader = _Reader(file)
    reader.visit(ast.parse(text, file))
    return sorted(dict.fromkeys(reader.found), key=lambda finding: finding.line)


class _Reader(ast.NodeVisitor):
    """Follows the names that imports bind, through aliases and scopes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []
        # One dictionary a scope: name to dotted path, or to None where it is the program's own.
        self.scopes: list[dict[str, str | None]] = [{}]
        self.guarded = 0  # inside `try: ... except ImportError` the program helps itself

    # --- what binds names ------------------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._judge(alias.name, node, imported=True)
            root = alias.name.partition(".")[0]
            self.scopes[-1][alias.asname or root] = alias.name if alias.asname else root

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            return
        self._judge(node.module, node, imported=True)
        for alias in node.names:
            if alias.name != "*":
                path = f"{node.module}.{alias.name}"
                self._judge(path, node)
                self.scopes[-1][alias.asname or alias.name] = path

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        path = self._path(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scopes[-1][target.id] = path or judging.NUMPY_LIKE.get(target.id)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def _function(self, node: _Function) -> None:
        """Names that a function binds are its own, from its first line on."""
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [one for one in (node.args.vararg, node.args.kwarg) if one is not None]
        own: dict[str, str | None] = {one.arg: None for one in arguments}
        own |= dict.fromkeys(_stored(node))
        own |= {name: path for name, path in judging.NUMPY_LIKE.items() if name in own}
        for part in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self.visit(part)
        for decorator in getattr(node, "decorator_list", ()):
            self.visit(decorator)
        self.scopes.append(own)
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(statement)
        self.scopes.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.scopes.append({})
        self.generic_visit(node)
        self.scopes.pop()

    def visit_Try(self, node: ast.Try) -> None:
        helps_itself = any(_catches_lack(handler) for handler in node.handlers)
        self.guarded += helps_itself
        for part in (*node.body, *node.handlers):
            self.visit(part)
        self.guarded -= helps_itself
        for part in (*node.orelse, *node.finalbody):
            self.visit(part)

    # --- what uses them --------------------------------------------------------------------------

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self._path(node)
        if path is None:
            self.generic_visit(node)
        elif isinstance(node.ctx, ast.Load):
            self._judge(path, node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        path = self._path(node.func)
        if path is not None:
            words = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
            self._note(judging.judge_call(path, words), node)
        elif isinstance(node.func, ast.Attribute):
            on_self = isinstance(node.func.value, ast.Name) and node.func.value.id == "self"
            self._note(judging.judge_method(node.func.attr, on_self), node)

    def _judge(self, path: str, node: ast.AST, *, imported: bool = False) -> None:
        self._note(judging.judge(path, imported=imported), node)

    def _note(self, verdict: judging.Verdict | None, node: ast.AST) -> None:
        if verdict is not None and not self.guarded:
            line = getattr(node, "lineno", 1)
            self.found.append(Finding(self.file, line, *verdict))

    def _path(self, node: ast.expr) -> str | None:
        """The dotted path that an expression names, where it begins with an imported name."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if "xp" in names:  # `self.xp`, `model.xp`
            after = names[: names.index("xp")]
            return ".".join([judging.NUMPY_LIKE["xp"], *reversed(after)])
        if not isinstance(node, ast.Name):
            return None
        for scope in reversed(self.scopes):
            if node.id in scope:
                start = scope[node.id]
                return None if start is None else ".".join([start, *reversed(names)])
        return None


def _stored(function: _Function) -> Iterator[str]:
    """The names that a function binds itself; those of functions inside it are theirs."""
    todo: list[ast.AST] = list(function.body) if isinstance(function.body, list) else []
    shared: set[str] = set()
    stored: list[str] = []
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            shared.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored.append(node.id)
        if not isinstance(node, _Block):
            todo += ast.iter_child_nodes(node)
    return (name for name in stored if name not in shared)


def _catches_lack(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {ast.unparse(one).rpartition(".")[2] for one in caught}
    lacks = {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"}
    return bool(names & lacks)
