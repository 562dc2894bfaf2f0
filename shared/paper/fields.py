"""Which fields a template of an administration names, against those there are. Pure: works on parsed templates.

A sample of the data, filled in every place, says what there is: mappings by key, lists by their first entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

# What cannot be followed is not judged: it has been read from something known.
_ANYTHING: Any = object()
_ONE_OF = frozenset({"first", "last"})


def unknown(template: nodes.Template, sample: Mapping[str, Any]) -> list[str]:
    """Fields the template names and the data lacks, such as `materials.colour`, in order and once each."""
    found: dict[str, None] = {}
    _walk(template.body, dict(sample), found)
    return list(found)


def _walk(body: Iterable[nodes.Node], scope: dict[str, Any], found: dict[str, None]) -> None:
    for node in body:
        match node:
            case nodes.For():
                rows = _value(node.iter, scope, found)
                inner = scope | {"loop": _ANYTHING} | _targets(node.target, _entry(rows))
                _walk([*([node.test] if node.test else []), *node.body], inner, found)
                _walk(node.else_, scope, found)
            case nodes.Assign(target=nodes.Name(name=name), node=value):
                scope[name] = _value(value, scope, found)
            case nodes.Expr():
                _value(node, scope, found)
            case _:
                _walk(node.iter_child_nodes(), scope, found)


def _value(node: nodes.Node, scope: Mapping[str, Any], found: dict[str, None]) -> Any:
    """What an expression stands for in the sample."""
    match node:
        case nodes.Name(name=name):
            if name not in scope:
                found[name] = None
            return scope.get(name, _ANYTHING)
        case nodes.Getattr(node=base, attr=key) | nodes.Getitem(node=base, arg=nodes.Const(value=key)):
            return _part(_value(base, scope, found), key, _path(node), found)
        case nodes.Filter(node=nodes.Node() as base, name=name):
            for one in (*node.args, *(each.value for each in node.kwargs)):
                _value(one, scope, found)
            of = _value(base, scope, found)
            return _entry(of) if name in _ONE_OF else _ANYTHING
    _walk(node.iter_child_nodes(), dict(scope), found)
    return _ANYTHING


def _part(of: Any, key: Any, path: str, found: dict[str, None]) -> Any:
    if of is _ANYTHING:
        return _ANYTHING
    if isinstance(of, Mapping) and key in of:
        return of[key]
    if isinstance(of, Sequence) and not isinstance(of, str) and isinstance(key, int):
        return _entry(of)
    found[path] = None
    return _ANYTHING


def _entry(rows: Any) -> Any:
    return rows[0] if isinstance(rows, Sequence) and not isinstance(rows, str) and rows else _ANYTHING


def _targets(target: nodes.Node, entry: Any) -> dict[str, Any]:
    if isinstance(target, nodes.Name):
        return {target.name: entry}
    return {one.name: _ANYTHING for one in target.find_all(nodes.Name)}


def _path(node: nodes.Node) -> str:
    match node:
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=base, attr=key) | nodes.Getitem(node=base, arg=nodes.Const(value=key)):
            return f"{_path(base)}.{key}"
    return "…"
