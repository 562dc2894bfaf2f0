"""The AsyncAPI document of the events: valid by the official schema, complete, and its examples are what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for

from services.publish.events.document import asyncapi
from services.publish.subscriptions import registry
from shared import migrate
from tests.events import as_described, problems_of

OFFICIAL = Path(__file__).parent / "asyncapi" / "schema-3.0.0.json"
DOCUMENT = asyncapi()
MESSAGES = DOCUMENT["components"]["messages"]
NAMES = [one.name for one in registry.TYPES]


def references(node: Any) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def resolved(reference: str) -> Any:
    """What a reference of the document stands for."""
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_the_document_is_valid_by_the_official_schema() -> None:
    schema = json.loads(OFFICIAL.read_text(encoding="utf-8"))
    assert validator_for(schema) is Draft7Validator
    assert [
        f"{list(error.absolute_path)}: {error.message[:200]}" for error in Draft7Validator(schema).iter_errors(DOCUMENT)
    ] == []


def test_the_official_schema_would_find_a_fault() -> None:
    schema = json.loads(OFFICIAL.read_text(encoding="utf-8"))
    assert list(Draft7Validator(schema).iter_errors(DOCUMENT | {"channels": {"webhook": {"topic": "x"}}}))


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolved(reference), reference


def test_every_type_of_event_is_a_message_of_the_webhook_and_public_ones_are_in_the_feed() -> None:
    assert list(DOCUMENT["channels"]["webhook"]["messages"]) == NAMES
    page = MESSAGES["page"]["payload"]["items"]["anyOf"]
    public = [one.name for one in registry.TYPES if one.selectable]
    assert [each["$ref"].rpartition("/")[2] for each in page] == public
    assert {one.type for one in registry.TYPES} == {MESSAGES[name]["name"] for name in NAMES}
    for name in NAMES:
        assert re.search(r"[\u4e00-\u9fff]", MESSAGES[name]["title"]), f"{name} has no Chinese title"


@pytest.mark.parametrize("name", [*NAMES, "page", "subscription_page"])
def test_the_examples_are_what_the_schemas_say(name: str) -> None:
    (shown,) = MESSAGES[name]["examples"]
    assert problems_of(MESSAGES[name]["payload"], shown["payload"]) == []
    if "headers" in shown:
        headers = DOCUMENT["components"]["messageTraits"]["signed"]["headers"]
        assert problems_of(headers, shown["headers"]) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_independent_library_reads_the_examples_as_cloud_events(name: str) -> None:
    payload = MESSAGES[name]["examples"][0]["payload"]
    event = JSONFormat().read(None, json.dumps(payload))
    assert (event.get_type(), event.get_specversion()) == (payload["type"], "1.0")


def test_an_event_of_another_shape_is_found() -> None:
    good = MESSAGES["item.updated"]["examples"][0]["payload"]
    assert as_described(good) == []
    for wrong in (
        good | {"sequence": "42"},
        good | {"id": "7"},
        good | {"time": "2026-01-05T01:00:00"},
        good | {"data": {}},
        good | {"type": "cn.qingdan.item.withdrawn.v1"},
        good | {"type": "cn.qingdan.item.invented.v1"},
        {key: value for key, value in good.items() if key != "data"},
        good | {"data": good["data"] | {"secret": "x"}},
        good | {"data": good["data"] | {"item": {"id": "x"}}},
    ):
        assert as_described(wrong), wrong


def test_the_document_in_the_repository_is_fresh() -> None:
    path = migrate.ROOT / "docs" / "api" / "events.asyncapi.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    assert stored == DOCUMENT, "docs/api/events.asyncapi.json is stale: run `make api-docs`"
