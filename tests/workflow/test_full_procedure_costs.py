"""What the full procedure asks of the database: no more for many adjustments, no more than the short one."""

from typing import Any
from uuid import UUID

from shared.ledger.envelope import NewEvent
from tests.statements import counted
from tests.workflow.full_chain import REVIEWS, SEAL, of_act, reviewed, tasks_of
from tests.workflow.world import DECISION, World, modify


async def test_many_submissions_and_publications_are_noted_set_based(full: World) -> None:
    asked: dict[int, list[int]] = {}
    for number in (1, 5):
        ids = []
        for item in await full.items([f"许可{place}" for place in range(number)]):
            opened = await full.open(modify(item, name="新名称"))
            await full.act("环保编制", opened["id"], "submit")
            ids.append(opened["id"])
        asked[number] = [await followed(full, "adjustment.validated", ids, submission=1, blocking=0)]
        for id_ in ids:
            assert {step["state"] for step in of_act(await full.read(id_), "sign")} == {"open"}
            await full.act("环保局长", id_, "sign", {"seal": SEAL})
            for who, act, body in REVIEWS:
                await full.act(who, id_, act, body)
            assert (await full.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
        asked[number].append(await followed(full, "adjustment.applied", ids, applied=1, conflicts=0))
        asked[number].append(await followed(full, "adjustment.published", ids, lists=[str(full.lists["permit"])]))
        assert [len(await tasks_of(full, "行政审批局", id_)) for id_ in ids] == [1] * number
    assert asked[1] == asked[5]
    assert max(asked[1]) <= 16, asked


async def followed(world: World, type_: str, ids: list[str], **refs: Any) -> int:
    """What the consumer asks the database when other services tell of adjustments in one batch."""
    with counted(world.engine) as statements:
        await world.tell(*(NewEvent(type=type_, adjustment_id=UUID(id_), refs=refs) for id_ in ids))
    return len(statements)


async def test_deciding_in_the_full_procedure_asks_the_database_no_more_than_in_the_short_one(full: World) -> None:
    asked = {}
    for name, made in (("full", reviewed), ("short", None)):
        item = await full.item("环评审批")
        if made is None:
            await full.bind("short", "modify")
            id_ = (await full.until("reviewed", modify(item, name="新名称")))["id"]
        else:
            id_ = await made(full, modify(item, name="新名称"))
        with counted(full.engine) as statements:
            answer = await full.act("县政府", id_, "decide", {"decision": DECISION})
        assert answer.status_code == 200
        asked[name] = len(statements)
    # Idempotency none; adjustment, chain, steps, locks, disputes, conflicts, step, task, items, adjustment, events.
    assert asked["full"] == asked["short"] <= 11, asked
