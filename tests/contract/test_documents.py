"""The OpenAPI documents: every operation is named in one style, says what it does, and shows an example."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from shared import migrate, settings
from shared.cli import app as command

METHODS = ("get", "put", "post", "delete", "patch")
# Its refusals have the form of RFC 6749 section 5.2, which every OAuth library reads.
TOKENS = "POST /catalog/v1/oauth/token"
SNAKE_CASE = re.compile(r"[a-z]+(_[a-z]+)*")
Json = dict[str, Any]


def document(service: str) -> Json:
    """What a service says of itself."""
    described: Json = importlib.import_module(f"services.{service}.app").app.openapi()
    return described


def operations(described: Json) -> Iterator[tuple[str, Json]]:
    """`GET /path` and its operation."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def shown(node: Any, components: Json, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a schema or a media type shows an example, itself or in what it consists of."""
    if isinstance(node, list):
        return any(shown(each, components, seen) for each in node)
    if not isinstance(node, dict):
        return False
    if any(key in node for key in ("example", "examples")):
        return True
    name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
    if name and name not in seen:
        return shown(components[name], components, seen | {name})
    inside = (node.get(key) for key in ("schema", "items", "anyOf", "oneOf", "allOf"))
    return any(shown(each, components, seen) for each in [*inside, *node.get("properties", {}).values()])


def without_example(operation: Json, components: Json) -> list[str]:
    """What of an operation shows no example: its body, its answer, its parameters."""
    parts = {f"body {kind}": media for kind, media in operation.get("requestBody", {}).get("content", {}).items()}
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            parts |= {f"answer {status} {kind}": media for kind, media in answer.get("content", {}).items()}
    if not parts:
        parts = {"parameters": operation.get("parameters", [])}
    return [name for name, part in parts.items() if not shown(part, components)]


@pytest.mark.parametrize("service", settings.SERVICES)
def test_every_operation_has_a_snake_case_name_of_its_own_and_a_summary(service: str) -> None:
    found = list(operations(document(service)))
    assert found
    badly_named = [f"{place}: {each.get('operationId')}" for place, each in found
                   if not SNAKE_CASE.fullmatch(each.get("operationId", ""))]  # fmt: skip
    assert badly_named == []
    assert [place for place, each in found if not each.get("summary", "").strip()] == []


def test_no_two_operations_of_the_product_share_a_name() -> None:
    names = [each["operationId"] for service in settings.SERVICES for _, each in operations(document(service))]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize("service", settings.SERVICES)
def test_every_operation_shows_an_example_of_what_it_takes_and_answers(service: str) -> None:
    described = document(service)
    components = described["components"]["schemas"]
    missing = {place: parts for place, each in operations(described) if (parts := without_example(each, components))}
    assert missing == {}


@pytest.mark.parametrize("service", settings.SERVICES)
def test_every_list_that_has_pages_can_be_walked_in_the_same_way(service: str) -> None:
    described = document(service)
    unlike = []
    for place, each in operations(described):
        schema = each["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        shape = described["components"]["schemas"].get(name, schema).get("properties", {})
        asked = {given["name"] for given in each.get("parameters", []) if given["in"] == "query"}
        if place.startswith("GET ") and {"items", "next"} <= shape.keys() and not {"cursor", "limit"} <= asked:
            unlike.append(place)
    assert unlike == []


@pytest.mark.parametrize("service", settings.SERVICES)
def test_every_operation_documents_its_refusals_as_problem_documents(service: str) -> None:
    for place, each in operations(document(service)):
        refusals = {status: answer for status, answer in each["responses"].items() if status[0] in "45"}
        assert refusals, place
        for status, answer in refusals.items():
            standard = {"400": ["application/json", "application/problem+json"], "401": ["application/json"]}
            wanted = standard.get(status) if place == TOKENS else None
            assert list(answer["content"]) == (wanted or ["application/problem+json"]), f"{place} {status}"


@pytest.mark.parametrize("service", settings.SERVICES)
def test_the_documents_in_the_repository_are_fresh(service: str) -> None:
    path = migrate.ROOT / "docs" / "api" / f"{service}.openapi.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    assert stored == document(service), f"{path.relative_to(migrate.ROOT)} is stale: run `make api-docs`"


def test_the_command_that_checks_the_documents_agrees() -> None:
    answer = CliRunner().invoke(command, ["api-docs", "--check"])
    assert answer.exit_code == 0, answer.output
