"""Reconciliation of derived lists: no drift after a cascade, drift is found by hash, told and repaired with audit."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.reconciliation import jobs
from shared.ledger import operations
from shared.ledger.operations import Running
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def reconcile(world: World, **parameters: Any) -> dict[str, Any]:
    """The result of a reconciliation, by rule."""
    async with world.transaction() as tx:
        given = {"list_id": None, "repair": False, "reason": "测试"} | parameters
        operation_id = await operations.create(tx, kind=jobs.RECONCILE, parameters=given)
    async with world.engine.begin() as connection:
        row = await operations.claim(connection, operation_id, "catalog")
    assert row is not None
    result = dict(await jobs.run(world.engine, Running(world.engine, row)))
    return result | {"by": {one["rule"]: one for one in result["by_rule"]}}


async def test_what_a_cascade_has_written_does_not_drift(world: World) -> None:
    permit = world.permit(CITY)
    linked = await world.linked(permit)
    await world.decide([("modify", linked["permit"], {"name": permit["name"]}, {"name": "改名后的审批"})])
    await world.drain()
    found = await reconcile(world)
    assert (found["drifted"], found["repaired"]) == (0, 0)
    assert found["by"]["K01"]["pairs"] == 1
    rows = await world.rows("SELECT rule, actual = expected AS same FROM qingdan.reconciliation")
    assert {row["rule"] for row in rows} >= {"columns", "K01", "K02", "K04", "K09", "K10", "K12"}
    assert all(row["same"] for row in rows)


async def test_an_entry_changed_behind_the_rules_drifts_until_it_is_repaired(world: World) -> None:
    linked = await world.linked(world.permit(CITY, "排污许可"))
    power = linked["power"]
    await world.run("UPDATE qingdan.item SET name = '被改过的名称' WHERE id = :id", id=power)
    await world.run(
        'UPDATE qingdan.item_version SET elements = elements || \'{"name": "被改过的名称"}\' WHERE item_id = :id',
        id=power,
    )
    found = await reconcile(world)
    # The power follows the permit, the catalogue follows the power.
    assert {rule: one["drifted"] for rule, one in found["by"].items() if one["drifted"]} == {"K01": 1, "K02": 1}
    [row] = await world.rows("SELECT * FROM qingdan.reconciliation WHERE rule = 'K01'")
    assert row["actual"] != row["expected"]
    await jobs.tick(world.engine)
    assert jobs.DRIFT.labels("K01")._value.get() == 1

    other = await reconcile(world, list_id=str(world.lists["implementation", CITY]), repair=True)
    assert (other["drifted"], other["repaired"]) == (0, 0)
    repaired = await reconcile(world, repair=True)
    assert repaired["by"]["K01"]["repaired"] == 1
    assert (await world.entry(power))["name"] == "排污许可"
    [version] = await world.rows(
        "SELECT operation, provenance -> 'name' ->> 'rule' AS rule FROM qingdan.item_version"
        " WHERE item_id = :id AND number = 2", id=power,
    )  # fmt: skip
    assert version == {"operation": "sync", "rule": "K01"}
    [event] = await world.rows(
        "SELECT versions FROM qingdan.event WHERE type = 'item.updated' AND item_ids = ARRAY[CAST(:id AS uuid)]",
        id=power,
    )
    assert event["versions"] == [2]
    [told] = await world.rows(
        "SELECT detail FROM qingdan.audit WHERE tag = 'catalog:list:reconcile' AND detail ->> 'rule' = 'K01'"
    )
    assert (told["detail"]["repaired"], told["detail"]["reason"]) == (1, "测试")
    assert (await reconcile(world))["drifted"] == 0
    await jobs.tick(world.engine)
    assert jobs.DRIFT.labels("K01")._value.get() == 0


async def test_key_columns_that_do_not_say_what_the_version_says_are_written_anew(world: World) -> None:
    linked = await world.linked(world.permit(CITY, "取水许可"))
    await world.run(
        "UPDATE qingdan.item SET level = '7', burden_digest = 1 WHERE id = :id", id=linked["investment_approval"]
    )
    assert (await reconcile(world))["by"]["columns"]["drifted"] == 1
    assert (await reconcile(world, repair=True))["by"]["columns"]["repaired"] == 1
    assert (await reconcile(world))["drifted"] == 0


async def test_a_list_that_is_being_compiled_does_not_drift(world: World) -> None:
    linked = await world.linked(world.permit(CITY, "占道许可"))
    await world.run("UPDATE qingdan.list SET state = 'compiling' WHERE id = :id", id=world.lists["power", CITY])
    await world.run("UPDATE qingdan.item SET name = '草稿' WHERE id = :id", id=linked["power"])
    found = await reconcile(world)
    assert found["by"]["K01"]["pairs"] == 0
    assert await world.rows("SELECT 1 FROM qingdan.reconciliation WHERE rule = 'K01'") == []
    await world.run("UPDATE qingdan.item SET name = '占道许可' WHERE id = :id", id=linked["power"])
    await world.run("UPDATE qingdan.list SET state = 'in_force' WHERE id = :id", id=world.lists["power", CITY])


async def test_lists_are_looked_through_every_night_by_themselves_one_work_after_the_other(world: World) -> None:
    async def begun() -> list[str]:
        rows = await world.rows("SELECT kind FROM qingdan.operation ORDER BY created_at")
        return [row["kind"] for row in rows]

    await world.run("DELETE FROM qingdan.operation")
    await world.run("UPDATE qingdan.list SET enacted_at = clock_timestamp()")
    await jobs.tick(world.engine)
    assert await begun() == [], "what was enacted today is looked through tonight"
    await world.run("UPDATE qingdan.list SET enacted_at = enacted_at - interval '1 day'")
    await jobs.tick(world.engine)
    await jobs.tick(world.engine)
    assert await begun() == [jobs.RECONCILE]
    await world.run("UPDATE qingdan.operation SET state = 'succeeded'")
    await jobs.tick(world.engine)
    await world.run("UPDATE qingdan.operation SET state = 'succeeded'")
    await jobs.tick(world.engine)
    assert await begun() == [jobs.RECONCILE, jobs.UNIFORMITY]
