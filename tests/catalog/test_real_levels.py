"""A real province and a real city: the catalogue as master list, permits claimed from it, and what follows."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.catalog.claims import repository as stored
from services.catalog.claims import service
from services.catalog.vertical import repository
from shared import problems
from tests.catalog.claims_world import BASIS, claims, enacted, plan, prepare, settle
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, PROVINCE, World, accept

__all__ = ["world"]
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not DATA.exists(), reason="the real data of Guangdong are not beside the project"),
]
STORY = "440113106002"
LEVELS = {"省级": "2", "市级": "3", "市级|省级": "2,3"}


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def entry(world: World, row: Mapping[str, str], region: str) -> dict[str, Any]:
    code = row["task_code"]
    return {
        "name": row["task_name"], "base_code": row["catalog_code"], "implementation_code": code, "item_type": "01",
        "handling_item": code[31:], "level": row["use_level_code"], "state": "in_use", "basis": BASIS,
        "implementing_body": str(world.organs[region]),
        "materials": [{"name": name} for name in row["materials"].split("|") if name],
    }  # fmt: skip


async def superior_matters(world: World, withheld: set[str]) -> dict[str, UUID]:
    """Enter the province's catalogue but for some main items; code -> matter."""
    matters = [
        {"name": row["catalog_name"], "base_code": row["catalog_code"], "item_type": "01", "state": "in_use",
         "level": LEVELS[row["levels_present"]]}
        for row in rows("guangdong_catalog_2021.csv")
        if row["catalog_code"][:9] not in withheld
    ]  # fmt: skip
    ids = await world.enter("base_catalogue", PROVINCE, matters)
    return dict(zip((row["base_code"] for row in matters), ids, strict=True))


async def reported(world: World, orphaned: set[str], unclaimed: set[str]) -> None:
    """What was withheld is reported, exactly: as problems of the claiming, and by the check of superiors."""
    async with world.transaction() as tx:
        told = await repository.problems(
            tx.connection, region=CITY, below=False, kind="permit", problem=None, after=None, limit=500
        )
    assert {row.base_code for row in told if row.problem == "orphan"} == orphaned
    assert {row.superior_code for row in told if row.problem == "unclaimed"} == unclaimed
    beyond = await world.rows("SELECT DISTINCT i.base_code FROM qingdan.finding AS f JOIN qingdan.item AS i"
                              " ON i.id = f.item_id WHERE f.rule = 'K20' AND f.state = 'open'")  # fmt: skip
    assert {row["base_code"] for row in beyond} == orphaned


async def refused_until_handled(world: World, left: list[UUID]) -> None:
    """The list is not decided on before the rest is handled."""
    [row] = await world.rows("SELECT * FROM qingdan.list WHERE kind = 'permit' AND region_code = :r", r=CITY)
    async with world.transaction() as tx:
        with pytest.raises(problems.Conflict) as refused:
            await service.check_handled(tx, dict(row), [CITY, PROVINCE])
        assert refused.value.extra["left"] == len(left)
        await stored.handle(tx.connection, left, state="not_applicable", organ_id=None, reason="由省级实施",
                            actor="system:test", now=tx.now)  # fmt: skip
        await service.check_handled(tx, dict(row), [CITY, PROVINCE])
    await enacted(world, "permit", CITY)


async def cancelled_above(world: World, matter: UUID, below: list[UUID]) -> None:
    """The matter is cancelled above: each way of handling it below is to be, and is when people accept."""
    await world.decide([("cancel", matter, {"state": "in_use"}, {})], region=PROVINCE)
    await settle(world)
    drafts = [row for row in await world.open_drafts() if row["rule"] == "K20_CHANGE"]
    assert {row["item_id"] for row in drafts} == set(below)
    assert all(row["elements"] == {"state": "cancelled"} for row in drafts)
    await accept(world, [row["id"] for row in drafts])
    for item in below:
        assert (await world.entry(item))["state"] == "cancelled"


@pytest.mark.req("ZZ-10", "ZZ-13", "QX-57", "ZZ-34", "TH-03", "ZZ-18")
async def test_guangzhou_resolves_to_the_catalogue_of_guangdong_and_follows_what_is_cancelled_there(
    world: World,
) -> None:
    permits = [row for row in rows("guangdong_licence_items_2021.csv") if row["use_level_code"] == "3"]
    provinces = [row for row in rows("guangdong_licence_items_2021.csv") if row["use_level_code"] == "2"]
    mains = sorted({row["catalog_code"][:9] for row in permits} - {STORY[:9]})
    withheld, unlisted = set(mains[:3]), mains[3]
    of_code = await superior_matters(world, withheld)
    listed = [row for row in permits if row["catalog_code"][:9] != unlisted]
    city = await world.enter("permit", CITY, [entry(world, row, CITY) for row in listed], state="compiling")
    await plan(world, CITY)
    await settle(world)

    # Every matter of the city's level is claimed but the one it does not list; nothing of the province's own is.
    made = await claims(world, CITY)
    offered = {row["superior_item_id"] for row in made if row["state"] == "offered"}
    missing = {code for code, item in of_code.items() if item in offered}
    assert missing == {row["catalog_code"] for row in permits if row["catalog_code"][:9] == unlisted}
    assert {row["state"] for row in made} == {"offered", "claimed"}
    assert len(made) == len({row["catalog_code"] for row in permits if row["catalog_code"][:9] not in withheld})
    await reported(world, {row["catalog_code"] for row in listed if row["catalog_code"][:9] in withheld}, missing)
    left = [row["id"] for row in made if row["state"] == "offered"]
    assert len(left) == len(offered)
    await refused_until_handled(world, left)

    # The third material of the city stands beside the province's row.
    story = [item for item, one in zip(city, listed, strict=True) if one["catalog_code"] == STORY]
    [upper] = await world.enter(
        "permit", PROVINCE, [entry(world, one, PROVINCE) for one in provinces if one["catalog_code"] == STORY]
    )
    await settle(world)
    found = [row for row in await world.open_findings() if row["rule"] == "K22" and row["item_id"] in story]
    assert found
    assert {(row["source_item_id"], row["element"]) for row in found} == {(upper, "materials")}
    assert all("公众参与说明" in row["message"] for row in found)

    await cancelled_above(world, of_code[STORY], story)
