"""One inbox: whatever waits for people lies in it, with its cause, its day, its warning, and the way to it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.routing import Match

from services.catalog.app import app as catalog
from services.publish.app import app as publish
from services.workflow.app import app as workflow
from services.workflow.clocks import jobs as clocks
from services.workflow.clocks.service import fixed
from services.workflow.messages.rules import KINDS
from services.workflow.tasks import service as tasks
from shared import clock
from shared.identifiers import new_id
from shared.ledger.transaction import begin as begin_transaction
from tests.workflow.county import COUNTY
from tests.workflow.messaging import GROUPS, authority, begin, gather, told
from tests.workflow.test_inbox import TASKS
from tests.workflow.timing import set_time
from tests.workflow.world import World

APPS: dict[str, FastAPI] = {"catalog": catalog, "publish": publish, "workflow": workflow}
SOME = UUID(int=7)
# What each kind is about, as the areas write it; `{id}` stands for whatever it is the task of.
SUBJECTS = {
    "review": "review_step/{id}", "linkage_draft": "draft/{id}", "finding": "finding/{id}",
    "conflict": "adjustment/{id}", "correction": "adjustment/{id}/{organ}", "deadline": "deadline/{id}",
    "claim": f"claim/{COUNTY}/power/{{organ}}", "feedback": "feedback/{id}", "subtask": "subtask/{id}",
    "obligation": "obligation/{id}", "report": "report/{id}", "issue": "issue/{id}", "complaint": "complaint/{id}",
    "rectification": "rectification_order/{id}", "violation": "violation/{organ}/unknown_code",
    "dispute": "dispute/{id}/reviewer", "reply": "reply/{id}", "related_work": f"related_work/{SOME}/{{organ}}",
    "guidance": "guidance/{id}", "notice": "notice/{id}", "survey": "survey/{id}",
    "channel": "channel/{id}",
}  # fmt: skip
OF_ADJUSTMENTS = ("review", "conflict", "correction", "dispute", "reply", "related_work")


async def one_of_each(world: World) -> dict[str, UUID]:
    """An open task of each kind for one organ, due tomorrow; by kind."""
    organ, made = world.organs["环保局"], {}
    async with begin_transaction(world.engine, service="workflow", actor="system:tests") as tx:
        for kind, subject in SUBJECTS.items():
            made[kind] = id_ = new_id()
            row = {
                "id": id_, "kind": kind, "region_code": COUNTY, "organ_id": organ, "role": "list_authority",
                "title": KINDS[kind], "subject": subject.format(id=id_, organ=organ), "list_id": None,
                "parent_id": None, "adjustment_id": SOME if kind in OF_ADJUSTMENTS else None,
            } | ({"parent_id": made["deadline"]} if kind == "subtask" else {})  # fmt: skip
            await tasks.open_tasks(tx, kind, [row], [(row, fixed(tx.now + timedelta(days=1)))])
    return made


def test_the_walk_knows_every_kind() -> None:
    assert SUBJECTS.keys() == KINDS.keys()


async def test_every_kind_lies_in_the_inbox_with_day_warning_and_a_way_that_exists(world: World) -> None:
    await begin(world)
    await authority(world, "牵头甲")
    made = await one_of_each(world)
    set_time(clock.now() + timedelta(days=2))
    await clocks.tick(world.engine)
    await gather(world)
    listed: list[Any] = (await world.call("牵头甲", "GET", f"{TASKS}?limit=200")).json()["items"]
    shown = {task["kind"]: task for task in listed if UUID(task["id"]) in made.values()}
    assert shown.keys() == KINDS.keys()
    for kind, task in shown.items():
        assert (task["overdue"], task["grade"]) == (True, "overdue"), kind
        assert task["due_at"] is not None, kind
        assert _exists(task["href"]), (kind, task["href"])
    counted = {row["kind"]: row for row in (await world.call("牵头甲", "GET", f"{TASKS}/summary")).json()["kinds"]}
    assert all(counted[kind]["overdue"] >= 1 for kind in KINDS)
    grouped = {group["kind"] for group in (await world.call("牵头甲", "GET", f"{GROUPS}?limit=200")).json()["items"]}
    assert grouped >= KINDS.keys()
    heard = [message for message in await told(world, "牵头甲") if message["act"] == "overdue"]
    assert {message["kind"] for message in heard} == KINDS.keys()
    assert all(_exists(message["href"]) for message in heard)


@pytest.mark.parametrize("act", ["take", "assign", "substitute"])
async def test_every_kind_can_be_taken_given_and_done_by_a_substitute(world: World, act: str) -> None:
    await authority(world, "牵头甲")
    second = await authority(world, "牵头乙")
    made = await one_of_each(world)
    if act == "substitute":
        day = clock.now().astimezone(clock.ZONE).date()
        body = {"substitute_id": str(second.account_id), "reason": "休假", "valid_from": str(day), "valid_to": str(day)}
        assert (await world.call("牵头甲", "POST", "/workflow/v1/substitutions", body)).status_code == 201
    for kind, id_ in made.items():
        if act == "assign":
            answer = await world.call("牵头甲", "POST", f"{TASKS}/{id_}/assign", {"account_id": str(second.account_id)})
        else:
            answer = await world.call("牵头甲", "POST", f"{TASKS}/{id_}/take")
        assert answer.status_code == 200, (kind, answer.text)
        if act == "substitute":
            answer = await world.call("牵头乙", "POST", f"{TASKS}/{id_}/take")
            assert answer.status_code == 200, (kind, answer.text)
    who = "牵头甲" if act == "take" else "牵头乙"
    mine = (await world.call(who, "GET", f"{TASKS}?assignee=me&limit=200")).json()["items"]
    assert {task["kind"] for task in mine if UUID(task["id"]) in made.values()} == KINDS.keys()


async def test_nobody_sees_what_lies_with_another_organ(world: World) -> None:
    await authority(world, "牵头住建", "住建局")
    made = await one_of_each(world)
    listed = (await world.call("牵头住建", "GET", f"{TASKS}?limit=200")).json()["items"]
    assert [task["kind"] for task in listed if UUID(task["id"]) in made.values()] == []
    for id_ in made.values():
        assert (await world.call("牵头住建", "GET", f"{TASKS}/{id_}")).status_code == 404


def _exists(href: str) -> bool:
    """Whether a service answers there."""
    path = href.partition("?")[0]
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    return any(route.matches(scope)[0] is Match.FULL for route in APPS[path.split("/")[1]].routes)
