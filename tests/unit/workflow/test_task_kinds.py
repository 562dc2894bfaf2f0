"""Every kind of task that is opened anywhere has a name people read, and the API knows it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from services.workflow.messages.rules import ACTS, KINDS, LOUDER, TOLD, TOLD_OF_SUBSCRIPTIONS
from services.workflow.messages.schemas import Act
from services.workflow.tasks.schemas import TaskKind

WORKFLOW = Path(__file__).resolve().parents[3] / "services" / "workflow"
_INSERTED = re.compile(r"INSERT INTO qingdan\.task\b[^;]*?SELECT \w+\.id, '(\w+)'", re.DOTALL)


def opened() -> Iterator[tuple[str, str]]:
    """Kinds that are opened, with the module: by `open_tasks(tx, kind, ...)` or by a statement of its own."""
    for path in sorted(WORKFLOW.rglob("*.py")):
        source = path.read_text()
        for kind in _INSERTED.findall(source):
            yield kind, path.name
        tree = ast.parse(source)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _called(call) == "open_tasks" and len(call.args) >= 4:
                yield _value(call.args[1], tree, path), str(path.relative_to(WORKFLOW))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _value(given: ast.expr, tree: ast.Module, path: Path) -> str:
    """What the second argument is: a word, or a constant of this module or of one it imports from."""
    if isinstance(given, ast.Constant):
        return str(given.value)
    assert isinstance(given, ast.Name), f"{path}: the kind of a task is a word or a constant"
    for node in tree.body:
        if isinstance(node, ast.Assign) and given.id in [getattr(target, "id", None) for target in node.targets]:
            assert isinstance(node.value, ast.Constant)
            return str(node.value.value)
        if isinstance(node, ast.ImportFrom) and given.id in [alias.name for alias in node.names]:
            source = WORKFLOW.parents[1] / f"{(node.module or '').replace('.', '/')}.py"
            return _value(given, ast.parse(source.read_text()), source)
    raise AssertionError(f"{path}: {given.id} is not found")


def test_every_kind_of_task_that_is_opened_has_a_name_and_is_known_to_the_api() -> None:
    found = dict(opened())
    assert len(found) >= 12, "the walk finds them"
    assert {kind: where for kind, where in found.items() if kind not in KINDS} == {}
    assert set(KINDS) == set(get_args(TaskKind)), "what has a name is what the API speaks of"
    assert set(KINDS) - found.keys() == set(), "no name for what nobody opens"


def test_every_name_is_chinese_and_no_two_are_alike() -> None:
    assert all(re.fullmatch(r"[\u4e00-\u9fff、，]+", name) for name in (*KINDS.values(), *ACTS.values()))
    assert len(set(KINDS.values())) == len(KINDS)


def test_every_act_that_is_told_has_a_name_and_is_known_to_the_api() -> None:
    acts = {act for act, _ in TOLD.values()} | set(TOLD_OF_SUBSCRIPTIONS.values())
    assert acts == set(ACTS) == set(get_args(Act))
    assert {*LOUDER, *(act for quieter in LOUDER.values() for act in quieter)} <= acts
