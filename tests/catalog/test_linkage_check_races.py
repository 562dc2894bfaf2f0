"""A full check beside people and decisions: what changed since it computed its differences is not settled by them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from services.catalog.linkage import compilation
from services.catalog.linkage.checks import repository as checks
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.tables import rule_set_at
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, World, accept, check

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def check_of(world: World, rule_id: str) -> AsyncIterator[None]:
    """A check that has computed the differences of a rule when the block begins, and settles by them at its end."""
    async with world.transaction() as tx:
        version, linkage = await rule_set_at(tx, tx.now)
        parts = [Part(next(rule for rule in linkage if rule.id == rule_id), Look(everything=True, one_list=False))]
        since = await checks.compute(tx.connection, parts, {})
        yield
        await compilation.settle(tx, version, parts, {}, adjustment_id=None, cause_id=None, since=since)


async def drafts_of(world: World, rule_id: str) -> set[UUID]:
    """Open drafts of a rule."""
    return {row["id"] for row in await world.open_drafts() if row["rule"] == rule_id}


async def test_a_draft_accepted_while_a_check_computes_is_not_opened_again(world: World) -> None:
    entries = await world.linked(world.permit(CITY, "拆船许可"))
    await world.decide([("cancel", entries["permit"], {}, {})])
    await world.drain()
    waiting = await drafts_of(world, "K10")
    assert len(waiting) == 1
    async with check_of(world, "K10"):
        await accept(world, sorted(waiting))
        await world.drain()
    assert not await drafts_of(world, "K10")
    await check(world)
    assert not await drafts_of(world, "K10"), "the next check finds nothing either"


async def test_a_draft_that_a_decision_leaves_while_a_check_computes_stays_open(world: World) -> None:
    entries = await world.linked(world.permit(CITY, "疏浚许可"))
    await world.drain()
    async with check_of(world, "K10"):
        await world.decide([("cancel", entries["permit"], {}, {})])
        await world.drain()
        left = await drafts_of(world, "K10")
        assert len(left) == 1
    assert await drafts_of(world, "K10") == left
    await check(world)
    assert await drafts_of(world, "K10") == left
