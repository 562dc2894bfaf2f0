"""Complaints from every channel, with a limit by source and one answer; the portal's stay feedback."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from services.workflow.clocks import jobs as clocks
from shared import clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.workflow.county import COUNTY, OTHER_COUNTY
from tests.workflow.oversight_world import COMPLAINTS, ORDERS, code_of, coded, get, platform
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import BEGIN, day, set_time
from tests.workflow.world import World

pytestmark = pytest.mark.usefixtures("at_the_beginning")
ANSWER = {"outcome": "upheld", "answer": "已停止索要，并向申请人致歉。"}


@pytest.fixture
def at_the_beginning() -> Any:
    set_time(BEGIN)
    yield
    clock.use(None)


def said(world: World, **more: Any) -> dict[str, Any]:
    return {
        "source": "hotline_12345", "reference": f"{world.suffix}-1", "region_code": COUNTY,
        "organ_id": str(world.organs["环保局"]), "subject": "extra_material", "text": "窗口要求提交学历证明",
    } | more  # fmt: skip


async def taken(world: World, who: str = "热线", **more: Any) -> Any:
    answer = await world.call(who, "POST", COMPLAINTS, said(world, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def hotline(world: World, region: str = COUNTY) -> None:
    await platform(world, "热线", scopes=("complaints",), region=region)


async def test_who_may_hand_on_a_complaint(world: World) -> None:
    await hotline(world, OTHER_COUNTY)
    await platform(world)
    assert code_of(await world.call("热线", "POST", COMPLAINTS, said(world)), 403) == "foreign_region"
    assert code_of(await world.call("政务平台", "POST", COMPLAINTS, said(world)), 403) == "insufficient_scope"
    assert code_of(await world.call("环保编制", "POST", COMPLAINTS, said(world)), 403) == "not_supervisor"
    assert (await world.call(None, "POST", COMPLAINTS, said(world))).status_code == 401


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reference": None}, "reference_missing"),
        ({"item_id": "0197f3a0-0000-7000-8000-000000000041"}, "unknown_item"),
        ({"suspect_id": "0197f3a0-0000-7000-8000-000000000041"}, "unknown_suspect"),
        ({"source": "portal"}, "invalid"),
        ({"rating": 6}, "invalid"),
        ({"text": " "}, "invalid"),
        ({"received_at": "2026-03-05"}, "invalid"),
        ({"received_at": 1.5}, "invalid"),
        ({"received_at": "2999-03-05T10:00:00+08:00"}, "invalid"),
    ],
)
async def test_a_complaint_that_makes_no_sense_is_refused(world: World, change: dict[str, Any], code: str) -> None:
    await hotline(world)
    answer = await world.call("热线", "POST", COMPLAINTS, said(world) | change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in (code, "validation_failed", "invalid"), answer.text


@pytest.mark.req("ZZ-61", "TH-39")
async def test_a_complaint_lies_before_its_organ_with_the_limit_of_its_source_and_is_answered_once(
    world: World,
) -> None:
    await hotline(world)
    item, _ = await coded(world, "环评审批")
    made = await taken(world, organ_id=None, item_id=str(item))
    assert (made["source_title"], made["subject_title"], made["organ_id"]) == (
        "12345热线", "多要材料", str(world.organs["环保局"]),
    )  # fmt: skip
    assert made["due_at"].startswith("2026-03-12"), "five working days"
    (task,) = [each for each in await tasks_of(world, "环保编制", "&kind=complaint") if each["id"] == made["id"]]
    assert (task["href"], "学历" in task["title"]) == (f"{COMPLAINTS}/{made['id']}", False)
    known = await world.call("热线", "POST", COMPLAINTS, said(world))
    assert (code_of(known, 409), known.json()["complaint"]) == ("complaint_known", made["id"])
    path = f"{COMPLAINTS}/{made['id']}/answer"
    assert code_of(await world.call("住建编制", "POST", path, ANSWER), 404) == "complaint_not_found"
    answered = (await world.call("环保编制", "POST", path, ANSWER)).json()
    assert (answered["state"], answered["outcome_title"]) == ("answered", "属实")
    assert code_of(await world.call("审改办", "POST", path, ANSWER), 409) == "illegal_transition"
    assert (await get(world, f"{COMPLAINTS}/{made['id']}", "热线"))["answer"] == ANSWER["answer"]
    assert [each["id"] for each in (await get(world, COMPLAINTS, "热线"))["items"]] == [made["id"]]
    order = {
        "subject": f"complaint/{made['id']}",
        "requirement": "停止索要",
        "remedy": "correct",
        "due_on": "2026-03-20",
    }
    assert (await world.call("审改办", "POST", ORDERS, order)).status_code == 201
    said_in_events = await world.run("SELECT count(*) AS n FROM qingdan.event WHERE refs::text LIKE '%学历%'")
    assert said_in_events[0].n == 0


@pytest.mark.req("ZZ-61")
@pytest.mark.parametrize(
    ("source", "due"), [("hotline_12345", "2026-03-12"), ("good_bad_review", "2026-03-26"), ("letter", "2026-05-04")]
)
async def test_each_channel_has_its_limit(world: World, source: str, due: str) -> None:
    made = await taken(world, "审改办", source=source, reference=None, rating=1)
    assert made["due_at"].startswith(due)
    if source == "hotline_12345":
        set_time(day(13))
        await clocks.tick(world.engine)
        late = (await get(world, f"{COMPLAINTS}?region={COUNTY}&overdue=true"))["items"]
        assert made["id"] in [each["id"] for each in late]


async def published_feedback(world: World, subject: str) -> Any:
    """Feedback of the portal as the publish service keeps it."""
    item, feedback = await world.item("环评审批"), new_id()
    await world.run(
        "INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)"
        " VALUES (:list, 'permit', :region, '行政许可事项清单', 1, '\\x00', 1, now()) ON CONFLICT DO NOTHING",
        list=world.lists["permit"], region=COUNTY,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.public_feedback (id, list_id, item_id, item_version, region_code, organ_id, subject,"
        " text, receipt_hash, received_at, due_at)"
        " VALUES (:id, :list, :item, 1, :region, :organ, :subject, '推诿', :hash, :at, :due)",
        id=feedback, list=world.lists["permit"], item=item, region=COUNTY, organ=world.organs["环保局"],
        subject=subject, hash=feedback.bytes, at=BEGIN, due=day(20),
    )  # fmt: skip
    refs = {"feedback": [str(feedback)], "subject": subject}
    await world.tell(NewEvent(type="feedback.received", region_code=COUNTY, item_ids=[item], refs=refs))
    await world.tell(NewEvent(type="feedback.received", region_code=COUNTY, item_ids=[item], refs=refs))
    return feedback


async def answered_feedback(world: World, feedback: Any, subject: str) -> None:
    """Its organ answers it, in the publish service."""
    await world.run(
        "UPDATE qingdan.public_feedback SET state = 'answered', outcome = 'corrected', answer = '已改正',"
        " answered_by = 'account:x', answered_at = :at WHERE id = :id",
        id=feedback, at=BEGIN,
    )  # fmt: skip
    refs = {"feedback": [str(feedback)], "subject": subject, "outcome": "corrected", "shown": False}
    await world.tell(NewEvent(type="feedback.answered", region_code=COUNTY, refs=refs, actor="account:x"))


@pytest.mark.req("ZZ-61")
@pytest.mark.parametrize("answered", [False, True])
async def test_other_feedback_becomes_a_complaint_without_retyping_and_follows_its_answer(
    world: World, answered: bool
) -> None:
    feedback = await published_feedback(world, "content")
    if answered:
        await answered_feedback(world, feedback, "content")
    path, given = f"{COMPLAINTS}/of-feedback", {"feedback_id": str(feedback), "subject": "fee"}
    assert code_of(await world.call("环保编制", "POST", path, given), 422) == "unknown_feedback"
    assert code_of(await world.call("外县政府", "POST", path, given), 422) == "unknown_feedback"
    unknown = given | {"feedback_id": str(new_id())}
    assert code_of(await world.call("审改办", "POST", path, unknown), 422) == "unknown_feedback"
    answer = await world.call("审改办", "POST", path, given)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["source"], made["subject_title"], made["text"]) == ("portal", "乱收费", None)
    assert (made["organ_id"], made["due_at"][:10]) == (str(world.organs["环保局"]), "2026-03-20")
    again = await world.call("审改办", "POST", path, given)
    assert (code_of(again, 409), again.json()["complaint"]) == ("complaint_known", made["id"])
    await world.drain()
    if not answered:
        assert (await get(world, f"{COMPLAINTS}/{made['id']}"))["state"] == "received"
        await answered_feedback(world, feedback, "content")
    shown = await get(world, f"{COMPLAINTS}/{made['id']}")
    assert (shown["state"], shown["outcome"], shown["answered_by"]) == ("answered", "upheld", "account:x")
    told = await world.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'complaint.answered'"
        " AND refs->'complaints' ? CAST(:id AS text)",
        id=made["id"],
    )
    assert told[0].n == 1, "once"


async def test_hotlines_of_two_places_count_each_for_itself(world: World) -> None:
    await hotline(world)
    await platform(world, "外县热线", scopes=("complaints",), region=OTHER_COUNTY)
    here = await taken(world)
    there = await taken(world, "外县热线", region_code=OTHER_COUNTY, organ_id=None)
    assert here["id"] != there["id"]


async def test_nothing_is_closed_without_an_answer(world: World) -> None:
    await hotline(world)
    made = await taken(world)
    path = f"{COMPLAINTS}/{made['id']}/answer"
    for empty in ({"outcome": "upheld"}, {"outcome": "upheld", "answer": " "}, {"answer": "已办"}, {}):
        assert (await world.call("环保编制", "POST", path, empty)).status_code == 422
    complete = await world.call("环保编制", "POST", f"/workflow/v1/tasks/{made['id']}/complete", {})
    assert complete.status_code in (404, 409, 422), complete.text
    with pytest.raises(IntegrityError):
        await world.run("UPDATE qingdan.complaint SET state = 'answered' WHERE id = CAST(:id AS uuid)", id=made["id"])
    assert (await get(world, f"{COMPLAINTS}/{made['id']}", "热线"))["state"] == "received"


@pytest.mark.req("ZZ-61")
async def test_what_complains_at_the_portal_is_a_complaint_without_its_words_and_follows_its_answer(
    world: World,
) -> None:
    await published_feedback(world, "content")
    feedback = await published_feedback(world, "inaction")
    path = f"{COMPLAINTS}?region={COUNTY}&organ={world.organs['环保局']}&source=portal"
    (made,) = (await get(world, path))["items"]
    assert (made["feedback_id"], made["text"], made["state"]) == (str(feedback), None, "received")
    answer = await world.call("环保编制", "POST", f"{COMPLAINTS}/{made['id']}/answer", ANSWER)
    assert code_of(answer, 409) == "answered_as_feedback"
    await answered_feedback(world, feedback, "inaction")
    (made,) = (await get(world, path))["items"]
    assert (made["state"], made["outcome"], made["answer"]) == ("answered", "upheld", None)
