"""Claims when entries, organs and plans change under them, and who may be given one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.catalog.claims import service
from services.catalog.claims.schemas import Assignment, Chosen, DisputeDecision, Exclusion, NewDispute
from shared import problems
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.catalog.claims_world import (
    COMPLETE,
    FOOD,
    claim,
    claims,
    enacted,
    master,
    offered,
    permit,
    prepare,
    settle,
    somebody,
)
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)
    await world.run("UPDATE qingdan.organ SET state = 'active'")


async def organ(world: World, name: str, region: str = COUNTY) -> UUID:
    """Another organ."""
    made = new_id()
    await world.run(
        "INSERT INTO qingdan.organ (id, name, kind, region_code) VALUES (:id, :name, 'department', :region)",
        id=made, name=f"{name}{made}", region=region,
    )  # fmt: skip
    return made


async def listed(world: World, name: str, organ_id: UUID, **more: Any) -> UUID:
    """An entry of the county's list that an organ implements."""
    mine = permit(world, COUNTY, name, FOOD, **more) | {"implementing_body": str(organ_id)}
    del mine["implementation_code"]  # it would be the same for each organ of the small country
    [item] = await world.enter("permit", COUNTY, [mine])
    return item


async def passes(world: World, item: UUID, former: UUID, heir: UUID) -> None:
    """An entry was transferred from one organ to another."""
    await world.decide(
        [("transfer", item, {"implementing_body": str(former)}, {"implementing_body": str(heir)})], region=COUNTY
    )
    await settle(world)


async def told(world: World, type_: str) -> set[str]:
    """The organs that the last event of a type names."""
    [row] = await world.rows(
        "SELECT refs FROM qingdan.event WHERE type = :type ORDER BY position DESC LIMIT 1", type=type_
    )
    return set(row["refs"]["organs"])


@pytest.mark.req("TH-44")
async def test_a_claim_goes_with_its_entry_to_the_organ_that_takes_it_over(world: World) -> None:
    _, food = await offered(world)
    former, heir = world.organs[COUNTY], await organ(world, "行政审批局")
    await claim(world, [food], former)
    item = await listed(world, "食品经营许可", former, **COMPLETE)
    await settle(world)
    [row] = await claims(world)
    assert (row["organ_id"], row["closed_at"] is None) == (former, False)
    await passes(world, item, former, heir)
    [row] = await claims(world)
    assert (row["state"], row["organ_id"], row["local_item_id"]) == ("claimed", heir, item)
    assert row["closed_at"] is not None, "nothing is asked again of anybody"
    assert await told(world, "claim.assigned") == {str(former), str(heir)}, "both tasks are looked at"


@pytest.mark.req("TH-44")
async def test_of_the_claims_of_merged_organs_one_goes_on_and_the_other_ends_for_good(world: World) -> None:
    upper, _ = await offered(world)
    one, two, heir = world.organs[COUNTY], await organ(world, "二局"), await organ(world, "合并局")
    first, second = await listed(world, "食品经营许可", one), await listed(world, "食品经营许可", two)
    await settle(world)
    assert {row["organ_id"] for row in await claims(world, state="claimed")} == {one, two}, "a claim each"
    for item, former in ((first, one), (second, two)):
        await passes(world, item, former, heir)
    by_state = {row["state"]: row["organ_id"] for row in await claims(world)}
    assert by_state["claimed"] == heir
    assert set(by_state) == {"claimed", "withdrawn"}
    await world.decide([("modify", upper, {}, {"conditions": "符合条件"})], region=PROVINCE)
    await settle(world)
    assert {row["state"] for row in await claims(world)} == {"claimed", "withdrawn"}, "and is not offered again"


@pytest.mark.req("TH-44")
@pytest.mark.parametrize("heirs", [1, 2])
async def test_open_claims_of_an_abolished_organ_go_to_its_heir_or_are_assigned_anew(world: World, heirs: int) -> None:
    _, food = await offered(world)
    former, successors = world.organs[COUNTY], [await organ(world, "承接局") for _ in range(heirs)]
    await claim(world, [food], former)
    await world.run("UPDATE qingdan.organ SET state = 'abolished' WHERE id = :id", id=former)
    async with world.transaction() as tx:
        refs = {"organs": [str(former)], "successors": [str(one) for one in successors]}
        tx.append(NewEvent(type="organ.succeeded", region_code=COUNTY, refs=refs))
    await settle(world)
    [row] = await claims(world)
    expected = successors[0] if heirs == 1 else None
    assert (row["state"], row["organ_id"]) == ("claimed", expected)
    assert await told(world, "claim.assigned") == {str(former), str(expected or "")}


@pytest.mark.req("ZZ-14")
async def test_what_is_listed_cannot_be_said_not_to_apply_and_listing_it_claims_it(world: World) -> None:
    _, food = await offered(world)
    item = await listed(world, "食品经营许可", world.organs[COUNTY])
    await settle(world)
    excluded = Exclusion(claim_ids=[food], reason="不涉及")
    async with world.transaction() as tx:
        done, refused, _ = await service.exclude(tx, somebody("reviewer"), excluded)
    assert (done, refused[0][1]) == (0, "entry_listed")
    await world.decide([("cancel", item, {"state": "in_use"}, {"state": "cancelled"})], region=COUNTY)
    await settle(world)
    async with world.transaction() as tx:
        assert (await service.exclude(tx, somebody("reviewer"), excluded))[0] == 1
    await listed(world, "食品经营许可", world.organs[COUNTY])
    await settle(world)
    [row] = await claims(world)
    assert (row["state"], row["reason"]) == ("claimed", None)


@pytest.mark.req("ZZ-10")
async def test_a_second_organ_that_lists_a_matter_has_claimed_it_as_well(world: World) -> None:
    await offered(world)
    one, two = world.organs[COUNTY], await organ(world, "二局")
    await listed(world, "食品经营许可", one)
    await settle(world)
    await listed(world, "食品经营许可", two)
    await settle(world)
    assert {(row["state"], row["organ_id"]) for row in await claims(world)} == {("claimed", one), ("claimed", two)}


async def test_what_a_plan_offered_ends_with_the_plan_and_with_the_list_it_was_claimed_from(world: World) -> None:
    await offered(world)
    await enacted(world, "base_catalogue", CITY)
    await world.enter("base_catalogue", CITY, [master("食品经营许可", FOOD)])
    await settle(world)
    rows = await claims(world)
    assert sorted(row["state"] for row in rows) == ["offered", "withdrawn"], "the nearest list is the one that counts"
    await world.run("UPDATE qingdan.claim_plan SET active = false")
    async with world.transaction() as tx:
        tx.append(NewEvent(type="claim_plan.set", region_code=COUNTY, list_kind="permit"))
    await settle(world)
    assert {row["state"] for row in await claims(world)} == {"withdrawn"}


async def test_a_claim_is_given_only_to_an_organ_of_the_place_and_only_once(world: World) -> None:
    _, food = await offered(world)
    await world.run(
        "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors) VALUES"
        " ('440112000000', '黄埔区', 'county', 'administrative', '440100000000', '{440100000000,440000000000}')"
        " ON CONFLICT DO NOTHING"
    )
    foreign, two = await organ(world, "外区局", "440112000000"), await organ(world, "二局")
    reviewer = somebody("reviewer")
    async with world.transaction() as tx:
        for organ_id in (foreign,):
            _, refused, _ = await service.claim(tx, reviewer, Chosen(claim_ids=[food], organ_id=organ_id))
            assert [code for _, code, _ in refused] == ["organ_unfit"]
            _, refused, _ = await service.assign(tx, reviewer, Assignment(claim_ids=[food], organ_id=organ_id))
            assert [code for _, code, _ in refused] == ["organ_unfit"]
    await world.run(
        "INSERT INTO qingdan.claim (id, superior_item_id, superior_list_id, superior_version, list_kind, region_code,"
        " organ_id, assigned_by, state, offered_at, due_at) SELECT gen_random_uuid(), superior_item_id,"
        " superior_list_id, 1, list_kind, region_code, :organ, 'person', 'offered', now(), now() FROM qingdan.claim",
        organ=two,
    )
    both = [row["id"] for row in await claims(world)]
    async with world.transaction() as tx:
        done, refused, _ = await service.assign(tx, reviewer, Assignment(claim_ids=both, organ_id=two))
        assert (done, [code for _, code, _ in refused]) == (1, ["organ_unfit"])
        done, refused, _ = await service.claim(tx, reviewer, Chosen(claim_ids=both, organ_id=two))
        assert (done, [code for _, code, _ in refused]) == (1, ["organ_unfit"])
        await service.dispute(tx, reviewer, food, NewDispute(opinion="应由二局负责"))
        made = {"outcome": "claimed", "organ_id": two,
                "decision": {"meeting": "常务会议", "date": "2026-01-05", "number": "〔2026〕1号"}}  # fmt: skip
        with pytest.raises(problems.Conflict) as twice:
            await service.decide(tx, somebody("decider"), food, DisputeDecision.model_validate(made))
    assert twice.value.code == "organ_unfit"
