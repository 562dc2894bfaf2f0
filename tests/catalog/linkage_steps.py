"""What the linkage tests do between two looks: enter, rename, let things follow, and read what is open."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.catalog.linkage.consumers import VALIDATION
from tests.catalog.linkage_world import CITY, PROVINCE, World, accept, events
from tests.emptying import empty


async def clear(world: World) -> None:
    """What the tests before left behind is nobody's business: powers that are cancelled ask for supervision."""
    async with world.engine.begin() as connection:
        await empty(connection, "item_code", "item_link", "item", "draft", "finding")


async def entered(world: World, kind: str, entry: dict[str, Any]) -> UUID:
    """One entry of the city's list of a kind."""
    [item] = await world.enter(kind, CITY, [entry])
    return item


async def permit_in_lists(world: World, name: str, **more: Any) -> tuple[dict[str, Any], dict[str, UUID]]:
    """A permit with its entry in the lists that say the same of it, in a region where nothing else is open."""
    await clear(world)
    permit = world.permit(CITY, name, **more)
    master = {"name": name, "base_code": permit["base_code"], "item_type": "01", "level": "2,3,4"}
    await world.enter("base_catalogue", PROVINCE, [master])
    return permit, {
        kind: await entered(world, kind, permit) for kind in ("permit", "power", "catalogue", "implementation")
    }


async def settle(world: World) -> None:
    """Let consumers work, and people accept what is proposed."""
    await world.drain()
    drafts = await world.open_drafts()
    if drafts:
        await accept(world, [row["id"] for row in drafts])
        await world.drain()


async def rename(world: World, item: UUID, before: str, after: str) -> UUID:
    """An item has another name from now on, and all that follows it has followed; the adjustment."""
    adjustment = await world.decide([("modify", item, {"name": before}, {"name": after})])
    await world.drain()
    return adjustment


async def validated(world: World, changes: list[Any], region: str = CITY) -> dict[str, Any]:
    """The catalog's answer to a submission."""
    adjustment = await world.decide(changes, region=region, event="adjustment.submitted")
    await world.drain(VALIDATION)
    [row] = await world.rows("SELECT * FROM qingdan.validation WHERE adjustment_id = :id", id=adjustment)
    [told] = await events(world, "adjustment.validated", adjustment)
    assert told["refs"] == {"submission": 1, "blocking": row["blocking"]}
    return dict(row)


async def drafts_of(world: World, rule: str) -> list[dict[str, Any]]:
    """Open drafts of a rule."""
    return [dict(row) for row in await world.open_drafts() if row["rule"] == rule]


async def proposals(world: World, rule: str) -> list[tuple[UUID, Any]]:
    """What the open drafts of a rule propose: (item, elements)."""
    return [(row["item_id"], row["elements"]) for row in await drafts_of(world, rule)]


async def findings_of(world: World, rule: str) -> list[dict[str, Any]]:
    """Open findings of a rule."""
    return [dict(row) for row in await world.open_findings() if row["rule"] == rule]


async def flagged(world: World, rule: str) -> dict[UUID, str]:
    """What the open findings of a rule are about: item -> element."""
    return {row["item_id"]: row["element"] for row in await findings_of(world, rule)}
