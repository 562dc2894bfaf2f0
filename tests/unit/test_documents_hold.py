"""What the documentation names is there: routes, pages, programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import orjson
import pytest

from shared.system import ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/verifiers/*.md"), *ROOT.glob("clients/python/*.md")]
)
METHODS = "GET|POST|PUT|PATCH|DELETE"
ROUTE = re.compile(rf"(?:({METHODS}) )?(/(?:catalog|workflow|publish)/v1/[^\s`,\"')…]+)")
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(?:#[^)]*)?\)")
# What is no operation of the documents: pages to read, the documents themselves, and what stands for several routes.
NO_ROUTE = re.compile(r"/v1/(docs|openapi\.json|asyncapi\.json|compat)$")


@cache
def routes() -> list[tuple[str, re.Pattern[str]]]:
    """Method and shape of every operation."""
    found = []
    for file in sorted(ROOT.glob("docs/api/*.openapi.json")):
        for path, operations in orjson.loads(file.read_bytes())["paths"].items():
            shape = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
            found += [(method.upper(), shape) for method in operations]
    return found


def named(page: Path) -> Iterator[tuple[str | None, str]]:
    for method, route in ROUTE.findall(page.read_text()):
        path = route.partition("?")[0].rstrip("/.;:*")
        if not NO_ROUTE.search(path):
            yield method or None, re.sub(r"\$\w+|\{[^}]*\}", "x", path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_routes_and_pages_that_are_named_exist(page: Path) -> None:
    unknown = [
        f"{method or ''} {path}"
        for method, path in named(page)
        if not any(method in (None, known) and shape.fullmatch(path) for known, shape in routes())
    ]
    lost = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert (unknown, lost) == ([], [])


def test_programs_of_the_integration_guide_are_programs() -> None:
    programs = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "integration.md").read_text(), re.DOTALL)
    assert len(programs) == 5
    for program in programs:
        ast.parse(program)
