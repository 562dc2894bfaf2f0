"""Orders to put something right: issued, reported with evidence, accepted against the list, escalated when late."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.workflow.clocks import jobs as clocks
from services.workflow.escalations import jobs as escalations
from shared import clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.workflow.county import CITY, COUNTY
from tests.workflow.oversight_world import ORDERS, VIOLATIONS, code_of, coded, get, platform, violation
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import BEGIN, day, set_time
from tests.workflow.world import World

pytestmark = pytest.mark.usefixtures("at_the_beginning")
REPORT = {"statement": "已停止实施", "evidence": [{"title": "停止实施公告", "reference": "档案号 2026-031"}]}
HASHED = REPORT | {"evidence": [{"title": "停止实施公告", "reference": "档案号 2026-031", "sha256": "0f" * 32}]}
REASON = {"reason": "已核验，整改到位"}


@pytest.fixture
def at_the_beginning() -> Any:
    set_time(BEGIN)
    yield
    clock.use(None)


async def suspect(world: World, item: UUID, verdict: str | None = "disguised") -> str:
    """A suspected disguised permit as the catalog keeps it; its subject."""
    id_ = new_id()
    await world.run(
        "INSERT INTO qingdan.suspect (id, subject, item_id, list_id, list_kind, region_code, name, pattern, score,"
        " signals, fingerprint, facts, state, verdict, judged_at, opened_at, seen_at)"
        " VALUES (:id, 'item', :item, :list, 'permit', :region, '户外广告备案', 'disguised', 8, '[]', 'x', '{}',"
        " :state, :verdict, :at, :at, :at)",
        id=id_, item=item, list=world.lists["permit"], region=COUNTY, verdict=verdict, at=BEGIN,
        state="judged" if verdict else "open",
    )  # fmt: skip
    return f"suspect/{id_}"


def order(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "subject": subject, "requirement": "停止以备案名义实施的审批", "remedy": "stop", "due_on": "2026-03-20",
    } | more  # fmt: skip


async def issued(world: World, subject: str, **more: Any) -> Any:
    answer = await world.call("审改办", "POST", ORDERS, order(subject, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def act(world: World, who: str, order_id: str, name: str, body: Any, status: int = 200) -> Any:
    answer = await world.call(who, "POST", f"{ORDERS}/{order_id}/{name}", body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def on_violation(world: World, **more: Any) -> Any:
    await platform(world)
    return await issued(world, f"violation/{await violation(world)}", remedy="correct", **more)


async def overdue(world: World) -> None:
    await clocks.tick(world.engine)
    await world.drain()


@pytest.mark.req("ZZ-29")
async def test_nothing_is_ordered_on_a_suspicion_that_nobody_has_judged(world: World) -> None:
    item = await world.item("户外广告备案")
    answer = await world.call("审改办", "POST", ORDERS, order(await suspect(world, item, None)))
    assert code_of(answer, 409) == "not_judged"
    answer = await world.call("审改办", "POST", ORDERS, order(f"suspect/{new_id()}"))
    assert code_of(answer, 422) == "unknown_subject"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"due_on": "2026-03-05"}, 422),
        ({"due_on": "1e9"}, 422),
        ({"due_on": 1772668800}, 422),
        ({"due_on": "9999-12-31"}, 422),
        ({"subject": "item/0197f3a0-0000-7000-8000-000000000041"}, 422),
        ({"remedy": "nothing"}, 422),
        ({"requirement": "停止\0"}, 422),
        ({"organ_id": "0197f3a0-0000-7000-8000-000000000041"}, 422),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(world: World, change: dict[str, Any], status: int) -> None:
    subject = await suspect(world, await world.item("户外广告备案"))
    answer = await world.call("审改办", "POST", ORDERS, order(subject) | change)
    assert answer.status_code == status, answer.text


async def test_only_those_who_supervise_issue_orders_and_one_is_open_at_a_time(world: World) -> None:
    subject = await suspect(world, await world.item("户外广告备案"))
    for who in ("环保编制", "环保局长", "外县政府"):
        assert code_of(await world.call(who, "POST", ORDERS, order(subject)), 403) == "not_supervisor"
    await issued(world, subject)
    assert code_of(await world.call("县政府", "POST", ORDERS, order(subject)), 409) == "order_open"


@pytest.mark.req("ZZ-29")
@pytest.mark.req("ZZ-62")
async def test_a_disguised_permit_is_put_right_only_when_the_list_shows_it(world: World) -> None:
    item = await world.item("户外广告备案")
    found = await issued(world, await suspect(world, item), severity="serious")
    assert (found["state_title"], found["remedy_title"], found["organ_id"]) == (
        "整改中", "停止实施", str(world.organs["环保局"]),
    )  # fmt: skip
    (task,) = [each for each in await tasks_of(world, "环保编制", "&kind=rectification") if each["id"] == found["id"]]
    assert (task["href"], task["due_at"][:10]) == (f"{ORDERS}/{found['id']}", "2026-03-20")
    assert (await act(world, "审改办", found["id"], "accept", REASON, 409))["code"] == "illegal_transition"
    assert (await act(world, "住建编制", found["id"], "report", REPORT, 404))["code"] == "rectification_order_not_found"
    assert (await act(world, "审改办", found["id"], "report", REPORT, 403))["code"] == "not_yours"
    await act(world, "环保编制", found["id"], "report", REPORT | {"evidence": []}, 422)
    bare = await act(world, "环保编制", found["id"], "report", REPORT, 422)
    assert (bare["code"], bare["errors"][0]["pointer"]) == ("digest_missing", "/evidence/0/sha256")
    reported = await act(world, "环保编制", found["id"], "report", HASHED)
    assert (reported["state"], reported["evidence"][0]["sha256"]) == ("reported", "0f" * 32)
    refused = await act(world, "审改办", found["id"], "accept", REASON, 409)
    assert (refused["code"], "仍为在用" in refused["detail"]) == ("not_rectified", True)
    await world.new_version(item, {"state": "suspended"})
    assert (await act(world, "审改办", found["id"], "accept", REASON, 409))["code"] == "not_accounted"
    nobody = {"measure": "none", "basis": "县政府常务会议纪要", "reason": "系历史遗留，主动整改"}
    await act(world, "县政府", found["id"], "measures", nobody)
    closed = await act(world, "审改办", found["id"], "accept", REASON)
    assert (closed["state"], [each["act"] for each in closed["history"]]) == (
        "accepted", ["issued", "reported", "accepted"],
    )  # fmt: skip
    assert not [
        each for each in await tasks_of(world, "审改办", "&kind=rectification") if found["id"] in each["subject"]
    ]


@pytest.mark.req("ZZ-29")
async def test_a_missing_basis_is_put_right_by_another_basis_and_an_adjustment_must_be_in_effect(world: World) -> None:
    item = await world.item("户外广告备案")
    found = await issued(world, await suspect(world, item), remedy="complete_basis")
    opened = await world.open({"operation": "modify", "item_id": str(item), "elements": {"name": "广告"}})
    stranger = REPORT | {"adjustment_id": str(new_id())}
    assert (await act(world, "环保编制", found["id"], "report", stranger, 422))["code"] == "unknown_adjustment"
    await act(world, "环保编制", found["id"], "report", REPORT | {"adjustment_id": opened["id"]})
    assert "尚未生效" in (await act(world, "审改办", found["id"], "accept", REASON, 409))["detail"]
    await world.run("UPDATE qingdan.adjustment SET state = 'effective' WHERE id = CAST(:id AS uuid)", id=opened["id"])
    assert "设定依据尚未完善" in (await act(world, "审改办", found["id"], "accept", REASON, 409))["detail"]
    await world.run("UPDATE qingdan.item SET basis_digest = 7 WHERE id = :id", id=item)
    assert (await act(world, "审改办", found["id"], "accept", REASON))["state"] == "accepted"


async def test_what_is_not_put_right_goes_back_with_another_day(world: World) -> None:
    found = await on_violation(world)
    await act(world, "环保局长", found["id"], "report", REPORT)
    check = [each for each in await tasks_of(world, "审改办", "&kind=rectification") if found["id"] in each["subject"]]
    assert [each["title"][:6] for each in check] == ["核验整改结果"]
    again = await act(world, "审改办", found["id"], "return", {"reason": "公告未张贴", "due_on": "2026-03-27"})
    assert (again["state"], again["due_at"][:10]) == ("issued", "2026-03-27")
    (task,) = [each for each in await tasks_of(world, "环保编制", "&kind=rectification") if found["id"] == each["id"]]
    assert task["due_at"].startswith("2026-03-27")


async def test_who_reports_cannot_accept_and_an_accepted_order_closes_its_violation(world: World) -> None:
    found = await on_violation(world)
    world.person("兼任", ("compiler", COUNTY, "环保局"), ("reviewer", COUNTY, None))
    await act(world, "兼任", found["id"], "report", REPORT)
    assert (await act(world, "兼任", found["id"], "accept", REASON, 403))["code"] == "own_report"
    await act(world, "县政府", found["id"], "accept", REASON)
    about = found["subject"].removeprefix("violation/")
    assert (await get(world, f"{VIOLATIONS}/{about}"))["state"] == "remedied"
    answer = await world.call("审改办", "POST", ORDERS, order(found["subject"]))
    assert code_of(answer, 409) == "subject_closed"


@pytest.mark.req("ZZ-62")
@pytest.mark.req("HB-40")
async def test_an_order_that_is_late_goes_up_level_by_level_once_each(world: World) -> None:
    world.person("市审改办", ("reviewer", CITY, None))
    found = await on_violation(world)
    set_time(day(21))
    await overdue(world)
    await overdue(world)
    shown = await get(world, f"{ORDERS}/{found['id']}")
    assert (shown["escalation"], shown["overdue"]) == (1, True)
    mine = [each for each in await tasks_of(world, "县政府", "&kind=rectification") if found["id"] in each["subject"]]
    assert [each["title"][:12] for each in mine] == ["督办逾期整改（第1级）："]
    set_time(day(30))
    await overdue(world)
    assert (await get(world, f"{ORDERS}/{found['id']}"))["escalation"] == 2
    above = [
        each for each in await tasks_of(world, "市审改办", "&kind=rectification") if found["id"] in each["subject"]
    ]
    assert len(above) == 1
    await act(world, "环保编制", found["id"], "report", REPORT)
    set_time(day(20, month=4))
    await overdue(world)
    assert (await get(world, f"{ORDERS}/{found['id']}"))["escalation"] == 2, (
        "what is reported waits for those who check"
    )
    await act(world, "审改办", found["id"], "accept", REASON)
    for who in ("县政府", "市审改办"):
        left = [each for each in await tasks_of(world, who, "&kind=rectification") if found["id"] in each["subject"]]
        assert left == []


async def test_what_was_given_more_time_meanwhile_does_not_go_up(world: World) -> None:
    found = await on_violation(world)
    await act(world, "环保编制", found["id"], "report", REPORT)
    await act(world, "审改办", found["id"], "return", {"reason": "公告未张贴", "due_on": "2026-04-10"})
    set_time(day(21))
    late = NewEvent(type="clock.overdue", region_code=COUNTY, refs={"subject": f"rectification_order/{found['id']}"})
    await world.tell(late)
    assert (await get(world, f"{ORDERS}/{found['id']}"))["escalation"] == 0
    set_time(day(11, month=4))
    await overdue(world)
    assert (await get(world, f"{ORDERS}/{found['id']}"))["escalation"] == 1


@pytest.mark.req("ZZ-32")
async def test_only_a_grave_case_is_held_to_account_and_the_person_stays_unknown(world: World) -> None:
    await platform(world)
    mild = await issued(world, f"violation/{await violation(world)}", remedy="correct")
    measure = {
        "measure": "criticism",
        "basis": "县政府督查通报〔2026〕2号",
        "reason": "逾期未整改",
        "person_id": "HB0001",
        "role": "分管负责人",
    }
    await act(world, "县政府", mild["id"], "measures", measure | {"role": None}, 422)
    assert (await act(world, "县政府", mild["id"], "measures", measure, 409))["code"] == "not_grave"
    await act(world, "审改办", mild["id"], "escalate", {"reason": "多次督促无果"})
    kept = await act(world, "县政府", mild["id"], "measures", measure)
    assert kept["measures"] is None, "answers to POST are kept for repeats"
    held = await get(world, f"{ORDERS}/{mild['id']}", "县政府")
    assert [(each["measure"], each["person_id"]) for each in held["measures"]] == [("criticism", "HB0001")]
    assert (await get(world, f"{ORDERS}/{mild['id']}", "环保编制"))["measures"] is None
    events = await world.run(
        "SELECT type, refs::text AS refs, reason FROM qingdan.event WHERE refs->'orders' ? CAST(:id AS text)"
        " ORDER BY position",
        id=mild["id"],
    )
    assert [each.type for each in events] == [
        "rectification_order.issued", "rectification_order.escalated", "rectification_order.accounted",
    ]  # fmt: skip
    assert "HB0001" not in str([dict(each) for each in events])


async def test_what_is_late_rises_by_its_own_ladder_alone(world: World) -> None:
    """The ladder of tasks leaves orders alone, and a limit on checking one does not make the order late."""
    found = await on_violation(world)
    set_time(day(21))
    await overdue(world)
    set_time(day(20, month=5))
    await escalations.escalate(world.engine)
    risen = await world.run(
        "SELECT count(*) AS n FROM qingdan.task_escalation AS e JOIN qingdan.task AS t ON t.id = e.task_id"
        " WHERE t.subject LIKE 'rectification_order/' || CAST(:id AS text) || '%'",
        id=found["id"],
    )
    assert risen[0].n == 0
    check = NewEvent(type="clock.overdue", region_code=COUNTY,
                     refs={"subject": f"rectification_order/{found['id']}/check"})  # fmt: skip
    await world.tell(check)
    assert (await get(world, f"{ORDERS}/{found['id']}"))["escalation"] == 1
    parked = await world.run("SELECT count(*) AS n FROM qingdan.parked WHERE service = 'workflow'")
    assert parked[0].n == 0


async def test_an_order_is_withdrawn_with_a_reason_and_another_can_be_issued(world: World) -> None:
    item, _ = await coded(world, "环评审批")
    subject = await suspect(world, item)
    found = await issued(world, subject)
    stale = {"If-Match": '"9"'}
    answer = await world.call("审改办", "POST", f"{ORDERS}/{found['id']}/withdraw", REASON, **stale)
    assert answer.status_code == 412
    assert (await act(world, "审改办", found["id"], "withdraw", REASON))["state"] == "withdrawn"
    again = await issued(world, subject)
    shown = (await get(world, f"{ORDERS}?region={COUNTY}&item={item}&origin=suspect&state=issued"))["items"]
    assert [each["id"] for each in shown] == [again["id"]]


async def test_an_organ_that_is_no_more_has_nothing_to_put_right(world: World) -> None:
    await platform(world)
    about = f"violation/{await violation(world)}"
    abolished = world.organs["环保局"]
    await world.run("UPDATE qingdan.organ SET state = 'abolished' WHERE id = :id", id=abolished)
    answer = await world.call("审改办", "POST", ORDERS, order(about))
    assert code_of(answer, 422) == "organ_inactive"
    assert answer.json()["errors"][0]["pointer"] == "/organ_id"
    heir = await issued(world, about, organ_id=str(world.organs["住建局"]))
    assert heir["organ_id"] == str(world.organs["住建局"])
