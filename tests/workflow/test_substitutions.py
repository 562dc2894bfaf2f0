"""Substitution: who is away has his tasks done by somebody who holds the role himself, from a day to a day."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared import clock as shared_clock
from shared.identity.principal import Principal
from tests.workflow.county import CITY, COUNTY, OTHER_COUNTY
from tests.workflow.messaging import begin, gather, told
from tests.workflow.test_inbox import account, post, review
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import set_time
from tests.workflow.world import World

SUBSTITUTIONS = "/workflow/v1/substitutions"


def today() -> date:
    return shared_clock.now().astimezone(shared_clock.ZONE).date()


def away(substitute: Principal, first: int = 0, last: int = 5, **more: Any) -> dict[str, Any]:
    """From so many days from today to so many."""
    days = {"valid_from": str(today() + timedelta(days=first)), "valid_to": str(today() + timedelta(days=last))}
    return {"substitute_id": str(substitute.account_id), "reason": "外出培训"} | days | more


async def arrange(world: World, who: str, body: Any) -> Any:
    return await world.call(who, "POST", SUBSTITUTIONS, body)


async def test_nobody_is_arranged_who_could_do_nothing(world: World) -> None:
    await account(world, "审核甲", "reviewer")
    blocked = await account(world, "离职人员", "reviewer")
    await world.run("UPDATE qingdan.account SET active = false WHERE id = :id", id=blocked.account_id)
    me = world.tokens.people[world.token("审核甲")]
    for person, code in (
        (await account(world, "外县审改办", "reviewer", OTHER_COUNTY), "cannot_act"),
        (await account(world, "县编制", "compiler", COUNTY, "环保局"), "cannot_act"),
        (blocked, "account_inactive"),
        (me, "oneself"),
    ):
        answer = await arrange(world, "审核甲", away(person))
        assert (answer.status_code, answer.json()["code"]) == (422, code), person.name
    unknown = await arrange(world, "审核甲", away(me) | {"substitute_id": str(uuid4())})
    assert unknown.json()["code"] == "account_not_found"


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [(3, 1, "last_day_before_first"), (-9, -1, "in_the_past"), (0, 400, "too_long")],
)
async def test_days_that_make_no_sense_are_refused(world: World, first: int, last: int, code: str) -> None:
    await account(world, "审核甲", "reviewer")
    other = await account(world, "审核乙", "reviewer")
    answer = await arrange(world, "审核甲", away(other, first, last))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_one_stands_in_at_a_time_and_others_do_not_arrange_it(world: World) -> None:
    first = await account(world, "审核甲", "reviewer")
    other = await account(world, "审核乙", "reviewer")
    body = away(other)
    assert (await arrange(world, "审核乙", body | {"account_id": str(first.account_id)})).status_code == 403
    made = await arrange(world, "管理员", body | {"account_id": str(first.account_id)})
    assert made.status_code == 201, made.text
    again = await arrange(world, "审核甲", away(other, 5, 9))
    assert (again.status_code, again.json()["code"]) == (409, "substitution_overlaps")
    path = f"{SUBSTITUTIONS}/{made.json()['id']}/end"
    assert (await world.call("审核乙", "POST", path, {"last_day": str(today())})).status_code == 403
    wrong = await world.call("审核甲", "POST", path, {"last_day": str(today() + timedelta(days=30))})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "day_out_of_range")
    ended = await world.call("审核甲", "POST", path, {"last_day": str(today() + timedelta(days=2))})
    assert ended.json()["valid_to"] == str(today() + timedelta(days=2))
    assert (await arrange(world, "审核甲", away(other, 5, 9))).status_code == 201
    missing = await world.call("审核甲", "POST", f"{SUBSTITUTIONS}/{uuid4()}/end", {"last_day": str(today())})
    assert missing.status_code == 404
    listed = (await world.call("审核甲", "GET", f"{SUBSTITUTIONS}?limit=1")).json()
    assert len(listed["items"]) == 1
    assert listed["next"] is not None
    standing_in = (await world.call("审核乙", "GET", f"{SUBSTITUTIONS}?on={today()}")).json()["items"]
    assert [one["account_id"] for one in standing_in] == [str(first.account_id)]
    assert (await world.call("审核乙", "GET", f"{SUBSTITUTIONS}?account_id={first.account_id}")).status_code == 403


async def test_while_somebody_is_away_his_tasks_are_his_substitutes_too_and_no_longer(world: World) -> None:
    task = await review(world)
    await begin(world)
    first = await account(world, "审核甲", "reviewer")
    second = await account(world, "审核乙", "reviewer")
    await account(world, "审核丙", "reviewer")
    assert (await arrange(world, "审核甲", away(second, 1, 5))).status_code == 201
    given = {"account_id": str(first.account_id)}
    assert (await post(world, "管理员", task, "assign", given)).status_code == 200

    async def mine(who: str) -> bool:
        return task in [one["id"] for one in await tasks_of(world, who, "&assignee=me")]

    await gather(world)
    assert ([len(await told(world, who)) for who in ("审核甲", "审核乙", "审核丙")], await mine("审核乙")) == (
        [1, 0, 0],
        False,
    )
    set_time(datetime.now(shared_clock.ZONE) + timedelta(days=2))
    assert await mine("审核乙")
    assert not await mine("审核丙")
    assert (await post(world, "管理员", task, "assign", given)).status_code == 200
    await gather(world)
    (message,) = await told(world, "审核乙")
    assert message["behalf_of"] == str(first.account_id)
    assert (await post(world, "审核丙", task, "take")).status_code == 409
    taken = await post(world, "审核乙", task, "take")
    assert (taken.status_code, taken.json()["assignee_id"]) == (200, str(second.account_id))
    assert (await post(world, "管理员", task, "assign", given)).status_code == 200
    set_time(datetime.now(shared_clock.ZONE) + timedelta(days=9))
    assert not await mine("审核乙")
    assert (await post(world, "审核乙", task, "take")).status_code == 409


async def test_who_stands_in_for_several_is_told_once_and_never_to_review_what_he_compiled(world: World) -> None:
    await begin(world)
    await account(world, "审核甲", "reviewer")
    await account(world, "审核乙", "reviewer")
    several = await account(world, "市审核", "reviewer", CITY)
    compiled = await account(world, "市审核兼编制", "reviewer", CITY)
    await account(world, "审核丙", "reviewer")
    for who, substitute in (("审核甲", several), ("审核乙", several), ("审核丙", compiled)):
        assert (await arrange(world, who, away(substitute))).status_code == 201
    task = await review(world)
    await world.run(
        "UPDATE qingdan.adjustment SET compiled_by = compiled_by || jsonb_build_array(CAST(:account AS text))"
        " WHERE id = (SELECT adjustment_id FROM qingdan.task WHERE id = CAST(:task AS uuid))",
        account=str(compiled.account_id),
        task=task,
    )
    await gather(world)
    assert len(await told(world, "市审核")) == 1
    assert await told(world, "市审核兼编制") == []


async def test_what_was_given_to_somebody_and_taken_back_at_once_is_nobodys_assignment(world: World) -> None:
    await begin(world)
    person = await account(world, "审核甲", "reviewer")
    await account(world, "审核乙", "reviewer")
    task = await review(world)
    await gather(world)
    assert (await post(world, "管理员", task, "assign", {"account_id": str(person.account_id)})).status_code == 200
    assert (await post(world, "管理员", task, "give-back", {})).status_code == 200
    await gather(world)
    for who in ("审核甲", "审核乙"):
        assert [message["act"] for message in await told(world, who)] == ["released", "opened"], who
