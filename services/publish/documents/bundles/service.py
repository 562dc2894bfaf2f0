"""Use cases of bundles: the documents of a part, and the archive of those whose content is public still."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.publish.documents import repository as documents
from services.publish.documents.bundles import repository, rules
from services.publish.documents.bundles.rules import Wish
from services.publish.documents.guides import service as guides
from services.publish.documents.manuals import repository as manual_rows
from services.publish.documents.manuals import rules as manual_rules
from services.publish.documents.manuals import service as manuals
from services.publish.documents.printed import Document, order_of
from services.publish.documents.slots import service as slots
from services.publish.documents.templates import service as templates
from shared import telemetry
from shared.identity.principal import Principal
from shared.paper import printing, web
from shared.paper.printing import Template
from shared.paper.refused import Refused

log = telemetry.get_logger(__name__)
MANIFEST = "manifest.json"
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def place_of(wish: Wish) -> dict[str, Any]:
    """Where the entries of a bundle are."""
    kind = rules.LIST_KINDS.get(wish.what)
    return {"list": wish.list_id, "kind": kind, "region": wish.region, "organ": wish.organ}


async def require_starter(connection: AsyncConnection, who: Principal, wish: Wish) -> None:
    """Only posts that keep or publish lists there start a bundle. Raises Forbidden."""
    rules.require_starter(who, await repository.chain(connection, place_of(wish)), wish.organ)


async def require_fetcher(connection: AsyncConnection, who: Principal, wish: Wish, *, started_by: str) -> None:
    """Whoever started a bundle fetches it, as does whoever might have. Raises Forbidden."""
    if started_by != who.actor:
        await require_starter(connection, who, wish)


async def documents_of(connection: AsyncConnection, wish: Wish, ids: Sequence[UUID]) -> dict[UUID, Document]:
    """The documents of entries as they are published now; a constant number of queries and one a template.

    Entries that have none, or are not public any more, are not among them.
    """
    rows = await documents.sources(connection, ids)
    wordings = await guides.wordings(connection, rows)
    chosen: dict[str, Template | None] = {}
    for row in rows:
        if row.region_code not in chosen:  # as many as the bundle has regions: one
            chosen[row.region_code] = await templates.holding(
                connection, row.chain, document=wish.what, form=wish.format)  # fmt: skip
    if wish.what == "manual":
        about = await manual_rows.about(connection, ids, [manual_rules.DUTIES, manual_rules.SUPERVISION])
        by_permit = {row.item_id: [one for one in about if one.permit_id == row.item_id] for row in rows}
        return {
            row.item_id: manuals.document(row, by_permit[row.item_id], wordings[row.kind], chosen[row.region_code])
            for row in rows if row.kind == manual_rules.PERMIT
        }  # fmt: skip
    guided = [row for row in rows if wordings[row.kind].element("process_steps") is not None]
    make = guides.document if wish.what == "guide" else slots.document
    made = {row.item_id: make(row, wordings[row.kind], chosen[row.region_code]) for row in guided}
    return {item_id: one for item_id, one in made.items() if one is not None}


async def files(found: dict[UUID, Document], form: str) -> tuple[list[dict[str, Any]], bytes]:
    """Entries and bytes of a part. Where a template fails, the whole part is printed in the shipped form."""
    try:
        contents = await _printed(list(found.values()), form)
    except Refused as refused:
        log.warning("template failed for a part", code=refused.code, documents=len(found))
        bare = [Document(paper=one.paper, data=one.data) for one in found.values()]
        contents = await _printed(bare, form)
    entries = [
        {
            "name": rules.file_name(one.paper.title, item_id, form), "item_id": str(item_id),
            "hash": one.data["hash"], "permit_id": one.data["permit_id"], "permit_hash": one.data["permit_hash"],
            "related": [{"item_id": str(other), "hash": hash_} for other, hash_ in one.related],
            "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        }
        for (item_id, one), content in zip(found.items(), contents, strict=True)
    ]  # fmt: skip
    return entries, b"".join(contents)


async def _printed(wanted: Sequence[Document], form: str) -> list[bytes]:
    if form == "html":
        return [web.page(one.paper) for one in wanted]
    if form == "json":
        return [orjson.dumps(one.data) for one in wanted]
    if not wanted:
        return []
    # All of a part have one template: one press, started once, gone with the part.
    async with printing.press(wanted[0].template) as printer:
        return [await printer.printed(order_of(one, form)) for one in wanted]


async def archive(engine: AsyncEngine, operation: UUID, parts: Sequence[Any]) -> AsyncIterator[bytes]:
    """The ZIP, part by part, with the SHA-256 of every file in its manifest (last entry).

    What was withdrawn from the public since it was made is left out, and named as left out by its id alone.
    """
    sink = _Sink()
    manifest: list[dict[str, Any]] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as target:
        for one in parts:
            async with engine.connect() as connection:
                content = await repository.part(connection, operation, one.number) or b""
            begin = 0
            for entry in one.entries or []:
                end = begin + entry["size"]
                if entry["shown"]:
                    target.writestr(zipfile.ZipInfo(entry["name"], _NO_TIME), content[begin:end])
                manifest.append(_told(entry))
                begin = end
            yield sink.taken()
        target.writestr(zipfile.ZipInfo(MANIFEST, _NO_TIME), orjson.dumps({"files": manifest}))
    yield sink.taken()


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    if not entry["shown"]:
        return {"item_id": entry["item_id"], "withdrawn": True}
    return {key: entry[key] for key in ("name", "item_id", "hash", "permit_hash", "size", "sha256")}


class _Sink(io.RawIOBase):
    """Takes what the archive writes, and gives it away part by part; it cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, block: Any) -> int:
        """Take a block."""
        self._blocks.append(bytes(block))
        return len(block)

    def taken(self) -> bytes:
        """What has come in since the last time."""
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)
