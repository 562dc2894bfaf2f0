"""Use case of the public search: what is in force and public, from the bodies everybody may read."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from services.publish.search import repository
from services.publish.search.schemas import PublishedHit, PublishedSearchPage
from shared.ledger.transaction import Transaction
from shared.search import asking
from shared.search.models import MATCHES, Facets, facets_of, marked, next_of, nothing_asked, place_of
from shared.search.repository import Found


async def search(
    tx: Transaction,
    query: str | None,
    filters: Sequence[asking.Filter],
    *,
    organ: str | None,
    cursor: str | None,
    limit: int,
    facets: bool,
) -> PublishedSearchPage:
    """A page of published entries that fit, best first; at most six statements, however many there are.

    Parameters
    ----------
    organ : credit code or name; organs of one name all count (20 at most).

    Raises
    ------
    problems.BadRequest
        Nothing was asked for, or nothing that can be looked for.
    problems.Invalid
        The cursor is none of ours.
    """
    asked = asking.read(query) if query else None
    if asked is None and not filters and organ is None:
        raise nothing_asked()
    after = place_of(cursor)
    if organ is not None:
        ids = await repository.organs_named(tx.connection, organ)
        if not ids:
            return PublishedSearchPage(items=[], entries=0, complete=True)
        filters = [*filters, ("organ", [str(one) for one in ids])]
    found = await repository.TABLES.find(tx.connection, asked, filters, after=after, count=limit + 1, facets=facets)
    words = asked.words if asked else ()
    rank = {hit.item_id: MATCHES[hit.tier] for hit in found.hits}
    items = []
    for row in await repository.shown(tx.connection, [hit.item_id for hit in found.hits[:limit]]):
        marks = marked(orjson.loads(row.body)["elements"], words)
        line = orjson.loads(row.line)
        about = {"list_title": row.list_title, "kind": row.kind, "region_code": row.region_code,
                 "revision": row.revision}  # fmt: skip
        items.append(PublishedHit(**line, **about, match=rank[row.item_id], highlights=marks))
    return PublishedSearchPage(
        items=items,
        next=next_of(found.hits, limit),
        entries=found.entries,
        complete=found.complete,
        facets=await _facets(tx, found) if facets else None,
    )


async def _facets(tx: Transaction, found: Found) -> Facets:
    """Organs by credit code where they have one: their ids are ours and mean nothing outside."""
    organs = await repository.organs(tx.connection, [UUID(one) for one in found.facets["organ_id"]])
    counted = facets_of(found, {key: organ.name for key, organ in organs.items()})
    for value in counted.organ:
        known = organs.get(value.value)
        value.value = (known.credit_code or known.name) if known else ""
    counted.organ = [value for value in counted.organ if value.value]
    return counted
