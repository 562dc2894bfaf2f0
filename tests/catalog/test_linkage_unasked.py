"""What a rule said of an entry stands when the entry changes in something the rule does not read."""

from __future__ import annotations

import pytest

from services.catalog.linkage import closure
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_drafts_that_rest_on_the_state_stand_when_only_the_conditions_change(world: World) -> None:
    entries = await world.linked(world.permit(CITY, "危险废物经营许可"))
    await world.drain()
    await world.decide([("suspend", entries["permit"], {}, {})])
    await world.drain()
    before = {(row["rule"], row["id"]) for row in await world.open_drafts()}
    assert {rule for rule, _ in before} >= {"K09", "K12"}
    await world.decide([("modify", entries["permit"], {}, {"conditions": ["具备防护设施"]})])
    await world.drain()
    assert (await world.entry(entries["permit"]))["conditions"] == ["具备防护设施"]
    assert before <= {(row["rule"], row["id"]) for row in await world.open_drafts()}
    await world.decide([("resume", entries["permit"], {}, {})])
    await world.drain()
    assert not before & {(row["rule"], row["id"]) for row in await world.open_drafts()}


async def test_an_orphan_stays_one_when_it_changes_otherwise_and_is_none_when_its_permit_comes(world: World) -> None:
    permit = world.permit(CITY, "放射性同位素转让审批")
    await world.list_of("permit", CITY)
    [power] = await world.enter("power", CITY, [permit])
    await world.drain()
    assert [row["rule"] for row in await world.open_findings()] == ["K01"]
    await world.decide([("modify", power, {}, {"conditions": ["单位内部管理规定"]})])
    await world.drain()
    assert [row["rule"] for row in await world.open_findings()] == ["K01"]
    # The permit is called otherwise, so that its power follows it in the same walk.
    await world.enter("permit", CITY, [permit | {"name": "放射性同位素转让许可"}])
    await world.drain()
    [added] = [row["id"] for row in await world.rows(
        "SELECT id FROM qingdan.item WHERE kind = 'permit' AND name = '放射性同位素转让许可'")]  # fmt: skip
    await world.decide([("modify", added, {"name": "放射性同位素转让许可"}, {"name": "放射性同位素转让的审批"})])
    await world.drain()
    assert (await world.entry(power))["name"] == "放射性同位素转让的审批"
    assert not await world.open_findings()


async def test_a_rule_that_reads_nothing_of_a_change_is_not_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = await world.linked(world.permit(CITY, "排污口设置审批"))
    await world.drain()
    asked: list[set[str]] = []
    parts = closure.Closure._parts

    def noted(self: closure.Closure, wave):  # type: ignore[no-untyped-def]
        found = parts(self, wave)
        asked.append({part.rule.id for part in found})
        return found

    monkeypatch.setattr(closure.Closure, "_parts", noted)
    await world.decide([("modify", entries["permit"], {}, {"promised_limit": {"amount": 5, "unit": "working_day"}})])
    await world.drain()
    # The superior's specification is held against limits; lists that show names, codes and states only are not.
    assert "K22" in asked[0]
    assert asked[0].isdisjoint({"K09", "K10", "K20"})
