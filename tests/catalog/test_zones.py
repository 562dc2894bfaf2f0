"""Zones: which lists they must have, how they cover the county's, and where each of their entries comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.catalog.claims import service as claiming
from services.catalog.claims.schemas import Exclusion
from services.catalog.vertical.service import recheck_delegations
from services.catalog.zones import repository, service
from services.catalog.zones.schemas import Duties, NewDelegation, NewExemption, Revocation
from shared import clock, problems
from tests.catalog.claims_world import ZONE, claims, permit, plan, prepare, settle, somebody
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

FOOD, TAXI, SAND = "000116102000", "000118103000", "000119101000"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)
    await world.run("DELETE FROM qingdan.mandatory_list WHERE region_code <> '000000000000'")


async def unsourced(world: World) -> list[Mapping[str, Any]]:
    return [row for row in await world.open_findings() if row["rule"] == "K21"]


@pytest.mark.req("QX-26")
async def test_a_zone_lacks_the_mandatory_lists_it_does_not_keep(world: World) -> None:
    await world.list_of("power", ZONE)
    async with world.transaction() as tx:
        told = await service.completeness(tx, ZONE)
        assert (told.region_kind, told.complete, told.missing) == ("zone", False, 2)
        assert {one.list_kind: one.status for one in told.lists} == {
            "power": "in_force", "responsibility": "missing", "intermediary_service": "missing",
        }  # fmt: skip
        county = await service.completeness(tx, COUNTY)
        assert (county.complete, county.lists) == (True, [])


@pytest.mark.req("QX-26")
async def test_a_region_may_say_for_itself_and_below_which_lists_are_mandatory(world: World) -> None:
    given = Duties(list_kinds=["permit", "power"], source="区政府办公室通知")
    async with world.transaction() as tx:
        with pytest.raises(problems.Forbidden):
            await service.put_duties(tx, somebody("reviewer", CITY + "x"), COUNTY, "zone", "mandatory", given)
        await service.put_duties(tx, somebody("reviewer"), COUNTY, "zone", "mandatory", given)
        exempted = NewExemption(reason="开发区不承担许可职能")
        await service.exempt(tx, somebody("reviewer"), ZONE, "permit", "", exempted)
        told = await service.completeness(tx, ZONE)
    assert {one.list_kind: (one.status, one.exempt_reason) for one in told.lists} == {
        "permit": ("not_applicable", "开发区不承担许可职能"), "power": ("missing", None),
    }  # fmt: skip


async def a_zone_beside_its_county(world: World) -> dict[str, Any]:
    county = [permit(world, COUNTY, "食品经营许可", FOOD), permit(world, COUNTY, "出租汽车经营许可", TAXI)]
    await world.enter("permit", COUNTY, county)
    zone = [permit(world, ZONE, "食品经营许可", FOOD), permit(world, ZONE, "采砂许可", SAND)]
    ids = await world.enter("permit", ZONE, zone)
    await settle(world)
    return dict(zip(("food", "sand"), ids, strict=True))


@pytest.mark.req("QX-33")
async def test_each_entry_of_a_zone_has_its_source_in_the_county_list_or_is_found(world: World) -> None:
    made = await a_zone_beside_its_county(world)
    [finding] = await unsourced(world)
    assert (finding["item_id"], finding["severity"]) == (made["sand"], "error")
    async with world.transaction() as tx:
        told = await service.coverage(tx, ZONE)
        kinds = {one.list_kind: one for one in told.kinds}
        missing = await repository.missing(tx.connection, ZONE, "permit", after=None, limit=5)
    assert len(kinds) == 7
    shown = kinds["permit"]
    assert (shown.entries, shown.from_above, shown.delegated, shown.without_source) == (2, 1, 0, 1)
    assert (shown.above_entries, shown.covered, shown.missing, shown.not_applicable) == (2, 1, 1, 0)
    assert [row.name for row in missing] == ["出租汽车经营许可"]
    assert kinds["power"].status == "missing"
    async with world.transaction() as tx:
        given = NewExemption(reason="区内无出租汽车经营")
        await service.exempt(tx, somebody("reviewer"), ZONE, "permit", TAXI, given)
        told = await service.coverage(tx, ZONE)
    shown = next(one for one in told.kinds if one.list_kind == "permit")
    assert (shown.missing, shown.not_applicable) == (0, 1)


@pytest.mark.req("QX-33")
async def test_what_a_zone_declined_to_claim_does_not_apply_there_and_is_not_missing(world: World) -> None:
    await a_zone_beside_its_county(world)
    await plan(world, ZONE, kinds=("permit",))
    await settle(world)
    [offered] = [row for row in await claims(world, ZONE) if row["state"] == "offered"]
    async with world.transaction() as tx:
        excluded = Exclusion(claim_ids=[offered["id"]], reason="区内无出租汽车经营")
        done, refused, _ = await claiming.exclude(tx, somebody("reviewer"), excluded)
        assert (done, refused) == (1, [])
        shown = next(one for one in (await service.coverage(tx, ZONE)).kinds if one.list_kind == "permit")
        missing = await repository.missing(tx.connection, ZONE, "permit", after=None, limit=5)
    assert (shown.above_entries, shown.covered, shown.not_applicable, shown.missing) == (2, 1, 1, 0)
    assert missing == []


def given(world: World, **more: Any) -> NewDelegation:
    today = clock.now().date()
    values = {
        "region_code": ZONE, "list_kind": "permit", "base_code": SAND, "granting_organ_id": world.organs[CITY],
        "document_title": "关于委托高新区实施部分许可的决定", "document_number": "穗府〔2026〕3号",
        "valid_from": today, "valid_until": today + timedelta(days=30),
    }  # fmt: skip
    return NewDelegation.model_validate(values | more)


@pytest.mark.req("QX-33")
async def test_a_delegation_by_the_city_is_a_source_until_it_expires_or_is_revoked(world: World) -> None:
    await a_zone_beside_its_county(world)
    async with world.transaction() as tx:
        with pytest.raises(problems.Invalid):
            await service.delegate(tx, somebody("reviewer"), given(world, granting_organ_id=world.organs[ZONE]))
        row = await service.delegate(tx, somebody("reviewer"), given(world))
    assert await unsourced(world) == []
    after = clock.now() + timedelta(days=31)
    clock.use(lambda: after)
    await recheck_delegations(world.engine)
    clock.use(None)
    assert len(await unsourced(world)) == 1
    await recheck_delegations(world.engine)
    assert await unsourced(world) == []
    async with world.transaction() as tx:
        await service.revoke(tx, somebody("reviewer"), row["id"], Revocation(reason="收回"), '"1"')
    assert len(await unsourced(world)) == 1


@pytest.mark.req("QX-33")
async def test_an_entry_loses_its_source_when_the_county_ends_its_own(world: World) -> None:
    made = await a_zone_beside_its_county(world)
    [upper] = await world.rows("SELECT id FROM qingdan.item WHERE region_code = :r AND base_code = :c",
                               r=COUNTY, c=FOOD)  # fmt: skip
    await world.decide([("cancel", upper["id"], {"state": "in_use"}, {})], region=COUNTY)
    await settle(world)
    assert made["food"] in {row["item_id"] for row in await unsourced(world)}
