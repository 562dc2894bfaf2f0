"""Feedback of the public: anybody gives it, only who answers reads it, the answer is tracked to its day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.publish.app import app
from services.publish.feedback import rules
from shared import clock
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer, TokenVerifier
from shared.settings import Settings
from tests.publish.platform_world import digest
from tests.publish.subscribing import client_token, problem
from tests.publish.world import REGION, World

SAID = {"subject": "content", "text": "窗口要求提交清单中没有的材料"}
ANSWERED = {"outcome": "corrected", "answer": "已按清单更正窗口告知单"}
OTHER_REGION = "440300000000"


@pytest_asyncio.fixture(autouse=True)
async def _verified(portal: httpx.AsyncClient, configured: Settings) -> None:
    """Tokens of people hold."""
    app.state.verifier = TokenVerifier(configured.secrets)


def headers(configured: Settings, role: str, *, region: str = REGION, organ: UUID | None = None) -> dict[str, str]:
    person = Principal(new_id(), role, role, organ, (Grant(role, region, organ),))
    return {"Authorization": f"Bearer {TokenIssuer(configured.secrets, minutes=15).issue(person)}"}


async def give(portal: httpx.AsyncClient, item: UUID, **more: Any) -> dict[str, Any]:
    answer = await portal.post(f"/publish/v1/items/{item}/feedback", json=SAID | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def by_receipt(portal: httpx.AsyncClient, receipt: str) -> dict[str, Any]:
    answer = await portal.post("/publish/v1/feedback/readings", json={"receipt": receipt})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    "body",
    [{}, {"subject": "content"}, SAID | {"text": "短"}, SAID | {"text": "字" * 2_001},
     SAID | {"text": "空\x00字符的反馈"}, SAID | {"subject": "praise"}, SAID | {"name": "张三"},
     SAID | {"text": "\ud800" * 10}, [], "反馈"],
)  # fmt: skip
async def test_what_is_not_feedback_is_refused_with_its_place(
    world: World, portal: httpx.AsyncClient, body: Any
) -> None:
    _, [item] = await world.enacted()
    try:
        answer = await portal.post(f"/publish/v1/items/{item}/feedback", json=body)
    except UnicodeEncodeError:  # the client itself cannot send it so: as an escape it can
        raw = b'{"subject": "content", "text": "\\ud800\\ud800\\ud800\\ud800\\ud800"}'
        answer = await portal.post(
            f"/publish/v1/items/{item}/feedback", content=raw, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code in (400, 422), answer.text
    assert await world.run("SELECT id FROM qingdan.public_feedback WHERE item_id = :item", item=item) == []


async def test_an_entry_that_is_not_published_takes_no_feedback_and_shows_none(
    world: World, portal: httpx.AsyncClient
) -> None:
    compiling = await world.new_list()
    [hidden] = await world.add(compiling, [world.elements(1)])
    problem(await portal.post(f"/publish/v1/items/{hidden}/feedback", json=SAID), 404, "item_not_found")
    problem(await portal.get(f"/publish/v1/items/{hidden}/feedback"), 404, "item_not_found")
    assert (await portal.post("/publish/v1/items/x/feedback", json=SAID)).status_code == 422
    for unknown in ("A" * 22, "p0f5", "回执", "A' OR 1=1"):
        said = await portal.post("/publish/v1/feedback/readings", json={"receipt": unknown})
        problem(said, 404, "receipt_not_found")
    assert (await portal.post("/publish/v1/feedback/readings", json={"receipt": ""})).status_code == 422


async def test_feedback_is_read_and_answered_only_by_those_who_work_for_the_place(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    _, [item] = await world.enacted()
    given = await give(portal, item)
    path = f"/publish/v1/feedback/{given['id']}"
    assert (await portal.get(path)).status_code == 401
    for stranger in (
        headers(configured, "reviewer", region=OTHER_REGION), headers(configured, "compiler", organ=new_id()),
        headers(configured, "administrator"),
    ):  # fmt: skip
        problem(await portal.get(path, headers=stranger), 404, "feedback_not_found")
        problem(await portal.post(f"{path}/answer", json=ANSWERED, headers=stranger), 404, "feedback_not_found")
    problem(await portal.get(f"/publish/v1/feedback?region={REGION}",
                             headers=headers(configured, "compiler", organ=world.organ)), 403, "not_yours")  # fmt: skip
    problem(await portal.get("/publish/v1/feedback?region=990000000000",
                             headers=headers(configured, "auditor")), 404, "region_not_found")  # fmt: skip
    machine = {"Authorization": f"Bearer {client_token(configured)}"}
    problem(await portal.get(path, headers=machine), 403, "staff_only")
    auditor = headers(configured, "auditor")
    assert (await portal.get(path, headers=auditor)).json()["text"] == SAID["text"]
    problem(await portal.post(f"{path}/answer", json=ANSWERED, headers=auditor), 403, "not_yours")


@pytest.mark.req("HB-03")
async def test_anybody_gives_feedback_on_a_published_entry_and_its_answer_is_tracked(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    _, [item] = await world.enacted()
    given = await give(portal, item, subject="inaction")
    assert (given["state"], len(given["receipt"])) == ("received", 22)
    waiting = await by_receipt(portal, given["receipt"])
    assert (waiting["state_title"], waiting["subject_title"], waiting["answer"]) == ("办理中", "不作为", None)
    assert (await portal.get(f"/publish/v1/items/{item}/feedback")).json()["items"] == []
    await digest(world)
    [task] = await world.run("SELECT * FROM qingdan.task WHERE subject = :subject", subject=f"feedback/{given['id']}")
    assert (task["kind"], task["role"], task["organ_id"], task["state"]) == (
        "feedback",
        "compiler",
        world.organ,
        "open",
    )
    assert task["due_at"].isoformat() == given["due_at"].replace("Z", "+00:00")
    compiler = headers(configured, "compiler", organ=world.organ)
    [listed] = (
        await portal.get(f"/publish/v1/feedback?region={REGION}&organ={world.organ}&item={item}", headers=compiler)
    ).json()["items"]
    assert (listed["id"], listed["text"], listed["overdue"]) == (given["id"], SAID["text"], False)
    path = f"/publish/v1/feedback/{given['id']}/answer"
    done = await portal.post(path, json=ANSWERED | {"shown": True}, headers=compiler)
    assert (done.status_code, done.json()["state"]) == (200, "answered")
    problem(await portal.post(path, json=ANSWERED, headers=compiler), 409, "illegal_transition")
    told = await by_receipt(portal, given["receipt"])
    assert (told["outcome_title"], told["answer"]) == ("已纠正", ANSWERED["answer"])
    [shown] = (await portal.get(f"/publish/v1/items/{item}/feedback")).json()["items"]
    assert (shown["text"], shown["answer"], "answered_by" in shown) == (SAID["text"], ANSWERED["answer"], False)
    await digest(world)
    [task] = await world.run(
        "SELECT state FROM qingdan.task WHERE subject = :subject", subject=f"feedback/{given['id']}"
    )
    assert task["state"] == "done"


async def test_an_answer_that_is_not_to_be_shown_stays_between_the_two(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    _, [item] = await world.enacted()
    given = await give(portal, item)
    reviewer = headers(configured, "reviewer")
    answer = await portal.post(f"/publish/v1/feedback/{given['id']}/answer", json=ANSWERED, headers=reviewer)
    assert answer.status_code == 200, answer.text
    assert (await portal.get(f"/publish/v1/items/{item}/feedback")).json()["items"] == []
    assert (await by_receipt(portal, given["receipt"]))["answer"] == ANSWERED["answer"]


async def test_what_is_not_answered_in_time_is_listed_as_late(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    _, [item] = await world.enacted()
    late, _ = await give(portal, item), await give(portal, item)
    await world.run(
        "UPDATE qingdan.public_feedback SET due_at = :due WHERE id = :id",
        due=clock.now() - timedelta(days=1), id=UUID(late["id"]),
    )  # fmt: skip
    asked = f"/publish/v1/feedback?region={REGION}&item={item}&overdue=true"
    listed = (await portal.get(asked, headers=headers(configured, "reviewer"))).json()["items"]
    assert [(one["id"], one["overdue"]) for one in listed] == [(late["id"], True)]
    assert (await by_receipt(portal, late["receipt"]))["overdue"] is True


async def test_neither_words_nor_receipt_stand_in_events_or_in_what_is_kept_of_the_request(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    _, [item] = await world.enacted()
    keyed = headers(configured, "auditor") | {"Idempotency-Key": "feedback-1"}
    path = f"/publish/v1/items/{item}/feedback"
    first = (await portal.post(path, json=SAID, headers=keyed)).json()
    again = (await portal.post(path, json=SAID, headers=keyed)).json()
    assert (again["id"], again["receipt"]) == (first["id"], None)
    [event] = await world.run(
        "SELECT CAST(to_jsonb(e) AS text) AS said FROM qingdan.event AS e"
        " WHERE e.type = 'feedback.received' AND e.item_ids = ARRAY[CAST(:item AS uuid)]",
        item=item,
    )  # fmt: skip
    kept = await world.run("SELECT convert_from(body, 'UTF8') AS said FROM qingdan.idempotency")
    for said in (event["said"], *(row["said"] for row in kept)):
        assert SAID["text"] not in said
        assert first["receipt"] not in said


async def test_nobody_can_bury_an_inbox(
    world: World, portal: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [first, second] = await world.enacted(2)
    monkeypatch.setattr(rules, "MOST_WAITING_OF_ITEM", 2)
    await give(portal, first)
    await give(portal, first)
    full = await portal.post(f"/publish/v1/items/{first}/feedback", json=SAID)
    problem(full, 429, "feedback_of_item_full")
    assert "Retry-After" in full.headers
    await give(portal, second)
    monkeypatch.setattr(rules, "MOST_WAITING_OF_REGION", 1)
    problem(await portal.post(f"/publish/v1/items/{second}/feedback", json=SAID), 429, "feedback_of_region_full")
