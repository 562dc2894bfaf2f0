"""The rules of the house that no linter knows, read from the syntax tree; each finding says where and what to do."""

import ast
import gc
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("services", "shared", "clients", "deploy", "benchmarks")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
EMPTY_NAMES = re.compile(r"(^|_)(manager|helper|util)s?($|_)")

SQL_AT_HOME = (
    "*/repository.py",
    "services/catalog/linkage/compiler.py",
    "services/publish/portal/hot.py",
    "shared/ledger/*.py",
    "shared/schema/*",
    "shared/database.py",
    "shared/statement.py",
    "shared/roles.py",
    "shared/http/idempotency.py",
    "shared/embedded.py",  # these three make databases and their objects, they touch no row of the domain
    "shared/installation.py",
    "shared/migrate.py",
    "migrations/*",
    "benchmarks/*",  # the limit programs are bare SQL by intent
)
# The limit programs of the benchmarks measure COPY itself.
COPY_AT_HOME = ("shared/database.py", "benchmarks/*")
STATEMENT_CALLS = {"text", "select", "insert", "update", "delete", "Statement"}
COPY_CALLS = {"copy_records_to_table", "copy_to_table", "copy_from_query", "copy_from_table"}
QUERY_CALLS = {"execute", "executemany", "scalar", "scalars", "stream", "fetch", "fetchrow", "fetchval", "fetchmany"}
STATEMENT = re.compile(
    r"""^\s*(
        SELECT\s.+\sFROM\s | SELECT\s+\w+\( | INSERT\s+INTO\s | UPDATE\s+\S+\s+SET\s | DELETE\s+FROM\s | MERGE\s+INTO\s
      | WITH\s+(RECURSIVE\s+)?\w+\s+(\([^)]*\)\s+)?AS\s | TRUNCATE\s+\w | (LISTEN|NOTIFY)\s+\w+$
      | (CREATE|ALTER|DROP)\s+(TABLE|INDEX|VIEW|SCHEMA|ROLE|DATABASE|FUNCTION|TRIGGER|TYPE|EXTENSION|UNIQUE\s+INDEX)\s
    )""",
    re.VERBOSE | re.DOTALL,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


# All nodes of a module, the module itself first: walking there is what takes the time.
Nodes = list[ast.AST]
Sources = dict[str, tuple[str, Nodes]]


def nodes_of(source: str, name: str = "<unknown>") -> Nodes:
    return list(ast.walk(ast.parse(source, name)))


@cache
def _parsed(folder: str) -> Sources:
    found = {}
    gc.disable()  # there is no garbage in a tree, and it has very many nodes to look through
    try:
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            found[path.relative_to(ROOT).as_posix()] = (source, nodes_of(source, str(path)))
    finally:
        gc.enable()
    return found


@pytest.fixture(scope="module", autouse=True)
def _trees_are_dropped() -> Iterator[None]:
    """What follows has no millions of nodes to look through for garbage."""
    yield
    _parsed.cache_clear()


def modules(*folders: str) -> Sources:
    """Path from the project folder -> source and nodes; of all that is ours except the tests, unless folders are named.

    Sizes are bounded in the product and in its tests; a migration is as long as its tables.
    """
    return {path: parsed for folder in folders or (*PRODUCT, "migrations") for path, parsed in _parsed(folder).items()}


def is_any_of(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def docstring_of(node: ast.AST) -> ast.Expr | None:
    body = getattr(node, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[0] if isinstance(body[0].value.value, str) else None
    return None


def strings(nodes: Nodes) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is not a docstring; the holes of an f-string read as `x`."""
    skipped: set[int] = {id(doc.value) for node in nodes if (doc := docstring_of(node))}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(value) for value in node.values)
            parts = [str(value.value) if isinstance(value, ast.Constant) else "x" for value in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def looks_like_sql(string: str) -> bool:
    """A statement in capitals, or all in small letters; `Select an item from the list` is a sentence."""
    return bool(STATEMENT.match(string)) or (string == string.lower() and bool(STATEMENT.match(string.upper())))


def statement_calls(nodes: Nodes) -> Iterator[tuple[int, str]]:
    """Line and name of every call that makes an SQLAlchemy statement."""
    names: dict[str, str] = {}
    packages: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            names.update({a.asname or a.name: a.name for a in node.names if a.name in STATEMENT_CALLS})
            packages.update(a.asname or a.name for a in node.names)
        elif isinstance(node, ast.Import):
            packages.update(a.asname or a.name for a in node.names if a.name.split(".")[0] == "sqlalchemy")
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in names:
                yield node.lineno, names[name]
            case ast.Call(func=ast.Attribute(value=ast.Name(id=package), attr=name)):
                if package in packages and name in STATEMENT_CALLS:
                    yield node.lineno, name


def queries_in_loops(nodes: Nodes, source: str) -> Iterator[tuple[int, str]]:
    """Line and name of every awaited query in the body of a loop or comprehension without `# bounded: why`."""
    lines = source.splitlines()
    for loop in nodes:
        body: list[ast.AST] = []
        if isinstance(loop, ast.For | ast.AsyncFor | ast.While):
            body = [*loop.body, *([loop.test] if isinstance(loop, ast.While) else [])]
        elif isinstance(loop, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            body = [loop.elt]
        elif isinstance(loop, ast.DictComp):
            body = [loop.key, loop.value]
        for node in (inner for part in body for inner in ast.walk(part)):
            match node:
                case ast.Await(value=ast.Call(func=ast.Attribute(attr=name))) if name in QUERY_CALLS:
                    spoken_for = (lines[loop.lineno - 1], *lines[node.lineno - 1 : node.end_lineno])
                    if not any(re.search(r"# bounded: \S", line) for line in spoken_for):
                        yield node.lineno, name


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    doc = docstring_of(function)
    return _span(function) - (_span(doc) if doc else 0)


def _span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def refuse(offenders: Iterable[str], rule: str) -> None:
    found = sorted(set(offenders))
    assert not found, f"{rule}\n  " + "\n  ".join(found)


def test_sql_is_written_only_where_it_lives() -> None:
    refuse(
        (
            f"{path}:{line}: {what}"
            for path, (_, nodes) in modules().items()
            if not is_any_of(path, SQL_AT_HOME)
            for line, what in [
                *((line, f"{name}()") for line, name in statement_calls(nodes)),
                *((line, repr(text[:60])) for line, text in strings(nodes) if looks_like_sql(text)),
            ]
        ),
        "SQL belongs into the repository.py of its area:",
    )


def test_copy_goes_through_the_database_module_alone() -> None:
    refuse(
        (
            f"{path}:{node.lineno}: {node.func.attr}"
            for path, (_, nodes) in modules().items()
            if not is_any_of(path, COPY_AT_HOME)
            for node in nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COPY_CALLS
        ),
        "COPY goes through shared/database.py alone:",
    )


def test_no_repository_asks_the_database_in_a_loop() -> None:
    refuse(
        (
            f"{path}:{line}: await ….{name}() in a loop"
            for path, (source, nodes) in modules().items()
            if path.endswith("/repository.py")
            for line, name in queries_in_loops(nodes, source)
        ),
        "one set-based statement, not a query in a loop; if the rounds are few, say why with `# bounded: reason`:",
    )


def test_modules_stay_short() -> None:
    refuse(
        (
            f"{path}: {len(source.splitlines())} lines"
            for path, (source, _) in modules(*PRODUCT, "tests").items()
            if len(source.splitlines()) > LONGEST_MODULE
        ),
        f"a module has at most {LONGEST_MODULE} lines; if it grows, an idea inside wants a name:",
    )


def test_functions_stay_short() -> None:
    refuse(
        (
            f"{path}:{node.lineno}: {node.name} has {length(node)} lines"
            for path, (_, nodes) in modules(*PRODUCT, "tests").items()
            for node in nodes
            if isinstance(node, Function) and length(node) > LONGEST_FUNCTION
        ),
        f"a function has at most {LONGEST_FUNCTION} lines without its docstring:",
    )


def test_every_module_says_what_it_is_for() -> None:
    refuse(
        (
            f"{path}:1"
            for path, (source, nodes) in modules().items()
            if source.strip() and not docstring_of(nodes[0]) and "migrations/versions" not in path
        ),
        "a module says in its first line what it is for:",
    )


def test_module_names_mean_something() -> None:
    paths = [*modules(), *(p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("*.py"))]
    refuse(
        (path for path in paths if any(EMPTY_NAMES.search(part.removesuffix(".py")) for part in path.split("/"))),
        "manager, helper and utils name nothing; use the field's own word:",
    )


def test_the_sql_rule_sees_statements_and_leaves_sentences_alone() -> None:
    bad = 'import sqlalchemy as sa\nfrom sqlalchemy import select as pick\npick(1)\nsa.text("x")\n{}.update(a=1)\n'
    assert list(statement_calls(nodes_of(bad))) == [(3, "select"), (4, "text")]
    assert looks_like_sql("select a from b where c = 1")
    assert looks_like_sql("\n    WITH changed AS (SELECT 1) SELECT * FROM changed")
    assert not looks_like_sql("Select an item from the list")
    assert not looks_like_sql("update the item")


def test_the_loop_rule_accepts_a_reason_and_nothing_less() -> None:
    for comment, offences in (("", 1), ("  # bounded:", 1), ("  # bounded: eight layers at most", 0)):
        source = f"async def f(c):\n    for x in range(9):{comment}\n        await c.execute(x)\n"
        assert len(list(queries_in_loops(nodes_of(source), source))) == offences
    fine = "async def f(c):\n    for row in await c.execute(1):\n        print(row)\n"
    assert not list(queries_in_loops(nodes_of(fine), fine))
