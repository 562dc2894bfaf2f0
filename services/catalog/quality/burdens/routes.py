"""HTTP of the burdens."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Path

from services.catalog.items import service as items
from services.catalog.quality.burdens import repository, rules
from services.catalog.quality.burdens.schemas import Burden, BurdenChange
from services.catalog.records import after_id
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.statement import Row

router = transactional_router(prefix="/catalog/v1", tags=["quality"])

_FIRST = UUID(int=0)


@router.get("/items/{item_id}/burden", operation_id="get_burden", summary="What a matter costs the applicant")
async def get_burden(tx: Unit, staff: Staff, item_id: Annotated[UUID, Path(description="Id of the item")]) -> Burden:
    """Materials, steps, visits, days and fees of an entry as it stands."""
    found = await items.get(tx.connection, item_id)
    return Burden.model_validate(rules.burden(found["elements"]))


@router.get(
    "/burdens/{adjustment_id}", operation_id="list_burden_changes", summary="Burden before and after an adjustment"
)
async def list_burden_changes(
    tx: Unit,
    staff: Staff,
    adjustment_id: Annotated[UUID, Path(description="Id of the adjustment")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BurdenChange]:
    """Entry by entry, of what an adjustment changed in all lists, or would change while it is under way."""
    after = after_id(cursor) or _FIRST
    rows = await repository.of_adjustment(tx.connection, adjustment_id, after=after, size=limit + 1)
    return page_of([change_of(row) for row in rows], limit, lambda one: [one.item_id])


def change_of(row: Row) -> BurdenChange:
    """What a row of elements before and after says of the burden."""
    before = rules.burden(orjson.loads(row.before)) if row.before else None
    after = rules.burden(elements) if (elements := orjson.loads(row.after)).get("state") != "cancelled" else None
    return BurdenChange(
        item_id=row.item_id, name=row.name, kind=row.kind, list_id=row.list_id,
        before=Burden.model_validate(before) if before else None,
        after=Burden.model_validate(after) if after else None,
        difference=rules.difference(before, after) if before and after else {},
    )  # fmt: skip
