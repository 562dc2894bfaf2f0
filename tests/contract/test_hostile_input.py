"""Input that was made to break things, at every place of every operation: never a 5xx, always a refusal that explains.

Where schemathesis makes up whole requests, here each leaf of a sound request is replaced, one at a time, so that the
rest gets it past validation and as far in as it can go.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
import requests

from services.publish.compatibility.envelope import WELL
from shared import settings
from shared.identity.principal import ROLES
from tests.contract.asking import CODES, bearer, check_refusal, familiar
from tests.contract.test_documents import Json, document, operations
from tests.journeys.county import new_post
from tests.journeys.stage import PASSWORD, Stage

# Written into the JSON text as they stand: Python's own encoder would not send some of them.
TEXTS = ['"\\u0000"', '"\\ud800"', '"\u202e\U0001f600\\uffff"', json.dumps("长" * 30_000)]
NUMBERS = ["1e400", "9" * 40, "-9223372036854775809", "1.5"]
DEEP = "[" * 200 + "]" * 200
SHAPES = [DEEP, '{"\\u0000": 1}', "null", '[{"a": ' + "9" * 40 + "}]"]
WHOLE = [b"", b"{", b"\xff\xfe", b"null", b'"x"', b"[]", DEEP.encode(), b'{"a":' * 200 + b"1" + b"}" * 200, b"\x00"]
# In an address: NUL, half of a surrogate pair, a byte that is no UTF-8, a number without end, directions, a quote.
PLACES = ["%00", "%ED%A0%80", "%FF", "9" * 40, quote("\u202e"), "'%22--"]
MARK = "\u2402"


def by_operation() -> Iterator[Any]:
    """Service, method, path and description of every operation."""
    for service in settings.SERVICES:
        for place, operation in operations(document(service)):
            method, path = place.split(" ")
            yield pytest.param(service, method, path, operation, id=operation["operationId"])


OPERATIONS = list(by_operation())
TAKING = [one for one in OPERATIONS if "application/json" in one.values[3].get("requestBody", {}).get("content", {})]
ADDRESSED = [one for one in OPERATIONS if one.values[3].get("parameters") or "{" in one.values[2]]


def sound(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that a schema of an OpenAPI document allows, as far as its examples go."""
    for key in ("example", "const", "default"):
        if schema.get(key) is not None:
            return copy.deepcopy(schema[key])
    if schema.get("examples"):
        return copy.deepcopy(schema["examples"][0])
    if "$ref" in schema:
        return sound(components[schema["$ref"].rpartition("/")[2]], components, depth) if depth < 5 else None
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return sound(next((one for one in schema[key] if one.get("type") != "null"), {}), components, depth)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: sound(one, components, depth + 1) for name, one in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [sound(schema["items"], components, depth + 1)] if "items" in schema else []
    formats = {"uuid": "01890a5d-ac96-774b-bcce-b302099a8057", "date": "2026-01-05"}
    text = formats.get(schema.get("format", ""), "2026-01-05T09:00:00+08:00" if "format" in schema else "abc")
    return {"integer": 1, "number": 1, "boolean": True}.get(schema.get("type", ""), text)


def hostile(value: Any) -> Iterator[str]:
    """JSON texts of the value with one leaf replaced by each thing that may break somebody."""

    def places(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, each in inner:
            yield from places(each, (*path, key))
        if path:
            plain = isinstance(node, dict | list) or node is None
            yield path, SHAPES + TEXTS[:1] if plain else TEXTS if isinstance(node, str) else NUMBERS

    for path, texts in places(value, ()):
        changed = copy.deepcopy(value)
        node = changed
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = MARK
        written = json.dumps(changed, ensure_ascii=False)
        for text in texts:
            yield written.replace(f'"{MARK}"', text)


@pytest.fixture(scope="session")
def powerful(stage: Stage) -> dict[str, str]:
    """Somebody with every role: what is refused is refused for what it says."""
    roles = [(role, "000000000000", "approval" if role in ("compiler", "principal") else None) for role in ROLES]
    new_post(stage, "quanneng-01", "全能岗", roles)
    url = f"{stage.system.url('catalog')}/catalog/v1/tokens"
    answer = requests.post(url, json={"login": "quanneng-01", "password": PASSWORD}, timeout=30)
    return bearer(answer.json()["access_token"])


def filled(path: str, known: Mapping[str, list[str]]) -> str:
    """The path with what there is in place of its parameters."""
    codes = next((codes for place, codes in CODES.items() if path.startswith(place)), ["x"])
    values = {**known, "code": codes}
    return re.sub(r"\{([a-z_]+)\}", lambda found: values.get(found[1], ["1"])[0], path)


def ask(session: requests.Session, method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> None:
    kind = {} if body is None else {"Content-Type": "application/json"}
    answer = session.request(method, url, data=body, headers=headers | kind | {"If-Match": '"1"'}, timeout=30)
    assert answer.status_code < 500, f"{method} {url} {(body or b'')[:300]!r}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code >= 400:
        check_refusal(answer)


@pytest.mark.parametrize(("service", "method", "path", "operation"), TAKING)
def test_no_part_of_a_body_breaks_anything(
    stage: Stage, known: Mapping[str, list[str]], powerful: dict[str, str], session: requests.Session,
    service: str, method: str, path: str, operation: Json,
) -> None:  # fmt: skip
    components = document(service)["components"]["schemas"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    url = stage.system.url(service) + filled(path, known)
    body = familiar(sound(schema, components), known, 0)
    for whole in WHOLE:
        ask(session, method, url, powerful, whole)
    for text in hostile(body):
        ask(session, method, url, powerful, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(("service", "method", "path", "operation"), ADDRESSED)
def test_no_part_of_an_address_breaks_anything(
    stage: Stage, known: Mapping[str, list[str]], powerful: dict[str, str], session: requests.Session,
    service: str, method: str, path: str, operation: Json,
) -> None:  # fmt: skip
    base = stage.system.url(service)
    for place in PLACES:
        for name in re.findall(r"\{([a-z_]+)\}", path):
            ask(session, method, base + filled(path.replace(f"{{{name}}}", place), known), powerful)
        for given in operation.get("parameters", []):
            if given["in"] == "query" and given["name"] != "wait":
                ask(session, method, f"{base}{filled(path, known)}?{given['name']}={place}", powerful)
        if method == "POST":
            ask(session, method, f"{base}{filled(path, known)}", powerful | {"Idempotency-Key": place})


def is_refusal_in_an_envelope(answer: requests.Response) -> bool:
    """The layer for platforms refuses within an answer of 200."""
    told = answer.json()
    return "msg" in told and told["code"] != WELL


@pytest.mark.parametrize("service", settings.SERVICES)
def test_no_operation_passes_over_a_parameter_that_it_does_not_have(
    stage: Stage, known: Mapping[str, list[str]], powerful: dict[str, str], session: requests.Session, service: str
) -> None:
    taken = set()
    for of, method, path, _ in (one.values for one in OPERATIONS):
        if of == service:
            url = f"{stage.system.url(service)}{filled(path, known)}?nobody_knows_this=1"
            answer = session.request(method, url, headers=powerful, timeout=30)
            if answer.status_code < 400 and not is_refusal_in_an_envelope(answer):
                taken.add(path)
    # What stands outside the frame: a health check that fails over a word would take a service down.
    assert taken <= {"/healthz", "/readyz", "/.well-known/oauth-authorization-server"}


def test_what_is_not_in_the_documents_answers_too(stage: Stage, session: requests.Session) -> None:
    plain = ("/healthz", "/readyz", "/metrics", "/{}/v1/openapi.json", "/{}/v1/docs")
    for service in settings.SERVICES:
        for path in (*plain, *(["/publish/v1/asyncapi.json"] if service == "publish" else [])):
            url = stage.system.url(service) + path.format(service)
            assert session.get(url, timeout=30).status_code == 200, url
            refused = session.post(url, timeout=30)
            assert refused.status_code == 405, url
            check_refusal(refused)
