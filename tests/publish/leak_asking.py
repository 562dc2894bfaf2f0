"""What the hunt for leaks asks, and everything an answer or a file says."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import httpx
import pypdf

from services.publish.app import app
from tests.publish.leak_world import Seeded
from tests.publish.world import REGION

API = "/publish/v1"
Parameters = Mapping[str, str]


def public_operations() -> list[tuple[str, dict[str, Any]]]:
    """(path, operation) of everything that is read without a login, by the API's own document."""
    paths = app.openapi()["paths"].items()
    return [(path, known["get"]) for path, known in paths if "get" in known and not known["get"].get("security")]


async def fillers(found: Seeded, portal: httpx.AsyncClient) -> dict[str, Sequence[str]]:
    """What parameters may be, from what the world knows. Values of path parameters and of required ones."""
    numbers = [
        one["number"] for one in (await portal.get(f"{API}/publications", params={"limit": 200})).json()["items"]
    ]
    (organ,) = await found.world.run("SELECT credit_code FROM qingdan.organ WHERE id = :id", id=found.world.organ)
    items = [str(item) for item in (*found.items, found.permit)]
    return {
        "list_id": [str(found.list_id), str(found.permits)], "item_id": items, "unit": [organ["credit_code"], "none"],
        "/codes/{code}": found.codes, "/items/by-code/{code}": found.codes, "/regions/{code}": [REGION],
        "/publications/{number}": numbers, "/seals/{number}": ["1"], "period_id": [str(found.period)],
        "region": [REGION],
    }  # fmt: skip


def _values(path: str, parameter: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """What a parameter is filled with: what its place asks for, one of what it lists, or what its name asks for."""
    name = parameter["name"]
    places = [values for place, values in known.items() if place.startswith("/") and f"{place}/" in f"{path}/"]
    if f"{{{name}}}" in path and places and name in ("code", "number"):
        return places[0]
    listed: Sequence[str] | None = parameter["schema"].get("enum")
    values = listed or known.get(name)
    assert values, f"nothing is known to fill {name} of {path} with: say so in `fillers`"
    return values


# What else may be asked: earlier revisions, changes between them, counts by everything.
MORE: Mapping[str, Sequence[str]] = {
    "revision": ["1"], "base": ["1"], "facets": ["true"], "count": ["exact"], "from_revision": ["1"], "limit": ["200"],
    "q": ["食品"],
}  # fmt: skip


# Each takes a process: earlier revisions are asked for of the list that has said secrets, and once in each form.
PAPERS, AGAIN = (".pdf", ".docx", ".xlsx"), ("annex.csv", "annex.html")


def requests_of(
    path: str, operation: Mapping[str, Any], known: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Parameters]]:
    """(address, query) of everything one operation is asked."""
    parameters = [one for one in operation.get("parameters", []) if one["in"] != "header"]
    needed = [one for one in parameters if one["in"] == "path" or one.get("required")]
    choices = [[(one, value) for value in _values(path, one, known)] for one in needed]
    offered = {one["name"]: MORE[one["name"]][0] for one in parameters if one["in"] == "query" and one["name"] in MORE}
    for chosen in itertools.product(*choices):
        place = path
        for one, value in chosen:
            place = place.replace(f"{{{one['name']}}}", value)
        query = {one["name"]: value for one, value in chosen if one["in"] == "query"}
        yield place, query
        if offered and not (place.endswith(AGAIN) or (place.endswith(PAPERS) and known["list_id"][0] not in place)):
            yield place, query | offered


def texts_of(content: bytes) -> Iterator[str]:
    """Everything a file says: as it stands, without its tags, and what is packed into it."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name
                yield from texts_of(packed.read(name))
        return
    if content.startswith(b"%PDF"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        yield str(reader.metadata)
        yield "".join(page.extract_text() for page in reader.pages)
        return
    said = content.decode("utf-8", "replace")
    yield said
    if "<" in said:
        yield re.sub(r"<[^>]*>", "", said)


def said_by(answer: httpx.Response) -> str:
    """Headers and body of an answer, as one text."""
    headers = "\n".join(unquote(f"{name}: {value}") for name, value in answer.headers.items())
    return "\n".join([headers, *texts_of(answer.content)])
