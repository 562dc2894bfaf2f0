"""Handling records from service platforms, held against the list that was in force when they were accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from tests.statements import counted
from tests.workflow.county import COUNTY, OTHER_COUNTY
from tests.workflow.oversight_world import (
    RECORDS,
    RESPONSIBLE,
    VIOLATIONS,
    code_of,
    coded,
    get,
    platform,
    record,
    send,
    taken,
    tick,
)
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import BEGIN, day, set_time
from tests.workflow.world import World

pytestmark = pytest.mark.usefixtures("at_the_beginning")


@pytest.fixture
def at_the_beginning() -> Any:
    set_time(BEGIN + timedelta(minutes=1))
    yield
    clock.use(None)


async def test_only_platforms_with_the_scope_tell_of_records(world: World) -> None:
    await platform(world, "别的系统", scopes=("subscriptions",))
    told = await record(world, "9" * 31)
    assert code_of(await send(world, told, who="审改办"), 403) == "clients_only"
    assert code_of(await send(world, told, who="别的系统"), 403) == "insufficient_scope"
    assert (await world.call(None, "POST", RECORDS, {"records": [told]})).status_code == 401


async def test_a_bad_row_is_told_and_the_others_are_taken(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    sound = await record(world, code)
    late = await record(world, code, "2", completed_at="2026-03-01T00:00:00+08:00", outcome="granted")
    unknown = await record(world, code, "3", organ_credit_code="9" * 18)
    told = await taken(world, sound, {"number": "x"}, late, "nonsense", unknown, await record(world, code, "4", fees=[
        {"name": "工本费", "amount": "1e400"}]))  # fmt: skip
    assert [row["state"] for row in told["items"]] == ["taken", "refused", "refused", "refused", "refused", "refused"]
    assert (told["taken"], told["refused"]) == (1, 5)
    assert "办结时间不能早于受理时间" in told["items"][2]["errors"][0]["message"]
    assert told["items"][4]["errors"][0]["code"] == "unknown_organ"
    assert {"pointer": "/revision", "code": "missing", "message": "必填"} in told["items"][1]["errors"]


async def test_a_platform_tells_only_of_its_own_region(world: World) -> None:
    await platform(world, "外县平台", region=OTHER_COUNTY)
    _, code = await coded(world, "环评审批")
    told = await taken(world, await record(world, code), who="外县平台")
    assert told["items"][0]["errors"][0]["code"] == "foreign_organ"


@pytest.mark.parametrize("accepted_at", [1.5, "2999-03-05T10:00:00+08:00", "0001-01-01T00:00:00+08:00"])
async def test_an_instant_no_limit_can_be_counted_from_is_refused(world: World, accepted_at: Any) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    (row,) = (await taken(world, await record(world, code, accepted_at=accepted_at)))["items"]
    assert (row["state"], row["errors"][0]["pointer"]) == ("refused", "/accepted_at")


@pytest.mark.parametrize("records", [[], None, [{}] * 501, "x"])
async def test_a_batch_has_one_record_at_least_and_five_hundred_at_most(world: World, records: Any) -> None:
    await platform(world)
    answer = await world.call("政务平台", "POST", RECORDS, {"records": records})
    assert answer.status_code == 422, answer.text


@pytest.mark.req("TH-49")
@pytest.mark.req("ZZ-47")
async def test_an_unknown_code_is_a_violation_that_names_who_answers_to_those_who_supervise_alone(world: World) -> None:
    await platform(world)
    told = await taken(world, await record(world, "9" * 31))
    assert (told["items"][0]["standing"], told["items"][0]["violations"]) == ("unlisted", ["unlisted"])
    path = f"{VIOLATIONS}?region={COUNTY}&organ={world.organs['环保局']}"
    (found,) = (await get(world, path))["items"]
    assert (found["kind_title"], found["severity"], found["state"]) == ("清单之外实施", "serious", "open")
    assert found["responsible"] == RESPONSIBLE
    (seen,) = (await get(world, path, "环保编制"))["items"]
    assert seen["responsible"] is None
    assert code_of(await world.call("环保编制", "GET", f"{VIOLATIONS}?region={COUNTY}"), 403) == "not_yours"
    events = await world.run("SELECT type, refs::text AS refs FROM qingdan.event WHERE refs::text LIKE :id",
                             id=f"%{found['id']}%")  # fmt: skip
    assert [row.type for row in events] == ["violation.found"]
    written = await world.run("SELECT count(*) AS n FROM qingdan.event WHERE refs::text LIKE '%HB0317%'")
    assert written[0].n == 0, "persons are in no event"


async def test_the_list_that_held_at_acceptance_counts_and_not_the_one_of_today(world: World) -> None:
    await platform(world)
    item, code = await coded(world, "环评审批")
    await world.run(
        "INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation)"
        " SELECT item_id, 2, :cancelled, elements || '{\"state\": \"cancelled\"}', '{}', 'cancel'"
        " FROM qingdan.item_version WHERE item_id = :item AND number = 1",
        item=item, cancelled=day(10),
    )  # fmt: skip
    await world.run("UPDATE qingdan.item SET version = 2, state = 'cancelled' WHERE id = :item", item=item)
    set_time(day(11))
    before = await record(world, code, "before", accepted_at=day(9).isoformat())
    after = await record(world, code, "after", accepted_at=day(10, 11).isoformat())
    early = await record(world, code, "early", accepted_at="2025-12-01T10:00:00+08:00")
    told = (await taken(world, before, after, early))["items"]
    assert [row["standing"] for row in told] == ["in_use", "cancelled", "not_yet"]
    assert [row["violations"] for row in told] == [[], ["cancelled"], ["not_yet"]]


@pytest.mark.req("ZZ-47")
async def test_what_the_list_does_not_have_is_a_violation_with_its_proof(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    told = await record(world, code, materials=["申请表", "营业执照(复印件)", "学历证明"],
                        fees=[{"name": "工本费", "amount": "10.00"}])  # fmt: skip
    (row,) = (await taken(world, told))["items"]
    assert row["violations"] == ["extra_material", "extra_fee"]
    found = (await get(world, f"{VIOLATIONS}?region={COUNTY}&organ={world.organs['环保局']}"))["items"]
    proofs = {each["kind"]: each["proof"] for each in found}
    assert proofs["extra_material"]["extra"] == ["学历证明"], "brackets of another width are the same name"
    assert proofs["extra_fee"]["extra"] == [{"name": "工本费", "amount": "10.00"}]


async def test_the_same_record_again_changes_nothing_and_a_later_one_replaces_it(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    first = await record(world, code)
    (one,) = (await taken(world, first))["items"]
    (again,) = (await taken(world, first))["items"]
    assert (again["state"], again["id"]) == ("unchanged", one["id"])
    done = first | {"revision": 3, "completed_at": day(5, 10).isoformat(), "outcome": "granted"}
    both = await taken(world, first | {"revision": 2}, done, done)
    assert [row["state"] for row in both["items"]] == ["unchanged", "taken", "unchanged"]
    shown = await get(world, f"{RECORDS}/{one['id']}", "政务平台")
    assert (shown["state"], shown["revision"], shown["outcome"]) == ("completed", 3, "granted")
    assert (await taken(world, first | {"revision": 2}))["unchanged"] == 1, "what comes late is old"


@pytest.mark.req("TH-29")
async def test_a_limit_warns_in_grades_before_it_runs_out_and_leaves_a_violation_when_it_has(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    (row,) = (await taken(world, await record(world, code)))["items"]
    assert row["due_at"].startswith("2026-03-19T"), "ten working days after 5 March"
    path = f"{RECORDS}/{row['id']}"
    for moment, warned in ((day(6), None), (day(12, 18), "share_50"), (day(17, 12), "share_80")):
        set_time(moment)
        await tick(world)
        assert (await get(world, path))["warned"] == warned
    set_time(day(20))
    await tick(world)
    await tick(world)
    shown = await get(world, path)
    assert shown["warned"] == "overdue"
    found = (await get(world, f"{VIOLATIONS}?region={COUNTY}&organ={world.organs['环保局']}"))["items"]
    assert [(each["kind"], each["severity"]) for each in found] == [("limit_exceeded", "ordinary")]
    set_time(day(3, month=4))
    await tick(world)
    found = (await get(world, f"{VIOLATIONS}?region={COUNTY}&organ={world.organs['环保局']}"))["items"]
    assert {each["kind"] for each in found} == {"limit_exceeded", "statutory_limit_exceeded"}
    told = await world.run(
        "SELECT refs->>'grade' AS grade FROM qingdan.event WHERE type = 'handling_record.warned'"
        " AND refs->'records' ? CAST(:id AS text) ORDER BY position",
        id=row["id"],
    )
    assert [each.grade for each in told] == ["share_50", "share_80", "overdue", "statutory_overdue"]


@pytest.mark.req("TH-29")
async def test_a_region_sets_its_own_thresholds_and_a_pause_is_not_counted(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    path = f"/workflow/v1/oversight/settings/{COUNTY}"
    answer = await world.call("管理员", "PUT", path, {"thresholds": [90, 30]}, **{"If-Match": '"0"'})
    assert code_of(answer, 422) == "thresholds_out_of_order"
    assert code_of(await world.call("审改办", "PUT", path, {"thresholds": [30]}, **{"If-Match": '"0"'}), 403)
    answer = await world.call("管理员", "PUT", path, {"thresholds": [30, 90]}, **{"If-Match": '"0"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"'), answer.text
    set_time(day(13, 18))
    paused = {"began": day(6).isoformat(), "ended": day(13).isoformat(), "reason": "专家评审"}
    told = await taken(world, await record(world, code), await record(world, code, "2", pauses=[paused]))
    assert [row["due_at"][:10] for row in told["items"]] == ["2026-03-19", "2026-03-26"]
    shown = await get(world, f"{RECORDS}/{told['items'][0]['id']}")
    assert [each["grade"] for each in shown["warnings"]] == ["share_30", "share_90", "overdue", "statutory_overdue"]
    await world.run("DELETE FROM qingdan.oversight_setting")


async def test_a_record_done_late_is_a_violation_however_late_it_is_told(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    set_time(day(1, month=6))
    late = await record(world, code, completed_at=day(25).isoformat(), outcome="granted")
    (row,) = (await taken(world, late))["items"]
    assert row["violations"] == ["limit_exceeded"]
    (found,) = (await get(world, f"{VIOLATIONS}?region={COUNTY}&organ={world.organs['环保局']}"))["items"]
    assert found["proof"]["days_late"] == 6
    await tick(world)
    assert (await get(world, f"{RECORDS}/{row['id']}"))["warned"] is None, "nobody is warned of what is done"


async def test_violations_of_an_organ_are_one_task_until_the_last_is_seen_to(world: World) -> None:
    await platform(world)
    told = await taken(world, *[await record(world, "9" * 31, str(number)) for number in range(3)])
    assert told["violations"] == 3
    organ = str(world.organs["环保局"])

    async def tasks() -> list[Any]:
        return [task for task in await tasks_of(world, "审改办", "&kind=violation") if organ in task["subject"]]

    (task,) = await tasks()
    assert task["title"].endswith("清单之外实施")
    found = (await get(world, task["href"]))["items"]
    assert len(found) == 3
    dismissal = {"reason": "平台误报编码"}
    first = f"{VIOLATIONS}/{found[0]['id']}/dismiss"
    assert code_of(await world.call("环保编制", "POST", first, dismissal), 403) == "not_supervisor"
    for number, each in enumerate(found):
        assert len(await tasks()) == 1, number
        answer = await world.call("审改办", "POST", f"{VIOLATIONS}/{each['id']}/dismiss", dismissal)
        assert (answer.status_code, answer.json()["state"]) == (200, "dismissed"), answer.text
    assert await tasks() == []
    assert code_of(await world.call("审改办", "POST", first, dismissal), 409) == "illegal_transition"
    await taken(world, await record(world, "9" * 31, "again"))
    assert len(await tasks()) == 1, "the task opens again"


async def test_a_batch_costs_the_same_statements_however_large_it_is(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    sent = {}
    for size in (1, 60):
        rows = [await record(world, code, f"{size}-{number}", materials=["多余材料"]) for number in range(size)]
        with counted(world.engine) as statements:
            assert (await taken(world, *rows))["violations"] == size
        sent[size] = len(statements)
    assert sent[60] == sent[1] <= 14, sent


async def test_records_are_seen_by_their_platform_and_those_who_work_for_the_place(world: World) -> None:
    mine = await platform(world)
    await platform(world, "另一平台")
    _, code = await coded(world, "环评审批")
    (row,) = (await taken(world, await record(world, code)))["items"]
    path = f"{RECORDS}/{row['id']}"
    assert (await get(world, path, "政务平台"))["client_id"] == str(mine.account_id)
    await get(world, path, "另一平台", 404)
    await get(world, path, "外县政府", 404)
    assert (await get(world, path, "环保编制"))["responsible"] is None
    assert (await get(world, path, "县政府"))["responsible"] == RESPONSIBLE
    assert [each["id"] for each in (await get(world, RECORDS, "政务平台"))["items"]] == [row["id"]]
    assert (await get(world, RECORDS, "另一平台"))["items"] == []
    assert code_of(await world.call("审改办", "GET", RECORDS), 422) == "region_missing"
    organ = f"{RECORDS}?region={COUNTY}&organ={world.organs['环保局']}&state=open&standing=in_use"
    assert [each["id"] for each in (await get(world, organ))["items"]] == [row["id"]]
