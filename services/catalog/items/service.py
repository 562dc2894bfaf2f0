"""Use cases of reading items."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.items import rules
from services.catalog.items.reading import repository
from services.catalog.items.rules import Difference
from services.catalog.kinds import service as kinds
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared import problems


async def get(
    connection: AsyncConnection, item_id: UUID, *, number: int | None = None, as_of: datetime | None = None
) -> Record:
    """An item: current, in one version, or as it was at an instant. Raises NotFound."""
    row = await repository.entry(connection, item_id, number=number, as_of=as_of)
    if row is not None:
        return row
    if (number is not None or as_of is not None) and await repository.entry(connection, item_id) is not None:
        raise problems.NotFound("该事项没有这个版本，或当时尚未列入清单。", code="version_not_found")
    raise problems.NotFound("没有这个事项，请核对编号。", code="item_not_found")


async def diff(connection: AsyncConnection, item_id: UUID, first: int, second: int) -> list[Difference]:
    """How two versions of an item differ (QX-18). Raises NotFound."""
    before = await get(connection, item_id, number=first)
    after = await get(connection, item_id, number=second)
    chain = await regions.chain(connection, after["region_code"])
    profiles = await kinds.profile_set(connection, after["kind"], chain)
    item_type = after["elements"].get("item_type")
    return rules.differences(before["elements"], after["elements"], profiles.choose(item_type))


async def stale_values(
    connection: AsyncConnection, current: Record, if_match: str | None, patch: dict[str, object]
) -> dict[str, dict[str, object]]:
    """The three values of each element of a patch that changed since the version named by a stale If-Match."""
    tag = (if_match or "").strip().strip('"')
    if not (tag.isascii() and tag.isdigit()) or not 0 < int(tag[:9]) < current["version"]:
        return {}
    base = await repository.entry(connection, current["id"], number=int(tag[:9]))
    return rules.overtaken(patch, base["elements"], current["elements"]) if base else {}
