"""Messages: whom it concerns is told once, of what belongs together in one line, and of nothing else."""

from typing import Any

import pytest

from services.workflow.clocks import jobs as clocks
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin as transaction
from tests.statements import counted
from tests.workflow.county import COUNTY, PROVINCE
from tests.workflow.messaging import (
    GROUPS,
    MESSAGES_PATH,
    PREFERENCE,
    a_law_is_repealed,
    authority,
    begin,
    gather,
    install,
    prefer,
    told,
)
from tests.workflow.test_inbox import account, post, review
from tests.workflow.test_tasks import linked_drafts
from tests.workflow.timing import day, in_review, set_time
from tests.workflow.world import World, modify

# -- unhappy ways --


async def test_messages_are_everybodys_own(world: World) -> None:
    await begin(world)
    await authority(world, "牵头甲")
    outsider = await account(world, "外县牵头", "list_authority", "130923000000")
    item = await world.item("环评审批")
    drafts = await linked_drafts(world, item, ["power"], None)
    await world.tell(NewEvent(type="draft.opened", refs={"drafts": [str(id_) for id_ in drafts]}))
    await gather(world)
    (message,) = await told(world, "牵头甲")
    assert await told(world, "外县牵头") == []
    answer = await world.call("外县牵头", "POST", f"{MESSAGES_PATH}/read", {"ids": [message["id"]]})
    assert answer.json() == {"read": 0}
    assert (await told(world, "牵头甲"))[0]["read_at"] is None
    assert (await world.call(None, "GET", MESSAGES_PATH)).status_code == 401
    assert outsider


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": ["x"]},
        {"until": "gestern"},
        {"until": "2026-01-01T00:00:00Z", "ids": ["0197f3a0-0000-7000-8000-000000000005"]},
    ],
)
async def test_what_was_read_is_named_one_way(world: World, body: Any) -> None:
    assert (await world.call("审改办", "POST", f"{MESSAGES_PATH}/read", body)).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"email_mode": "each"},
        {"email": "nobody", "email_mode": "each"},
        {"email": "a@b.cn\r\nBcc: x@y.cn", "email_mode": "each"},
        {"email": "a\0@example.cn", "email_mode": "each"},
        {"email": "a@example.cn", "email_mode": "daily"},
        {"email": "a@example.cn", "email_mode": "digest", "digest_hour": 24},
        {"email_mode": "off", "messenger": True},
        {"email_mode": "off", "more": 1},
    ],
)
async def test_a_wish_that_cannot_be_met_is_refused(world: World, body: Any) -> None:
    answer = await world.call("审改办", "PUT", PREFERENCE, body, **{"If-Match": '"0"'})
    assert answer.status_code == 422, answer.text


async def test_a_wish_is_changed_against_its_version_and_stays_within_the_domains(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, mail_domains=("example.gov.cn",))
    body = {"email": "Shen@example.gov.cn", "email_mode": "digest"}
    assert (await world.call("审改办", "PUT", PREFERENCE, body)).status_code == 428
    assert (await world.call("审改办", "PUT", PREFERENCE, body, **{"If-Match": '"1"'})).status_code == 412
    foreign = await world.call("审改办", "PUT", PREFERENCE, body | {"email": "a@mail.test"}, **{"If-Match": '"0"'})
    assert (foreign.status_code, foreign.json()["code"]) == (422, "mail_domain")
    assert (await world.call("审改办", "PUT", PREFERENCE, body, **{"If-Match": '"0"'})).status_code == 200
    read = await world.call("审改办", "GET", PREFERENCE)
    assert (read.json()["email_mode"], read.headers["etag"]) == ("digest", '"1"')
    events = await world.run(
        "SELECT refs::text AS refs FROM qingdan.event WHERE type = 'message_preference.changed' ORDER BY position DESC"
    )
    assert "example" not in events[0].refs, "an address is no news"


# -- as it should be --


async def test_four_hundred_tasks_of_one_law_are_one_line_and_one_message(world: World) -> None:
    await begin(world)
    await authority(world, "牵头甲")
    law = await a_law_is_repealed(world)
    await gather(world)
    messages = await told(world, "牵头甲")
    assert sum(message["tasks"] for message in messages) == 400
    assert len(messages) == 1
    assert messages[0]["text"] == "新的待办：疑似问题 400 项（某某管理条例）"
    with counted(world.engine) as sent:
        groups = (await world.call("牵头甲", "GET", GROUPS)).json()["items"]
    assert len(sent) == 1
    (group,) = groups
    assert (group["tasks"], group["cause"], group["cause_title"]) == (400, f"document/{law}", "某某管理条例")
    assert group["unassigned"] == 400
    for href in (group["href"], messages[0]["href"]):
        page = (await world.call("牵头甲", "GET", f"{href}&limit=200")).json()
        assert len(page["items"]) == 200
        assert page["next"] is not None
        assert {task["cause"] for task in page["items"]} == {f"document/{law}"}


@pytest.mark.parametrize(("count", "messages"), [(3, [1, 1, 1]), (60, [60])])
async def test_a_flood_without_a_common_cause_is_one_message(world: World, count: int, messages: list[int]) -> None:
    await begin(world)
    await authority(world, "牵头甲")
    rows = await world.run(
        "INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject)"
        " SELECT g.id, 'obligation', :region, :organ, 'list_authority', '公布清单', 'obligation/' || g.id"
        " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, :count)) AS g RETURNING id::text AS id",
        region=COUNTY, organ=world.organs["环保局"], count=count,
    )  # fmt: skip
    async with transaction(world.owner, service="workflow", actor="system:test") as tx:
        refs = {"kind": "obligation", "tasks": [row.id for row in rows]}
        tx.append(NewEvent(type="task.opened", refs=refs))
    await gather(world)
    found = await told(world, "牵头甲")
    assert [message["tasks"] for message in found] == messages
    if count > 3:
        assert (found[0]["text"], found[0]["href"]) == (
            f"新的待办：应完成事项 {count} 项", "/workflow/v1/tasks?kind=obligation",
        )  # fmt: skip


@pytest.mark.req("ZZ-43")
async def test_each_linked_change_lies_with_the_authority_of_its_list_and_ends_with_acceptance_or_objection(
    world: World,
) -> None:
    await begin(world)
    await world.new_list("investment", "投资项目审批事项清单", members=("住建局",), lead="住建局")
    await authority(world, "环保牵头")
    await authority(world, "住建牵头", "住建局")
    item = await world.item("环评审批")
    drafts = await linked_drafts(world, item, ["power", "investment"], None)
    await world.tell(NewEvent(type="draft.opened", refs={"drafts": [str(id_) for id_ in drafts]}))
    await gather(world)
    path = "/workflow/v1/tasks?kind=linkage_draft"
    for who, draft in (("环保牵头", drafts[0]), ("住建牵头", drafts[1])):
        (task,) = (await world.call(who, "GET", path)).json()["items"]
        assert (task["id"], task["href"]) == (str(draft), f"/catalog/v1/drafts/{draft}")
        (message,) = await told(world, who)
        assert message["href"] == f"/workflow/v1/tasks/{draft}"
    objection = NewEvent(type="draft.objected", actor="account:x", reason="本级不设", refs={"drafts": [str(drafts[1])]})
    await world.tell(
        NewEvent(type="draft.accepted", actor="account:y", reason="一致", refs={"drafts": [str(drafts[0])]}), objection
    )
    for who in ("环保牵头", "住建牵头"):
        assert (await world.call(who, "GET", path)).json()["items"] == []
        (task,) = (await world.call(who, "GET", f"{path}&state=done")).json()["items"]
        assert task["closed_by"] in ("account:x", "account:y")


async def test_the_nearest_who_hold_the_role_are_told_and_who_compiled_is_not(world: World) -> None:
    await begin(world)
    near = await account(world, "县审改", "reviewer")
    await account(world, "省审改", "reviewer", PROVINCE)
    compiler = await account(world, "编制兼审核", "reviewer")
    opened = await world.until("signing", modify(await world.item("环评审批"), name="新名称"))
    await world.run(
        "UPDATE qingdan.adjustment SET compiled_by = compiled_by || jsonb_build_array(CAST(:account AS text))"
        " WHERE id = CAST(:id AS uuid)",
        account=str(compiler.account_id),
        id=opened["id"],
    )
    await gather(world)
    before = len(await told(world, "县审改"))
    assert (await world.sign("环保局长", opened["id"])).status_code == 200
    await gather(world)
    (message, *_) = await told(world, "县审改")
    assert len(await told(world, "县审改")) == before + 1
    assert (message["act"], message["kind"], message["tasks"]) == ("opened", "review", 1)
    assert await told(world, "省审改") == []
    assert await told(world, "编制兼审核") == []
    assert near


async def test_who_has_a_task_is_told_alone_and_nobody_of_what_he_did_himself(world: World) -> None:
    task = await review(world)
    await begin(world)
    first, second = await account(world, "审核甲", "reviewer"), await account(world, "审核乙", "reviewer")
    given = {"account_id": str(second.account_id), "reason": "熟悉该事项"}
    assert (await post(world, "审核甲", task, "assign", given)).status_code == 200
    await gather(world)
    (message,) = await told(world, "审核乙")
    assert (message["act"], message["href"]) == ("assigned", f"/workflow/v1/tasks/{task}")
    assert await told(world, "审核甲") == []
    again = {"account_id": str(second.account_id)}
    assert (await post(world, "审核乙", task, "assign", again)).status_code == 200
    await gather(world)
    assert len(await told(world, "审核乙")) == 1
    assert first


async def test_warnings_and_lateness_reach_those_who_have_to_act(world: World) -> None:
    await account(world, "县审改", "reviewer")
    adjustment, clock = await in_review(world)
    await begin(world)
    for at in (day(16), day(27)):
        set_time(at)
        await clocks.tick(world.engine)
        await gather(world)
    mine = [message for message in await told(world, "县审改") if message["href"].endswith(clock)]
    assert sorted(message["act"] for message in mine) == ["opened", "overdue", "warned"]
    assert adjustment


async def test_the_feed_is_read_page_by_page_and_counted(world: World) -> None:
    await begin(world)
    await authority(world, "牵头甲")
    for number in range(3):
        item = await world.item(f"审批{number}")
        drafts = await linked_drafts(world, item, ["power"], None)
        await world.tell(NewEvent(type="draft.opened", refs={"drafts": [str(id_) for id_ in drafts]}))
        await gather(world)
    first = (await world.call("牵头甲", "GET", f"{MESSAGES_PATH}?limit=2")).json()
    rest = (await world.call("牵头甲", "GET", f"{MESSAGES_PATH}?limit=2&cursor={first['next']}")).json()
    ids = [message["id"] for message in (*first["items"], *rest["items"])]
    assert len(set(ids)) == 3
    unread = (await world.call("牵头甲", "GET", f"{MESSAGES_PATH}/unread")).json()
    assert unread == {"items": [{"act": "opened", "messages": 3, "tasks": 3}], "messages": 3}
    assert (await world.call("牵头甲", "POST", f"{MESSAGES_PATH}/read", {"ids": ids[:1]})).json() == {"read": 1}
    assert [message["id"] for message in await told(world, "牵头甲", "&unread=true")] == ids[1:]
    until = first["items"][0]["made_at"]
    assert (await world.call("牵头甲", "POST", f"{MESSAGES_PATH}/read", {"until": until})).json() == {"read": 2}
    assert await told(world, "牵头甲", "&unread=true") == []


async def test_one_statement_writes_the_messages_of_all_who_are_concerned(world: World) -> None:
    await begin(world)
    for number in range(5):
        await authority(world, f"牵头{number}")
        await prefer(world, f"牵头{number}", None, "off")
    await a_law_is_repealed(world, entries=50)
    with counted(world.engine) as sent:
        await gather(world)
    assert sum("INSERT INTO qingdan.message" in statement for statement in sent) == 1
