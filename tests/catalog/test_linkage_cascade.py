"""The cascade on a real database: one change in one list, and every list that shows the same matter follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.catalog.linkage.consumers import CASCADE, COMPILE
from shared.database import create_engine
from tests.catalog.linkage_world import CITY, FOLLOWING, PERMIT_KINDS, PROVINCE, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(database_url: str) -> AsyncIterator[World]:
    engine = create_engine(database_url, role="owner")
    world = World(engine)
    await world.found()
    yield world
    await engine.dispose()


def rename(permit: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"name": permit["name"]}, {"name": name}


@pytest.mark.req("QX-29")
@pytest.mark.req("ZZ-36")
@pytest.mark.req("ZZ-37")
@pytest.mark.req("ZZ-38")
@pytest.mark.req("QX-11")
async def test_a_renamed_permit_takes_every_linked_list_with_it_and_none_stays_stale(world: World) -> None:
    permit = world.permit(CITY)
    entries = await world.linked(permit)
    await world.drain()
    assert not await world.open_drafts()
    adjustment = await world.decide([("modify", entries["permit"], *rename(permit, "生态环境影响报告表审批"))])
    await world.drain()
    for kind in PERMIT_KINDS:
        shown = "permit_name" if kind.endswith("supervision") else "name"
        assert (await world.entry(entries[kind]))[shown] == "生态环境影响报告表审批", kind
    ledger = await world.rows("SELECT * FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment)
    assert {row["list_id"] for row in ledger} >= {world.lists[kind, CITY] for kind in FOLLOWING}
    assert sum(row["waiting"] + row["failed"] for row in ledger) == 0
    assert not await world.open_findings()
