"""Records told twice, corrected, told by two connections at once; entries that change while a record is running."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from services.workflow.handling import repository
from shared import clock
from shared.ledger.transaction import begin
from tests.shared.room import until
from tests.workflow.county import BORN, COUNTY
from tests.workflow.oversight_world import (
    RECORDS,
    VIOLATIONS,
    code_of,
    coded,
    credit_code,
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
    set_time(BEGIN)
    yield
    clock.use(None)


async def found(world: World, who: str = "审改办", **filters: str) -> list[Any]:
    asked = "".join(f"&{name}={value}" for name, value in filters.items())
    organ = world.organs["环保局"]
    answer = await get(world, f"{VIOLATIONS}?region={COUNTY}&organ={organ}{asked}", who)
    return list(answer["items"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"accepted_at": day(5, 11).isoformat()}, "/accepted_at"),
        ({"completed_at": day(6).isoformat(), "outcome": "granted"}, "/completed_at"),
        ({"pauses": [{"began": day(6).isoformat(), "reason": "专家评审"}]}, "/pauses/0/began"),
        (
            {"pauses": [{"began": day(5, 10).isoformat(), "ended": "2079-12-01T00:00:00+08:00", "reason": "专家评审"}]},
            "/pauses/0/ended",
        ),
    ],
)
async def test_what_has_not_happened_yet_is_refused(world: World, change: dict[str, Any], pointer: str) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    (row,) = (await taken(world, await record(world, code, **change)))["items"]
    (error,) = row["errors"]
    assert (row["state"], error["code"], error["pointer"]) == ("refused", "in_future", pointer)
    fast = await record(world, code, accepted_at=day(5, 10).replace(minute=9).isoformat())
    assert (await taken(world, fast))["taken"] == 1, "a platform's clock may be some minutes fast"


async def test_what_waits_after_its_end_is_refused(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    set_time(day(12))
    done = {"completed_at": day(9).isoformat(), "outcome": "granted"}
    waiting = {"began": day(10).isoformat(), "reason": "专家评审"}
    for pause in (waiting, waiting | {"ended": day(11).isoformat()}):
        (row,) = (await taken(world, await record(world, code, pauses=[pause], **done)))["items"]
        assert (row["state"], row["errors"][0]["message"]) == ("refused", "暂停不能在办结之后开始"), row


async def test_a_revision_stands_for_one_content_and_is_refused_with_another(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    first = await record(world, code)
    twice = await taken(world, first, first | {"name": "改名"}, first)
    assert [row["state"] for row in twice["items"]] == ["taken", "refused", "unchanged"]
    (again,) = (await taken(world, first | {"materials": []}))["items"]
    assert (again["state"], again["errors"][0]["code"]) == ("refused", "revision_reused")
    shown = await get(world, f"{RECORDS}/{twice['items'][0]['id']}")
    assert (shown["name"], shown["materials"]) == ("环评审批", ["申请表"])
    assert (await taken(world, first | {"revision": 2, "materials": []}))["taken"] == 1


async def test_the_end_told_before_the_beginning_stays_the_end(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    set_time(day(12))
    done = await record(world, code, revision=2, completed_at=day(11).isoformat(), outcome="granted")
    begun = await record(world, code)
    (end,) = (await taken(world, done))["items"]
    (late,) = (await taken(world, begun))["items"]
    assert (late["state"], late["id"]) == ("unchanged", end["id"])
    shown = await get(world, f"{RECORDS}/{end['id']}")
    assert (shown["state"], shown["completed_at"][:10]) == ("completed", "2026-03-11")


@pytest.mark.req("TH-49")
async def test_a_correction_is_noted_beside_the_violation_and_does_not_take_it_back(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    await taken(world, await record(world, "9" * 31))
    (wrong,) = await found(world)
    assert (wrong["kind"], wrong["corrected_at"], wrong["revision"]) == ("unlisted", None, 1)
    await taken(world, await record(world, code, revision=2, materials=["申请表", "学历证明"]))
    both = {each["kind"]: each for each in await found(world)}
    assert both["unlisted"]["state"] == "open"
    assert both["unlisted"]["corrected_at"] is not None
    assert (both["unlisted"]["code"], both["extra_material"]["code"]) == ("9" * 31, code)
    await taken(world, await record(world, code, revision=3, materials=["学位证明"]))
    both = {each["kind"]: each for each in await found(world)}
    assert (both["extra_material"]["proof"]["extra"], both["extra_material"]["revision"]) == (["学位证明"], 3)
    await taken(world, await record(world, "9" * 31, revision=4))
    again = {each["kind"]: each for each in await found(world)}
    assert again["unlisted"]["corrected_at"] is None, "it shows it again"
    assert again["extra_material"]["corrected_at"] is not None


async def test_a_violation_goes_with_its_record_to_the_organ_it_is_corrected_to(world: World) -> None:
    await platform(world)

    async def tasks(organ: str) -> list[Any]:
        listed = await tasks_of(world, "审改办", "&kind=violation")
        return [task for task in listed if str(world.organs[organ]) in task["subject"]]

    for number in ("1", "2"):
        await taken(world, await record(world, "9" * 31, number))
    moved = {"revision": 2, "organ_credit_code": await credit_code(world, "住建局")}
    await taken(world, await record(world, "9" * 31, "1", **moved))
    assert [len(await tasks(organ)) for organ in ("环保局", "住建局")] == [1, 1], "the other record is still there"
    await taken(world, await record(world, "9" * 31, "2", **moved))
    assert [len(await tasks(organ)) for organ in ("环保局", "住建局")] == [0, 1]
    (told,) = await world.run(
        "SELECT count(*) AS n FROM qingdan.event AS e JOIN qingdan.violation AS v ON e.refs->'violations' ? v.id::text"
        " WHERE e.type = 'violation.found' AND v.organ_id = :organ",
        organ=world.organs["住建局"],
    )
    assert told.n == 2, "each was found once"


async def test_what_a_person_has_judged_is_not_opened_again_by_the_platform(world: World) -> None:
    await platform(world)
    await taken(world, await record(world, "9" * 31))
    (wrong,) = await found(world)
    dismissal = {"reason": "平台误报编码"}
    path = f"{VIOLATIONS}/{wrong['id']}/dismiss"
    assert (await world.call("审改办", "POST", path, dismissal, **{"If-Match": '"7"'})).status_code == 412
    answer = await world.call("审改办", "POST", path, dismissal)
    assert answer.status_code == 200, answer.text
    await taken(world, await record(world, "9" * 31, revision=2))
    (same,) = await found(world)
    assert (same["state"], same["reason"], same["revision"]) == ("dismissed", "平台误报编码", 1)


async def test_two_connections_with_the_same_records_take_turns_and_store_each_once(world: World) -> None:
    """Each brings records the other has, in another order: without turns they could wait for each other for ever."""
    client = await platform(world)
    _, code = await coded(world, "环评审批")
    rows = [await record(world, "9" * 31 if number % 2 else code, str(number)) for number in range(60)]
    later = [row | {"revision": 2} for row in rows]
    answers: list[Any] = []

    async def tell(batch: list[Any]) -> None:
        answers.append(await send(world, *batch))

    async def both_wait() -> bool:
        waiting = await world.run(
            "SELECT count(*) AS n FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()"
        )
        return bool(waiting[0].n == 2)

    for first, second in ((rows, list(reversed(rows))), (later, list(reversed(later[:50])) + rows[50:])):
        async with anyio.create_task_group() as group:
            async with begin(world.engine, service="workflow", actor="system:test") as tx:
                await repository.take_turns(tx.connection, client.account_id)
                group.start_soon(tell, first)
                group.start_soon(tell, second)
                await until(both_wait)
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]
    assert sum(answer.json()["taken"] for answer in answers) == 120, "each revision of each record once"
    stored = await world.run(
        "SELECT count(*) AS n, min(revision) AS least FROM qingdan.handling_record WHERE number LIKE :mine",
        mine=f"{world.suffix}-%",
    )
    assert (stored[0].n, stored[0].least) == (60, 2)
    told = await world.run(
        "SELECT v.id FROM qingdan.violation AS v JOIN qingdan.handling_record AS h ON h.id = v.record_id"
        " WHERE h.number LIKE :mine",
        mine=f"{world.suffix}-%",
    )
    assert len(told) == 30


async def test_a_record_that_still_waits_is_not_late_however_long_it_waits(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    waiting = {"began": day(6).isoformat(), "reason": "专家评审"}
    set_time(day(6, 12))
    first = await record(world, code, pauses=[waiting])
    (row,) = (await taken(world, first))["items"]
    set_time(day(1, month=6))
    (told,) = (await taken(world, first | {"revision": 2}))["items"]
    await tick(world)
    assert told["violations"] == []
    assert (await get(world, f"{RECORDS}/{row['id']}"))["warned"] is None
    done = first | {"revision": 3, "completed_at": day(1, month=6).isoformat(), "outcome": "granted"}
    (ended,) = (await taken(world, done))["items"]
    assert (ended["violations"], ended["due_at"][:10]) == ([], "2026-06-12"), "what still waited waited until the end"


async def test_what_was_accepted_before_the_cancellation_is_finished_and_its_transition_is_told(world: World) -> None:
    await platform(world)
    item, code = await coded(world, "环评审批")
    opened = await world.open({"operation": "modify", "item_id": str(item), "elements": {"name": "新名称"}})
    await world.run(
        "UPDATE qingdan.adjustment SET transitional_rule = '已受理的办结为止，不再受理新的。'"
        " WHERE id = CAST(:id AS uuid)",
        id=opened["id"],
    )
    (row,) = (await taken(world, await record(world, code)))["items"]
    path = f"{RECORDS}/{row['id']}"
    assert (await get(world, path))["transition"] is None
    await world.run(
        "INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation,"
        " adjustment_id) SELECT item_id, 2, :at, elements || '{\"state\": \"cancelled\"}', '{}', 'cancel',"
        " CAST(:adjustment AS uuid) FROM qingdan.item_version WHERE item_id = :item AND number = 1",
        item=item, at=day(10), adjustment=opened["id"],
    )  # fmt: skip
    await world.run("UPDATE qingdan.item SET version = 2, state = 'cancelled' WHERE id = :item", item=item)
    set_time(day(12))
    shown = await get(world, path, "政务平台")
    assert shown["transition"] == {
        "version": 2, "effective_from": shown["transition"]["effective_from"], "operation": "cancel",
        "rule": "已受理的办结为止，不再受理新的。",
    }  # fmt: skip
    done = await record(world, code, revision=2, completed_at=day(12).isoformat(), outcome="granted")
    (ended,) = (await taken(world, done))["items"]
    assert (ended["standing"], ended["violations"]) == ("in_use", [])
    before = await record(world, code, "2", completed_at=day(9).isoformat(), outcome="granted")
    (old,) = (await taken(world, before))["items"]
    assert (await get(world, f"{RECORDS}/{old['id']}"))["transition"] is None, "it was done before the change"
    assert BORN < BEGIN


async def test_persons_are_in_no_answer_that_is_kept_for_repeats(world: World) -> None:
    await platform(world)
    await taken(world, await record(world, "9" * 31))
    (wrong,) = await found(world)
    assert wrong["responsible"] is not None
    clock.use(None)  # keys are kept by the day
    key = {"Idempotency-Key": f"dismiss-{world.suffix}"}
    answer = await world.call("审改办", "POST", f"{VIOLATIONS}/{wrong['id']}/dismiss", {"reason": "误报"}, **key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["responsible"] is None
    kept = await world.run("SELECT count(*) AS n FROM qingdan.idempotency WHERE position('HB0317'::bytea in body) > 0")
    assert kept[0].n == 0
    gone = f"{VIOLATIONS}/{wrong['id']}"
    assert code_of(await world.call("外县政府", "GET", gone), 404) == "violation_not_found"
    assert (await get(world, gone))["responsible"] is not None
