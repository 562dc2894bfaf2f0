"""Use cases of guides: the guide of a published entry, of several at once, and the entries that handle a matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.documents import repository
from services.publish.documents.guides import paper, rules
from services.publish.documents.printed import Document
from services.publish.documents.templates import service as templates
from services.publish.documents.wording import Wording
from shared import problems
from shared.paper.printing import Template
from shared.statement import Row


async def of_item(connection: AsyncConnection, item_id: UUID, form: str) -> Document:
    """The guide of a published entry; a constant number of queries.

    Raises
    ------
    problems.NotFound
        Not published: there is nothing to be known about it.
    problems.Gone, problems.Conflict
        See `rules.check_guided`.
    """
    row = await published(connection, item_id)
    wording = (await wordings(connection, [row]))[row.kind]
    rules.check_guided(row.state, wording)
    template = await templates.holding(connection, row.chain, document="guide", form=form)
    return document(row, wording, template)


async def published(connection: AsyncConnection, item_id: UUID) -> Row:
    """An entry as it is shown now. Raises NotFound."""
    found = await repository.sources(connection, [item_id])
    if not found:
        raise problems.NotFound("没有公布过该事项，请检查事项标识。", code="item_not_published")
    return found[0]


async def wordings(connection: AsyncConnection, rows: Sequence[Row]) -> dict[str, Wording]:
    """How the elements of the kinds of these entries are called, by kind; one query."""
    regions = sorted({code for row in rows for code in row.chain})
    kinds = sorted({row.kind for row in rows})
    found: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in kinds}
    for profile in await repository.wording(connection, kinds, regions):
        found[profile.kind] += profile.elements
    return {kind: Wording(elements) for kind, elements in found.items()}


def document(row: Row, wording: Wording, template: Template | None) -> Document:
    """The guide of an entry that was read."""
    body = orjson.loads(row.body)
    specification = orjson.loads(row.permit_body) if row.permit_body else None
    data = rules.guide_data(body, specification, wording, proof(row, body))
    return Document(paper=paper.paper(data), data=data, template=template)


def proof(row: Row, body: Mapping[str, Any]) -> dict[str, Any]:
    """Where a document comes from: list, revision, hashes."""
    return {
        "item_id": str(row.item_id), "list_id": str(row.list_id), "list_title": body["list_title"],
        "revision": str(row.revision), "list_hash": row.list_hash.hex(), "hash": row.hash.hex(),
        "permit_id": str(row.permit_id) if row.permit_id else "",
        "permit_hash": row.permit_hash.hex() if row.permit_hash else "",
    }  # fmt: skip


async def of_matter(connection: AsyncConnection, item_id: UUID, *, after: UUID | None, limit: int) -> list[Row]:
    """Published implementation entries of an entry's matter, here and below (ZL-20). Raises NotFound."""
    await published(connection, item_id)
    return await repository.of_matter(connection, item_id, after=after, limit=limit)
