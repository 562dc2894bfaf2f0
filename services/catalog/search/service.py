"""Use case of the staff's search: every entry of every list, in any state."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from services.catalog.search import repository
from services.catalog.search.schemas import SearchHit, SearchPage
from shared.ledger.transaction import Transaction
from shared.search import asking
from shared.search.models import MATCHES, facets_of, marked, next_of, nothing_asked, place_of


async def search(
    tx: Transaction,
    query: str | None,
    filters: Sequence[asking.Filter],
    *,
    cursor: str | None,
    limit: int,
    facets: bool,
) -> SearchPage:
    """A page of entries that fit, best first; at most five statements, however many there are.

    Raises
    ------
    problems.BadRequest
        Nothing was asked for, or nothing that can be looked for.
    problems.Invalid
        The cursor is none of ours.
    """
    asked = asking.read(query) if query else None
    if asked is None and not filters:
        raise nothing_asked()
    found = await repository.TABLES.find(
        tx.connection, asked, filters, after=place_of(cursor), count=limit + 1, facets=facets
    )
    words = asked.words if asked else ()
    rank = {hit.item_id: MATCHES[hit.tier] for hit in found.hits}
    shown = await repository.shown(tx.connection, [hit.item_id for hit in found.hits[:limit]])
    items = []
    for row in shown:
        elements = orjson.loads(row.elements) | {"implementing_body": {"name": row.organ_name}}
        items.append(SearchHit(**row, match=rank[row.id], highlights=marked(elements, words)))
    counted = None
    if facets:
        organs = await repository.organ_names(tx.connection, [UUID(one) for one in found.facets["organ_id"]])
        counted = facets_of(found, organs)
    return SearchPage(
        items=items, next=next_of(found.hits, limit), entries=found.entries, complete=found.complete, facets=counted
    )
