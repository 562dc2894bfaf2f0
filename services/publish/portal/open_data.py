"""Open data: one revision of a list as JSON Lines, streamed; the first line says what the file is."""

from __future__ import annotations

import re
from uuid import UUID

import orjson
from starlette.types import Scope, Send

from services.publish.portal import parameters, repository
from services.publish.portal.answers import REVALIDATE
from services.publish.portal.reads import Reads
from shared import problems
from shared.clock import ZONE

ALGORITHM = "sha256-256-buckets"
MOST_REVISION = 2**31 - 1


async def open_data(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """Stream a list: a manifest line, then every entry exactly as its hash was taken, in the order of item ids."""
    list_id = parameters.item_id(argument, "list_id")
    given = parameters.query(scope["query_string"])
    wanted = parameters.number(given, "revision", default=0, least=1, most=MOST_REVISION) or None
    row = await repository.revision(reads, list_id, wanted, parameters.words(given, "edition"))
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row["revision"] is None:
        raise problems.NotFound("该清单没有所指的修订或版本。", code="revision_not_found")
    manifest = {
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
    name = re.sub(r"[^0-9A-Za-z_-]", "-", f"{row['kind']}-{row['region_code']}-r{row['revision']}")
    headers = [
        (b"content-type", b"application/jsonl"),
        REVALIDATE,
        (b"content-disposition", f'attachment; filename="{name}.jsonl"'.encode()),
        (b"qingdan-revision", b"%d" % row["revision"]),
        (b"qingdan-list-hash", manifest["hash"].encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["method"] != "HEAD":
        await send({"type": "http.response.body", "body": orjson.dumps(manifest) + b"\n", "more_body": True})
        await _stream(send, reads, list_id, row["revision"])
    await send({"type": "http.response.body", "body": b""})


async def _stream(send: Send, reads: Reads, list_id: UUID, revision: int) -> None:
    after = repository.FIRST
    while rows := await repository.lines(reads, list_id, revision, after):
        chunk = b"\n".join(row["body"] for row in rows) + b"\n"
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        after = rows[-1]["item_id"]
