"""Open data: one revision of a list as JSON Lines, streamed; the first line says what the file is."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import orjson
from starlette.types import Scope, Send

from services.publish.portal import parameters, repository
from services.publish.portal.answers import REVALIDATE
from services.publish.portal.reads import Reads
from services.publish.units import repository as units
from services.publish.units.rules import asked_unit, name_of, word_of
from shared import problems
from shared.clock import ZONE

Lines: TypeAlias = Callable[[UUID], Awaitable[list[asyncpg.Record]]]
"""The next bodies of a file after an item id."""

ALGORITHM = "sha256-256-buckets"
MOST_REVISION = 2**31 - 1
_KNOWN = frozenset({"revision", "edition"})


async def open_data(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """Stream a list: a manifest line, then every entry exactly as its hash was taken, in the order of item ids."""
    list_id = parameters.item_id(argument, "list_id")
    row = await _revision(scope, reads, list_id)
    await _send(scope, send, _manifest(list_id, row), partial(repository.lines, reads, list_id, row["revision"]))


async def unit_open_data(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """Stream a unit's own list as a list is streamed; its hash is that of a list of these entries alone (QX-41)."""
    list_word, _, word = argument.partition("/units/")
    list_id = parameters.item_id(list_word, "list_id")
    row = await _revision(scope, reads, list_id)
    asked = asked_unit(word)
    unit_id = await units.read_unit_of(reads, asked) if isinstance(asked, str) else asked
    part = await units.read_part(reads, list_id, row["revision"], unit_id) if unit_id is not None else None
    if unit_id is None or part is None or not part["entries"]:
        raise problems.NotFound("该清单中没有该单位实施的事项，请核对单位代码。", code="unit_not_in_list")
    manifest = _manifest(list_id, row) | {
        "unit": word_of(unit_id, part["credit_code"]),
        "unit_name": name_of(unit_id, part["name"]),
        "list_hash": row["hash"].hex(),
        "hash": part["hash"].hex(),
        "entries": part["entries"],
    }
    await _send(scope, send, manifest, partial(units.lines, reads, list_id, row["revision"], unit_id))


async def _revision(scope: Scope, reads: Reads, list_id: UUID) -> Any:
    given = parameters.query(scope["query_string"], _KNOWN)
    wanted = parameters.number(given, "revision", default=0, least=1, most=MOST_REVISION) or None
    row = await repository.revision(reads, list_id, wanted, parameters.words(given, "edition"))
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row["revision"] is None:
        raise problems.NotFound("该清单没有所指的修订或版本。", code="revision_not_found")
    return row


def _manifest(list_id: UUID, row: Any) -> dict[str, Any]:
    return {
        "list_id": str(list_id),
        "kind": row["kind"],
        "title": row["title"],
        "region_code": row["region_code"],
        "revision": row["revision"],
        "algorithm": ALGORITHM,
        "hash": row["hash"].hex(),
        "entries": row["entries"],
        "purged": row["purged"],
        "effective_at": row["effective_at"].astimezone(ZONE).isoformat(),
        "published_at": row["published_at"].astimezone(ZONE).isoformat(),
    }


async def _send(scope: Scope, send: Send, manifest: dict[str, Any], lines: Lines) -> None:
    named = [manifest["kind"], manifest["region_code"], *filter(None, [manifest.get("unit")])]
    name = re.sub(r"[^0-9A-Za-z_-]", "-", "-".join([*named, f"r{manifest['revision']}"]))
    headers = [
        (b"content-type", b"application/jsonl"),
        REVALIDATE,
        (b"content-disposition", f'attachment; filename="{name}.jsonl"'.encode()),
        (b"qingdan-revision", b"%d" % manifest["revision"]),
        (b"qingdan-list-hash", manifest.get("list_hash", manifest["hash"]).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["method"] != "HEAD":
        await send({"type": "http.response.body", "body": orjson.dumps(manifest) + b"\n", "more_body": True})
        await _stream(send, lines)
    await send({"type": "http.response.body", "body": b""})


async def _stream(send: Send, lines: Lines) -> None:
    after = repository.FIRST
    while rows := await lines(after):
        chunk = b"\n".join(row["body"] for row in rows) + b"\n"
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        after = rows[-1]["item_id"]
