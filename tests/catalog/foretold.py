"""What a preview tells, held against what the cascade then does and what a check then finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from services.catalog.linkage import service
from services.catalog.linkage.schemas import NewPreview, ProposedChange
from tests.catalog.linkage_world import World, check


async def foretold(
    world: World, changes: Sequence[tuple[str, UUID, Any, Any]], lists: Mapping[UUID, UUID], *, list_id: UUID
) -> UUID:
    """Preview changes, let them take effect, and compare; the adjustment."""
    asked = [
        ProposedChange(operation=operation, item_id=item, list_id=lists[item], elements=proposed)
        for operation, item, _, proposed in changes
    ]
    async with world.transaction() as tx:
        seen = await service.preview_of(tx, NewPreview(changes=asked))
    expected = {(row.item_id, row.element): orjson.dumps(row.value) for row in seen.followed}
    adjustment = await world.decide(changes, list_id=list_id)
    await world.drain()
    done = await world.rows(
        "SELECT v.item_id, e.key, v.elements -> e.key AS value FROM qingdan.item_version AS v,"
        " jsonb_object_keys(v.provenance) AS e (key)"
        " WHERE v.adjustment_id = :id AND v.operation = 'sync' AND e.key = ANY (v.changed)", id=adjustment,
    )  # fmt: skip
    assert expected == {(row["item_id"], row["key"]): orjson.dumps(row["value"]) for row in done}
    drafts = await world.rows("SELECT * FROM qingdan.draft WHERE adjustment_id = :id AND state = 'open'", id=adjustment)
    left = {
        (row.rule, row.list_id, row.source_item_id, row.item_id): row.elements
        for row in seen.left
        if row.action != "flag"
    }
    assert left == {
        (row["rule"], row["list_id"], row["source_item_id"], row["item_id"]): row["elements"] for row in drafts
    }
    found = await world.rows(
        "SELECT * FROM qingdan.finding WHERE adjustment_id = :id AND state = 'open'", id=adjustment
    )
    flags = {(row.rule, row.item_id, element) for row in seen.left if row.action == "flag" for element in row.elements}
    opened = {(row["rule"], row["item_id"], row["element"]) for row in found}
    assert opened <= flags <= {(row["rule"], row["item_id"], row["element"]) for row in await world.open_findings()}
    remaining = await check(world, record=False)
    waiting = await world.rows(
        "SELECT (SELECT count(*) FROM qingdan.draft WHERE state = 'open')"
        " + (SELECT count(DISTINCT (rule, item_id)) FROM qingdan.finding WHERE state = 'open') AS n"
    )
    assert remaining["open"] == waiting[0]["n"]
    return adjustment
