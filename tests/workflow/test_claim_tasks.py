"""Claims in the inbox: one task an organ while it has something to answer, and superiors' rows that are not changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.workflow.clocks import jobs as clocks
from shared import clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.workflow.county import BORN, COUNTY, PROVINCE
from tests.workflow.test_tasks import tasks_of
from tests.workflow.world import World, modify


async def superior(world: World, name: str, **elements: Any) -> UUID:
    """A matter of a list of the province."""
    list_id, item_id, organ = new_id(), new_id(), world.organs["环保局"]
    kind = f"master_{new_id().hex[-12:]}"
    await world.run("INSERT INTO qingdan.list_kind (code, title, origin) VALUES (:kind, '目录', 'custom')", kind=kind)
    await world.run(
        "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
        " VALUES (:id, :kind, :region, '省目录', :organ, 'in_force')",
        id=list_id, kind=kind, region=PROVINCE, organ=organ,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.item (id, list_id, kind, region_code, version, effective_from, name, base_code, state,"
        " basis_digest, burden_digest)"
        " VALUES (:id, :list, :kind, :region, 1, :born, :name, '000116001000', 'in_use', 0, 0)",
        id=item_id, list=list_id, kind=kind, region=PROVINCE, born=BORN, name=name,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation)"
        " VALUES (:id, 1, :born, CAST(:elements AS jsonb), '{}', 'add')",
        id=item_id, born=BORN, elements=orjson.dumps({"name": name} | elements).decode(),
    )  # fmt: skip
    return item_id


async def claim(world: World, matter: UUID, organ: UUID | None, *, state: str = "offered", **more: Any) -> UUID:
    """A claim as the catalog keeps it."""
    claim_id = new_id()
    given = {"local": None, "due": clock.now() + timedelta(days=20)} | more
    await world.run(
        "INSERT INTO qingdan.claim (id, superior_item_id, superior_list_id, superior_version, list_kind, region_code,"
        " organ_id, assigned_by, state, local_item_id, offered_at, due_at)"
        " VALUES (:id, :matter, :matter, 1, :kind, :region, :organ, 'person', :state, :local, now(), :due)",
        id=claim_id, matter=matter, kind=f"permit_{world.suffix}", region=COUNTY, organ=organ, state=state, **given,
    )  # fmt: skip
    return claim_id


def told(world: World, act: str, *organs: UUID | None) -> NewEvent:
    refs = {"organs": [str(organ) if organ else "" for organ in organs], "count": len(organs)}
    return NewEvent(type=f"claim.{act}", region_code=COUNTY, list_kind=f"permit_{world.suffix}", refs=refs)


@pytest.mark.req("ZZ-10", "TH-06")
async def test_an_organ_has_one_task_while_it_has_offers_and_its_clock_runs_to_their_due_date(world: World) -> None:
    organ = world.organs["环保局"]
    made = [await claim(world, await superior(world, f"上级许可{n}"), organ) for n in range(3)]
    await world.tell(told(world, "offered", organ))
    await world.tell(told(world, "offered", organ))
    [task] = await tasks_of(world, "环保编制", "&kind=claim")
    assert (task["organ_id"], task["role"]) == (str(organ), "compiler")
    assert task["title"].startswith("认领上级事项：")
    assert task["href"] == f"/catalog/v1/claims?region={COUNTY}&kind=permit_{world.suffix}&organ={organ}"
    assert task["due_at"] is not None
    await world.run("UPDATE qingdan.claim SET state = 'not_applicable' WHERE id = ANY(:ids)", ids=made[:2])
    await world.tell(told(world, "excluded", organ))
    assert len(await tasks_of(world, "环保编制", "&kind=claim")) == 1
    await world.run("UPDATE qingdan.claim SET state = 'claimed' WHERE id = :id", id=made[2])
    await world.tell(told(world, "claimed", organ))
    assert len(await tasks_of(world, "环保编制", "&kind=claim")) == 1  # claimed, and not complete yet
    await world.run("UPDATE qingdan.claim SET closed_at = now() WHERE id = :id", id=made[2])
    await world.tell(told(world, "closed", organ))
    assert await tasks_of(world, "环保编制", "&kind=claim") == []
    await world.run("UPDATE qingdan.claim SET closed_at = NULL WHERE id = :id", id=made[2])
    await world.tell(told(world, "reopened", organ))
    [again] = await tasks_of(world, "环保编制", "&kind=claim")
    assert again["id"] == task["id"]
    after = clock.now() + timedelta(days=21)
    clock.use(lambda: after)
    await clocks.tick(world.engine)
    [late] = await tasks_of(world, "环保编制", "&kind=claim")
    assert late["overdue"]


@pytest.mark.req("ZZ-10")
async def test_a_task_is_due_when_the_first_offer_is_that_nobody_has_answered(world: World) -> None:
    organ, now = world.organs["环保局"], clock.now()
    days = [now + timedelta(days=n) for n in (20, 40, 60)]
    first, _, _ = [await claim(world, await superior(world, f"上级许可{day:%m%d}"), organ, due=day) for day in days]
    await world.tell(told(world, "offered", organ))
    [task] = await tasks_of(world, "环保编制", "&kind=claim")
    longer = await world.call(
        "环保编制", "POST", f"/workflow/v1/clocks/{task['id']}/extend", {"amount": 5, "reason": "协商"}
    )
    assert longer.status_code == 200, longer.text
    late = now + timedelta(days=35)
    clock.use(lambda: late)
    await clocks.tick(world.engine)
    [task] = await tasks_of(world, "环保编制", "&kind=claim")
    assert task["overdue"]
    await world.run("UPDATE qingdan.claim SET state = 'not_applicable' WHERE id = :id", id=first)
    for _ in range(2):
        await world.tell(told(world, "excluded", organ))
    [task] = await tasks_of(world, "环保编制", "&kind=claim")
    assert (datetime.fromisoformat(task["due_at"]), task["overdue"]) == (days[1], False)
    [running] = [await world.call("环保编制", "GET", f"/workflow/v1/clocks/{task['id']}")]
    shown = running.json()
    assert (shown["state"], datetime.fromisoformat(shown["due_at"]), shown["extensions"]) == ("running", days[1], [])
    moved = await world.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'clock.rescheduled' AND refs->>'clock' = :id",
        id=task["id"],
    )
    assert moved[0]["n"] == 1, "told twice it is moved once"


async def test_what_is_late_when_it_comes_is_said_to_be_late(world: World) -> None:
    organ = world.organs["环保局"]
    yesterday = clock.now() - timedelta(days=1)
    await claim(world, await superior(world, "上级许可"), organ, due=yesterday)
    await world.tell(told(world, "offered", organ))
    await clocks.tick(world.engine)
    [task] = await tasks_of(world, "环保编制", "&kind=claim")
    assert (task["overdue"], datetime.fromisoformat(task["due_at"])) == (True, yesterday)
    said = await world.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'clock.overdue' AND refs->>'clock' = :id", id=task["id"]
    )
    assert said[0]["n"] == 1


async def test_an_open_task_that_never_had_a_clock_gets_one(world: World) -> None:
    organ = world.organs["环保局"]
    due = clock.now() + timedelta(days=20)
    await claim(world, await superior(world, "上级许可"), organ, due=due)
    await world.tell(told(world, "offered", organ))
    [task] = await tasks_of(world, "环保编制", "&kind=claim")
    await world.run("DELETE FROM qingdan.clock WHERE id = CAST(:id AS uuid)", id=task["id"])
    await world.run("UPDATE qingdan.task SET due_at = now() WHERE id = CAST(:id AS uuid)", id=task["id"])
    await world.tell(told(world, "claimed", organ))
    [task] = await tasks_of(world, "环保编制", "&kind=claim")
    assert datetime.fromisoformat(task["due_at"]) == due
    assert (await world.call("环保编制", "GET", f"/workflow/v1/clocks/{task['id']}")).json()["state"] == "running"


async def test_what_is_nobodys_lies_with_the_reviewer_and_a_dispute_with_the_government(world: World) -> None:
    matter = await superior(world, "上级许可")
    made = await claim(world, matter, None)
    await world.tell(told(world, "offered", None))
    assert [task["role"] for task in await tasks_of(world, "审改办", "&kind=claim")] == ["reviewer"]
    await world.run("UPDATE qingdan.claim SET state = 'disputed' WHERE id = :id", id=made)
    await world.tell(told(world, "disputed", None))
    assert await tasks_of(world, "审改办", "&kind=claim") == []
    [task] = await tasks_of(world, "县政府", "&kind=claim")
    assert task["title"].startswith("裁定认领争议：")
    assert task["href"].endswith("&state=disputed")


@pytest.mark.req("ZZ-14")
async def test_an_adjustment_may_not_change_what_is_inherited_and_is_shown_the_superiors_row(world: World) -> None:
    matter = await superior(world, "环评审批", base_code="000116001000", item_type="01")
    item = await world.item("环评审批")
    await world.run("UPDATE qingdan.item SET base_code = '000116001000' WHERE id = :id", id=item)
    await claim(world, matter, world.organs["环保局"], state="claimed", local=item)
    opened = await world.open()
    path = f"/workflow/v1/adjustments/{opened['id']}/changes"
    answer = await world.call("环保编制", "POST", path, {"changes": [modify(item, name="本县自拟名称")]})
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("inherited_element", "/changes/0/elements/name")
    assert problem["superiors"][str(item)]["item_id"] == str(matter)
    await world.open(modify(item, consult_phone="1"))
