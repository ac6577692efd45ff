"""Which names of the payment SDK does production code use?"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from probekit import WORKSPACE, is_test

SDK = "paynimbus"
MODULES = frozenset({SDK, f"vendor.{SDK}"})
LOADERS = frozenset({"import_module", "__import__"})


@dataclass(frozen=True)
class Use:
    """A name of the SDK, and the line that takes it."""

    name: str
    place: str

    def __str__(self) -> str:
        return f"{self.name} ({self.place})"


def production_modules() -> Iterator[tuple[str, ast.Module]]:
    """Parse the modules of the shop; what is not Python is passed over."""
    for path in sorted(WORKSPACE.rglob("*.py")):
        relative = path.relative_to(WORKSPACE)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or relative.parts[0] == "vendor" or is_test(relative.as_posix()):
            continue
        tree = _parsed(path)
        if tree is not None:
            yield relative.as_posix(), tree


def sdk_uses() -> list[Use]:
    return [
        Use(name, f"{path}:{line}")
        for path, tree in production_modules()
        for name, line in sorted(_names(tree), key=lambda found: found[1])
    ]


def _parsed(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _names(tree: ast.Module) -> set[tuple[str, int]]:
    aliases = _aliases(tree)
    found: set[tuple[str, int]] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0) if module in MODULES:
                found |= {(name.name, node.lineno) for name in names if name.name != "*"}
            case ast.Attribute(value=value, attr=name) if _denotes(value, aliases):
                found.add((name, node.lineno))
            case ast.Call(
                func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(name)), *_]
            ) if _denotes(value, aliases):
                found.add((name, node.lineno))
    return found


def _aliases(tree: ast.Module) -> set[str]:
    """Expressions that stand for the SDK's module: imports, and what they are assigned to."""
    aliases = {name for node in ast.walk(tree) for name in _imported(node)}
    known = -1
    while known < len(aliases):
        known = len(aliases)
        aliases |= {
            ast.unparse(target)
            for node in ast.walk(tree)
            for target, value in _bindings(node)
            if _denotes(value, aliases)
        }
    return aliases


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.asname or name.name for name in names if name.name in MODULES)
        case ast.ImportFrom(module="vendor", names=names, level=0):
            yield from (name.asname or name.name for name in names if name.name == SDK)


def _bindings(node: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.arguments():
            places = [*node.posonlyargs, *node.args]
            first = len(places) - len(node.defaults)
            for place, default in zip(places[first:], node.defaults, strict=True):
                yield ast.Name(place.arg), default
            for place, other in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                if other is not None:
                    yield ast.Name(place.arg), other


def _denotes(value: ast.expr, aliases: set[str]) -> bool:
    match value:
        case ast.Name() | ast.Attribute():
            return ast.unparse(value) in aliases
        case ast.BoolOp(values=values):
            return any(_denotes(part, aliases) for part in values)
        case ast.IfExp(body=body, orelse=other):
            return _denotes(body, aliases) or _denotes(other, aliases)
        case ast.NamedExpr(value=inner):
            return _denotes(inner, aliases)
        case ast.Call(func=ast.Name(id=loader) | ast.Attribute(attr=loader), args=[first, *_]):
            named = isinstance(first, ast.Constant) and first.value in MODULES
            return named and loader in LOADERS
    return False
