"""Migrations only add: the program of the version before goes on while the next one is being started."""

import ast
from pathlib import Path

import pytest

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"
# The baseline and what came before the first version that others run.
FIRST_BINDING = "0009"
TAKES_AWAY = {"drop_column", "drop_table", "rename_table", "drop_views"}
MIGRATIONS = [path for path in sorted(VERSIONS.glob("*.py")) if path.name >= FIRST_BINDING]


def of_upgrade(path: Path) -> list[ast.Call]:
    """Calls of a migration on its way up: of `upgrade` and of the functions it calls, not of `downgrade`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name != "downgrade"]
    return [node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_an_upgrade_takes_nothing_away_that_an_older_program_reads(path: Path) -> None:
    taken = {name_of(call) for call in of_upgrade(path)} & TAKES_AWAY
    assert not taken, f"{path.name}: {sorted(taken)}; an older program still reads it: remove it in a later version"


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_column_that_is_added_to_a_table_can_be_left_out_by_an_older_program(path: Path) -> None:
    for call in of_upgrade(path):
        if name_of(call) != "add_column":
            continue
        column = next(arg for arg in call.args if isinstance(arg, ast.Call))
        given = {keyword.arg: keyword.value for keyword in column.keywords}
        optional = "nullable" not in given or getattr(given["nullable"], "value", True) is True
        assert optional or "server_default" in given, f"{path.name}: {ast.unparse(column)}"
