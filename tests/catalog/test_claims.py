"""Claims: what superiors list is offered to the levels below, handled there, and closed by complete entries."""

from __future__ import annotations

from uuid import UUID

import pytest
import pytest_asyncio

from services.catalog.claims import repository, service
from services.catalog.claims.consumers import CLAIMS
from services.catalog.claims.schemas import Chosen, DisputeDecision, Exclusion, NewContact, NewDispute
from shared import clock, problems
from tests.catalog.claims_world import (
    COMPLETE,
    claim,
    claims,
    enacted,
    master,
    permit,
    plan,
    prepare,
    settle,
    somebody,
)
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World
from tests.statements import counted

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

FOOD, TAXI = "000116102000", "000118103000"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


async def offered_two(world: World) -> list[UUID]:
    """The province lists two matters for all levels, and the county is to claim them; its claims by name."""
    await world.enter("base_catalogue", PROVINCE, [master("出租汽车经营许可", TAXI), master("食品经营许可", FOOD)])
    await world.list_of("permit", COUNTY, state="compiling")
    await plan(world, COUNTY)
    await settle(world)
    return [row["id"] for row in await claims(world)]


async def test_nothing_is_offered_where_nobody_plans_to_claim(world: World) -> None:
    await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD)])
    await enacted(world, "base_catalogue", PROVINCE)
    await settle(world)
    assert await claims(world) == []


async def test_a_matter_of_another_level_or_another_type_is_not_offered(world: World) -> None:
    rows = [master("省级许可", "000116104000", "2"), master("处罚", "000216105000") | {"item_type": "02"}]
    await world.enter("base_catalogue", PROVINCE, [*rows, master("食品经营许可", FOOD)])
    await plan(world, PROVINCE)
    await settle(world)
    assert [row["name"] for row in await claims(world)] == ["食品经营许可"]
    assert [row["name"] for row in await claims(world, CITY)] == ["食品经营许可"]


@pytest.mark.req("ZZ-10", "TH-06")
async def test_each_matter_of_the_superior_is_offered_and_then_claimed_or_excluded_with_a_reason(world: World) -> None:
    taxi, food = await offered_two(world)
    organ = world.organs[COUNTY]
    states = [(row["state"], row["organ_id"], row["assigned_by"]) for row in await claims(world)]
    assert states == [("offered", organ, "lead"), ("offered", organ, "lead")]
    assert (await claim(world, [food], organ))[0] == 1
    async with world.transaction() as tx:
        chosen = Exclusion(claim_ids=[taxi], reason="本区无出租汽车经营")
        done, refused, more = await service.exclude(tx, somebody("compiler", COUNTY, organ), chosen)
        assert (done, refused, more) == (1, [], False)
    by_name = {row["name"]: row for row in await claims(world)}
    assert (by_name["出租汽车经营许可"]["state"], by_name["出租汽车经营许可"]["reason"]) == (
        "not_applicable", "本区无出租汽车经营",
    )  # fmt: skip
    assert (by_name["食品经营许可"]["state"], by_name["食品经营许可"]["missing"]) == ("claimed", ["local_entry"])
    async with world.transaction() as tx:
        [row] = await repository.metrics(tx.connection, {"region": COUNTY}, after=None, limit=9, now=tx.now)
    counted = {name: row[name] for name in ("total", "offered", "claimed", "pending", "not_applicable", "closed")}
    assert counted == {"total": 2, "offered": 0, "claimed": 1, "pending": 1, "not_applicable": 1, "closed": 0}


@pytest.mark.req("ZZ-10", "TH-08")
async def test_a_claim_closes_only_with_approval_method_process_and_guide(world: World) -> None:
    _, food = await offered_two(world)
    organ = world.organs[COUNTY]
    await claim(world, [food], organ)
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    await settle(world)
    [row] = await claims(world, id=food)
    assert row["closed_at"] is None
    assert set(row["missing"]) == set(COMPLETE)
    handled = permit(world, COUNTY, "食品经营许可", FOOD, **COMPLETE) | {"handling_item": ""}
    await world.enter("implementation", COUNTY, [handled])
    await settle(world)
    [row] = await claims(world, id=food)
    assert (row["missing"], row["closed_at"] is not None) == ([], True)
    told = await world.rows("SELECT type FROM qingdan.event WHERE type LIKE 'claim.%' AND region_code = :r"
                            " ORDER BY position DESC LIMIT 1", r=COUNTY)  # fmt: skip
    assert told[0]["type"] == "claim.closed"


async def test_who_lists_a_matter_has_claimed_it(world: World) -> None:
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD, **COMPLETE)])
    await offered_two(world)
    by_name = {row["name"]: row for row in await claims(world)}
    assert by_name["食品经营许可"]["state"] == "claimed"
    assert by_name["食品经营许可"]["closed_at"] is not None
    assert by_name["出租汽车经营许可"]["state"] == "offered"
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "出租汽车经营许可", TAXI)])
    await settle(world)
    by_name = {row["name"]: row for row in await claims(world)}
    assert by_name["出租汽车经营许可"]["state"] == "claimed"
    assert by_name["出租汽车经营许可"]["handled_by"] == "system:test"


@pytest.mark.req("ZZ-10")
async def test_a_list_is_not_decided_on_while_matters_are_not_handled(world: World) -> None:
    taxi, food = await offered_two(world)
    [row] = await world.rows("SELECT * FROM qingdan.list WHERE kind = 'permit' AND region_code = :r", r=COUNTY)
    chain = [COUNTY, CITY, PROVINCE]
    async with world.transaction() as tx:
        with pytest.raises(problems.Conflict) as refused:
            await service.check_handled(tx, dict(row), chain)
    assert refused.value.code == "claims_open"
    assert (refused.value.extra["left"], refused.value.extra["offered"]) == (2, 2)
    assert refused.value.extra["claims"] == f"/catalog/v1/claims?region={COUNTY}&kind=permit&handled=false"
    assert "尚有2项" in refused.value.detail
    await claim(world, [food], world.organs[COUNTY])
    async with world.transaction() as tx:
        await service.exclude(tx, somebody("reviewer"), Exclusion(claim_ids=[taxi], reason="不涉及"))
        with pytest.raises(problems.Conflict) as refused:
            await service.check_handled(tx, dict(row), chain)
        assert refused.value.extra["without_entry"] == 1
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    async with world.transaction() as tx:
        await service.check_handled(tx, dict(row), chain)


async def test_a_disputed_matter_is_decided_by_the_government(world: World) -> None:
    _, food = await offered_two(world)
    organ = world.organs[COUNTY]
    async with world.transaction() as tx:
        await service.dispute(tx, somebody("compiler", COUNTY, organ), food, NewDispute(opinion="应由市级承担"))
    async with world.transaction() as tx:
        with pytest.raises(problems.IllegalTransition):
            await service.dispute(tx, somebody("compiler", COUNTY, organ), food, NewDispute(opinion="再次"))
    decision = {"meeting": "区政府常务会议", "date": "2026-01-05", "number": "〔2026〕1号"}
    made = DisputeDecision.model_validate({"outcome": "claimed", "organ_id": organ, "decision": decision})
    async with world.transaction() as tx:
        with pytest.raises(problems.Forbidden):
            await service.decide(tx, somebody("compiler", COUNTY, organ), food, made)
        row = await service.decide(tx, somebody("decider"), food, made)
    assert (row.state, row.organ_id, row.decision["number"]) == ("claimed", organ, "〔2026〕1号")


async def decided(world: World, food: UUID, number: str, outcome: str, organ: UUID | None = None) -> None:
    """The matter was disputed, and the government has decided."""
    async with world.transaction() as tx:
        await service.dispute(tx, somebody("reviewer"), food, NewDispute(opinion="职责不清"))
    decision = {"meeting": "区政府常务会议", "date": "2026-01-05", "number": number}
    made = {"outcome": outcome, "organ_id": organ, "reason": "经研究", "decision": decision}
    async with world.transaction() as tx:
        await service.decide(tx, somebody("decider"), food, DisputeDecision.model_validate(made))


async def test_what_the_government_decided_is_changed_by_another_decision_only(world: World) -> None:
    _, food = await offered_two(world)
    organ = world.organs[COUNTY]

    async def state() -> tuple[str, str]:
        [row] = [row for row in await claims(world) if row["id"] == food]
        return row["state"], row["decision"]["number"]

    people = (somebody("compiler", COUNTY, organ), somebody("reviewer"))
    await decided(world, food, "〔2026〕1号", "claimed", organ)
    for who in people:
        async with world.transaction() as tx:
            done, [refused], _ = await service.exclude(tx, who, Exclusion(claim_ids=[food], reason="不涉及"))
        assert (done, refused[1]) == (0, "decided_by_government")
        assert "提出争议" in refused[2]
        assert await state() == ("claimed", "〔2026〕1号")
    await decided(world, food, "〔2026〕2号", "not_applicable")
    for who in people:
        done, [refused], _ = await claim(world, [food], organ, who)
        assert (done, refused[1]) == (0, "decided_by_government")
        assert await state() == ("not_applicable", "〔2026〕2号")
    await decided(world, food, "〔2026〕3号", "claimed", organ)
    assert await state() == ("claimed", "〔2026〕3号")


async def test_an_organ_answers_only_for_itself(world: World) -> None:
    _, food = await offered_two(world)
    other = world.organs[CITY]
    with pytest.raises(problems.Forbidden):
        await claim(world, [food], other, somebody("compiler", COUNTY, other))
    with pytest.raises(problems.Forbidden):
        await claim(world, [food], world.organs[COUNTY], somebody("compiler", CITY, other))


async def test_all_that_was_offered_to_an_organ_is_claimed_at_once(world: World) -> None:
    await offered_two(world)
    organ = world.organs[COUNTY]
    async with world.transaction() as tx:
        everything = Chosen(region_code=COUNTY, list_kind="permit", organ_id=organ)
        assert await service.claim(tx, somebody("compiler", COUNTY, organ), everything) == (2, [], False)
    assert {row["state"] for row in await claims(world)} == {"claimed"}


@pytest.mark.req("TH-07")
async def test_what_was_said_to_the_superior_is_kept_with_the_claim(world: World) -> None:
    _, food = await offered_two(world)
    said = NewContact(counterpart="市行政审批局", contacted_on=clock.now().date(), note="确认由区级实施")
    async with world.transaction() as tx:
        await service.contact(tx, somebody("compiler", COUNTY, world.organs[COUNTY]), food, said)
        [kept] = await repository.contacts(tx.connection, food, after=None, limit=5)
    assert (kept["kind"], kept["counterpart"], kept["note"]) == ("contact", "市行政审批局", "确认由区级实施")


async def test_a_matter_that_the_superior_ends_is_not_offered_any_more_and_comes_back_with_it(world: World) -> None:
    [upper] = await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD)])
    await plan(world, COUNTY)
    await settle(world)
    await world.decide([("suspend", upper, {"state": "in_use"}, {"state": "suspended"})], region=PROVINCE)
    await settle(world)
    assert [row["state"] for row in await claims(world)] == ["withdrawn"]
    await world.decide([("resume", upper, {"state": "suspended"}, {"state": "in_use"})], region=PROVINCE)
    await settle(world)
    assert [row["state"] for row in await claims(world)] == ["offered"]


@pytest.mark.req("TH-06")
async def test_what_a_superior_devolves_is_offered_to_the_level_it_comes_down_to(world: World) -> None:
    [upper] = await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD, "2")])
    await plan(world, PROVINCE)
    await settle(world)
    assert await claims(world, CITY) == []
    adjustment = await world.decide([("modify", upper, {"level": "2"}, {"level": "2,3"})], region=PROVINCE)
    await settle(world)
    [row] = await claims(world, CITY)
    assert (row["state"], row["adjustment_id"]) == ("offered", adjustment)
    assert await claims(world, COUNTY) == []


@pytest.mark.req("ZZ-10")
async def test_a_thousand_matters_are_offered_to_twenty_counties_by_a_handful_of_statements(world: World) -> None:
    regions = [f"4498{number:02d}000000" for number in range(1, 21)]
    await world.run(
        "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors)"
        " SELECT r, r, 'county', 'administrative', :city, ARRAY[:city, :province]"
        " FROM unnest(CAST(:regions AS text[])) AS r ON CONFLICT DO NOTHING",
        regions=regions, city=CITY, province=PROVINCE,
    )  # fmt: skip
    for region in regions:
        await plan(world, region)
    await settle(world)
    await world.list_of("base_catalogue", PROVINCE)
    matters = [master(f"许可{n}", f"0001{n // 900 + 20:02d}{n % 900 + 1:03d}000") for n in range(1_000)]
    ids = await world.enter("base_catalogue", PROVINCE, matters)
    with counted(world.engine) as sent:
        await world.drain(CLAIMS)
    [row] = await world.rows(
        "SELECT count(*) AS claims FROM qingdan.claim WHERE superior_item_id = ANY(:ids) AND state = 'offered'", ids=ids
    )
    assert row["claims"] == 20_000
    assert len(sent) <= 12, "\n".join(statement[:90] for statement in sent)
