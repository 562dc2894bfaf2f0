"""Use cases of keeping the public search rows: what the feed tells of, what was shown before search was."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from services.publish.search import repository
from shared.ledger.transaction import Transaction
from shared.search import writing
from shared.search.terms import Facts, SearchRow, row_of
from shared.search.writing import READ
from shared.statement import Row


async def follow_feed(tx: Transaction) -> None:
    """Bring the rows to what the feed says by now: made anew where an item is shown, gone where it is not."""
    sequence = await repository.followed(tx.connection)
    while entries := await repository.feed_since(tx.connection, sequence, READ):
        items = sorted({entry.item_id for entry in entries if entry.item_id is not None})
        bodies = await repository.of_items(tx.connection, items)
        await write(tx, bodies)
        there = {body.item_id for body in bodies}
        await repository.TABLES.forget(tx.connection, [item for item in items if item not in there])
        sequence = entries[-1].sequence
    await repository.followed_to(tx.connection, sequence)


async def follow_regions(tx: Transaction, regions: Sequence[str]) -> None:
    """Make the rows of the lists of regions and of those below anew: they may stand under others now."""
    after: tuple[UUID, UUID] | None = None
    while bodies := await repository.of_regions(tx.connection, regions, after, READ):
        await write(tx, bodies)
        after = (bodies[-1].list_id, bodies[-1].item_id)


async def fill_chunk(tx: Transaction) -> bool:
    """Take in the next bodies that were shown before search was; whether there may be more."""
    place = await repository.fill_place(tx.connection)
    if place is None:
        return False
    after = (place.after_list, place.after_item) if place.after_list else None
    bodies = await repository.next_bodies(tx.connection, after, READ)
    await write(tx, bodies)
    done = len(bodies) < READ
    last = (bodies[-1].list_id, bodies[-1].item_id) if bodies else None
    await repository.filled_to(tx.connection, last, done=done)
    return not done


async def write(tx: Transaction, bodies: Sequence[Row]) -> None:
    """Make search rows from public bodies: what a body does not say cannot be searched for."""
    await writing.write(repository.TABLES, tx.connection, bodies, _made)


def _made(body: Row) -> SearchRow:
    elements = orjson.loads(body.body)["elements"]
    organ = elements.get("implementing_body")
    facts = Facts(
        item_id=body.item_id,
        kind=body.kind,
        list_id=str(body.list_id),
        regions=[body.region_code, *body.ancestors],
        state=body.state,
        organ_id=str(body.organ_id) if body.organ_id else None,
        organ_name=organ.get("name") if isinstance(organ, dict) else None,
    )
    return row_of(elements, facts)
