"""Who has left leaves no task behind: it lies for colleagues again, who are told."""

import asyncio
from typing import Any

import pytest

from services.workflow.tasks.departures import jobs
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from tests.workflow.county import COUNTY, PROVINCE
from tests.workflow.messaging import begin, gather, told
from tests.workflow.test_inbox import account, post, review
from tests.workflow.test_tasks import tasks_of
from tests.workflow.world import World


async def given_to(world: World, person: Principal) -> str:
    """A task of the reviewers that somebody has."""
    task = await review(world)
    answer = await post(world, "审改办", task, "assign", {"account_id": str(person.account_id)})
    assert answer.status_code == 200, answer.text
    return task


async def leave(world: World, person: Principal) -> None:
    await world.run("UPDATE qingdan.account SET active = false WHERE id = :id", id=person.account_id)


async def of(world: World, task: str) -> Any:
    (row,) = await world.run(
        "SELECT assignee_id, version, history FROM qingdan.task WHERE id = CAST(:id AS uuid)", id=task
    )
    return row


@pytest.mark.parametrize("how", ["blocked", "role taken back", "role of another organ", "role of another county"])
async def test_what_somebody_cannot_do_any_more_can_be_taken_by_a_colleague(world: World, how: str) -> None:
    await begin(world)
    person = await account(world, "审核甲", "reviewer")
    await account(world, "审核乙", "reviewer")
    task = await given_to(world, person)
    assert (await post(world, "审核乙", task, "take")).json()["code"] == "task_taken"
    await gather(world)
    if how == "blocked":
        await leave(world, person)
    elif how == "role taken back":
        await world.run("DELETE FROM qingdan.account_role WHERE account_id = :id", id=person.account_id)
    elif how == "role of another organ":
        await world.run(
            "UPDATE qingdan.account_role SET organ_id = :organ WHERE account_id = :id",
            organ=world.organs["住建局"],
            id=person.account_id,
        )
    else:
        await world.run(
            "UPDATE qingdan.account_role SET region_code = '130923000000' WHERE account_id = :id", id=person.account_id
        )
    await jobs.release(world.engine)
    await gather(world)
    assert (await told(world, "审核乙"))[0]["act"] == "released"
    entry = (await of(world, task)).history[-1]
    assert (entry["act"], entry["by"]) == ("released", jobs.ACTOR)
    assert (await post(world, "审核乙", task, "take")).status_code == 200


async def test_who_can_still_do_it_keeps_it_and_nothing_is_told_twice(world: World) -> None:
    person = await account(world, "审核甲", "reviewer", COUNTY)
    task = await given_to(world, person)
    before = await of(world, task)
    await jobs.release(world.engine)
    assert await of(world, task) == before
    await leave(world, person)
    await asyncio.gather(*(jobs.release(world.engine) for _ in range(3)))
    after = await of(world, task)
    assert (after.assignee_id, after.version) == (None, before.version + 1)
    events = await world.run(
        "SELECT position FROM qingdan.event WHERE type = 'task.released' AND refs->'tasks' ? :task", task=task
    )
    assert len(events) == 1
    assert task in {each["id"] for each in await tasks_of(world, "审改办", "&assignee=nobody")}


async def test_what_becomes_late_in_the_hands_of_somebody_who_has_left_is_told_to_his_colleagues(world: World) -> None:
    await begin(world)
    person = await account(world, "审核甲", "reviewer")
    await account(world, "审核乙", "reviewer")
    task = await given_to(world, person)
    await gather(world)
    await leave(world, person)
    before = len(await told(world, "审核乙"))
    await world.tell(NewEvent(type="clock.warned", refs={"clock": task}))
    await gather(world)
    heard = await told(world, "审核乙")
    assert (len(heard), heard[0]["act"]) == (before + 1, "warned")


async def test_when_the_nearest_have_left_the_next_above_are_told(world: World) -> None:
    await begin(world)
    await account(world, "审核甲", "reviewer")
    await account(world, "省审改办", "reviewer", PROVINCE)
    await world.run(
        "UPDATE qingdan.account AS a SET active = false FROM qingdan.account_role AS g"
        " WHERE g.account_id = a.id AND g.role = 'reviewer' AND g.region_code = :county",
        county=COUNTY,
    )
    await review(world)
    await gather(world)
    assert [message["act"] for message in await told(world, "省审改办")] == ["opened"]
