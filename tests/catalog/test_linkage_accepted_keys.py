"""An accepted draft that gives an entry another code: the lists behind it are found by the code it had."""

from __future__ import annotations

from uuid import UUID

import pytest
import pytest_asyncio

from tests.catalog.claims_world import master, permit, plan, prepare, settle
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import COUNTY, PROVINCE, World, accept

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME, OLD, NEW = "食品经营许可", "000116102000", "000116109000"
SHOWING = ("permit", "power", "catalogue", "implementation")


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


async def recoded_above(world: World) -> tuple[dict[str, UUID], UUID]:
    """A county's permit in the lists that show it; its superior has another code now. The entries, and the draft."""
    [upper] = await world.enter("base_catalogue", PROVINCE, [master(NAME, OLD)])
    entry = permit(world, COUNTY, NAME, OLD)
    made = {kind: (await world.enter(kind, COUNTY, [entry]))[0] for kind in SHOWING}
    await plan(world, COUNTY)
    await settle(world)
    await world.decide([("modify", upper, {"base_code": OLD}, {"base_code": NEW})], region=PROVINCE)
    await settle(world)
    [draft] = [row for row in await world.open_drafts() if row["rule"] == "K20_CHANGE"]
    assert (draft["item_id"], draft["elements"]["base_code"]) == (made["permit"], NEW)
    return made, draft["id"]


async def shown(world: World, made: dict[str, UUID], element: str) -> dict[str, str]:
    return {kind: (await world.entry(item))[element] for kind, item in made.items()}


async def test_the_lists_behind_an_accepted_code_follow_it_and_none_is_asked_to_add_the_entry_again(
    world: World,
) -> None:
    made, draft = await recoded_above(world)
    await accept(world, [draft])
    await settle(world)
    assert await shown(world, made, "base_code") == dict.fromkeys(SHOWING, NEW)
    assert await world.open_drafts() == []


async def test_an_accepted_code_is_followed_also_when_a_decision_came_before_its_cascade(world: World) -> None:
    made, draft = await recoded_above(world)
    await world.decide([("modify", made["permit"], {"name": NAME}, {"name": "食品经营的许可"})], region=COUNTY)
    await accept(world, [draft])
    await settle(world)
    assert await shown(world, made, "base_code") == dict.fromkeys(SHOWING, NEW)
    assert await shown(world, made, "name") == dict.fromkeys(SHOWING, "食品经营的许可")
    assert [row["rule"] for row in await world.open_drafts() if row["item_id"] is None] == []
