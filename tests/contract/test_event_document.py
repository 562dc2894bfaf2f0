"""The AsyncAPI document of the events: valid by the official schema, complete, and its examples are what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for
from standardwebhooks import Webhook, WebhookVerificationError

from services.publish.backbone import rules
from services.publish.backbone.rules import Known, Start
from services.publish.events.document import asyncapi
from services.publish.subscriptions import registry
from services.publish.subscriptions.rules import HEADERS
from shared import migrate
from shared.webhook import signature
from shared.webhook.signature import Scheme, SigningKey
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


@pytest.mark.parametrize("name", list(MESSAGES))
def test_the_examples_are_what_the_schemas_say(name: str) -> None:
    (shown,) = MESSAGES[name]["examples"]
    assert problems_of(MESSAGES[name]["payload"], shown["payload"]) == []
    if "headers" in shown:
        headers = MESSAGES[name].get("headers") or DOCUMENT["components"]["messageTraits"]["signed"]["headers"]
        assert problems_of(headers, shown["headers"]) == []


def test_the_document_keeps_the_rules_of_the_house() -> None:
    operations, components = DOCUMENT["operations"], DOCUMENT["components"]
    for name, message in MESSAGES.items():
        assert message["summary"], f"{name} has no summary"
        assert message["examples"], f"{name} has no example"
        assert re.search(r"[\u4e00-\u9fff]", message["title"]), f"{name} has no Chinese title"
    for name, operation in operations.items():
        assert operation["summary"], f"{name} has no summary"
        http = operation["bindings"].get("http")
        assert http["method"] if http else operation["bindings"]["nats"], f"{name} says no method"
    for kind, described in (("messages", "name"), ("operations", "summary")):
        told = [each[described] for each in (MESSAGES if kind == "messages" else operations).values()]
        assert len(told) == len(set(told)), f"{kind} that say the same"
    used = set(references(DOCUMENT))
    # A trait and a schema are used by reference; that of a data type by the message of its event.
    unused = {f"#/components/{kind}/{name}" for kind, each in components.items() for name in each} - used
    assert unused == set()
    asked = [one for operation in operations.values() for one in operation.get("security", ())]
    secured = {one["$ref"].rpartition("/")[2] for one in asked}
    assert secured == {"client", "signature"}
    assert resolved(operations["deliver_event"]["reply"]["channel"]["$ref"])["messages"]


def test_a_signature_of_every_scheme_is_as_documented_and_another_is_not() -> None:
    headers = DOCUMENT["components"]["messageTraits"]["signed"]["headers"]
    at = datetime.now(UTC)
    keys = [SigningKey(bytes(32), scheme) for scheme in Scheme]
    for used in (keys, keys[1:], keys[2:]):
        sent = {name.decode(): value.decode() for name, value in signature.headers("id", at, b"{}", used)}
        assert problems_of(headers, sent) == []
        assert problems_of(headers, sent | {"webhook-signature": sent["webhook-signature"].replace("v1", "v2")})
        assert problems_of(headers, {"webhook-id": "id", "webhook-signature": sent["webhook-signature"]})


def test_an_independent_library_reads_a_batch_of_every_type_as_the_feed_sends_it() -> None:
    payload = MESSAGES["subscription_page"]["examples"][0]["payload"]
    assert {one["type"] for one in payload} == {one.type for one in registry.TYPES}
    # The batch is an array of events in structured mode (CloudEvents JSON format, 4); the library reads one at a time.
    events = [JSONFormat().read(None, json.dumps(each)) for each in payload]
    assert [event.get_id() for event in events] == [one["id"] for one in payload]
    assert [event.get_attributes().get("sequence") for event in events] == [one.get("sequence") for one in payload]


@pytest.mark.parametrize("name", NAMES)
def test_independent_libraries_take_every_type_of_event_as_a_signed_request(name: str) -> None:
    payload = MESSAGES[name]["examples"][0]["payload"]
    body, key = json.dumps(payload).encode(), bytes(range(32))
    sent = signature.headers(payload["id"], datetime.now(UTC), body, [SigningKey(key)])
    headers = {header.decode(): value.decode() for header, value in (*HEADERS, *sent)}
    assert Webhook(signature.secret_of(key)).verify(body, headers) == payload
    event = from_structured_event(HTTPMessage(headers=headers, body=body))
    assert (event.get_id(), event.get_type()) == (headers["webhook-id"], payload["type"])
    with pytest.raises(WebhookVerificationError):
        Webhook(signature.secret_of(key)).verify(body + b" ", headers)


@pytest.mark.parametrize("name", NAMES)
def test_an_independent_library_reads_the_examples_as_cloud_events(name: str) -> None:
    payload = MESSAGES[name]["examples"][0]["payload"]
    event = JSONFormat().read(None, json.dumps(payload))
    assert (event.get_type(), event.get_specversion()) == (payload["type"], "1.0")


def test_what_the_backbone_writes_is_on_a_subject_with_headers_and_a_body_as_documented() -> None:
    known = Known(position=7, epoch=UUID(int=1), begun_epoch=UUID(int=1), log_epoch=UUID(int=2))
    body = MESSAGES["item.updated"]["examples"][0]["payload"]["data"]["item"]
    row = {
        "sequence": 42, "id": UUID(int=9), "type": "item.updated", "list_kind": "permit", "list_id": UUID(int=3),
        "item_id": UUID(int=4), "region_code": "440100000000", "revision": 2, "changed": ["name"],
        "adjustment_id": None, "cause_id": UUID(int=8), "effective_at": datetime(2026, 1, 5, tzinfo=UTC),
        "recorded_at": datetime(2026, 1, 5, tzinfo=UTC), "body": json.dumps(body).encode(), "list_hash": None,
        "replaces": None,
    }  # fmt: skip
    told = {
        "streamed": [rules.message(row, prefix="qingdan", known=known, largest=size) for size in (1_000_000, 4_097)],
        "stream_resync": [rules.resync("qingdan", Start(5, UUID(int=2), UUID(int=1)), known, datetime.now(UTC))],
    }
    for (name, messages), channel in zip(told.items(), ("stream", "stream_control"), strict=True):
        described = DOCUMENT["channels"][channel]
        assert list(described["messages"]) == [name]
        address = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[0-9A-Za-z_-]+)", re.escape(described["address"]))
        for one in messages:
            found = re.fullmatch(address, one.subject)
            assert found, one.subject
            assert set(found.groupdict()) == set(described["parameters"])
            assert problems_of(MESSAGES[name]["headers"], dict(one.headers)) == []
            assert problems_of(MESSAGES[name]["payload"], json.loads(one.body)) == []
            assert problems_of(MESSAGES[name]["headers"], {"Nats-Msg-Id": "x"})
    assert "dataref" in json.loads(told["streamed"][1].body), "too large for the server"
    assert problems_of(MESSAGES["streamed"]["payload"], json.loads(told["stream_resync"][0].body))


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
