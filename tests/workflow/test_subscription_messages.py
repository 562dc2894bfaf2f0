"""Whoever answers for a subscription is told when its endpoint fails or is stopped, and of events put aside."""

from __future__ import annotations

import pytest

from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.workflow.county import COUNTY
from tests.workflow.messaging import begin, gather, install, prefer, told
from tests.workflow.test_inbox import account
from tests.workflow.world import World


async def test_the_administrators_nearest_to_a_system_and_an_account_itself_are_told_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(world)
    install(monkeypatch, smtp_host="mail.example")
    near = await account(world, "县管理员", "administrator", COUNTY)
    await account(world, "全国管理员", "administrator", "000000000000")
    await prefer(world, "县管理员", "guanli@example.gov.cn", "each")
    client, of_client, of_account, gone = (new_id() for _ in range(4))
    await world.run(
        "INSERT INTO qingdan.service_client (id, name, operator, region_code, scopes, contact)"
        " VALUES (:id, '一体机系统', '信息中心', :region, '{subscriptions}', '张工')",
        id=client, region=COUNTY,
    )  # fmt: skip
    for id_, owner, state in ((of_client, f"client:{client}", "active"), (of_account, f"account:{near.account_id}",
                              "active"), (gone, f"client:{client}", "deleted")):  # fmt: skip
        await world.run(
            "INSERT INTO qingdan.subscription (id, name, owner, endpoint, state, state_since, created_at, updated_at)"
            " VALUES (:id, '一体机', :owner, 'https://kiosk.example/secret-path', :state, now(), now(), now())",
            id=id_, owner=owner, state=state,
        )  # fmt: skip
    for kind, id_ in (("warned", of_client), ("warned", of_client), ("disabled", of_account), ("parked", of_client),
                      ("fell_behind", of_account), ("warned", gone)):  # fmt: skip
        await world.tell(NewEvent(type=f"subscription.{kind}", refs={"subscription": str(id_), "sequences": [7]}))
    await gather(world)
    messages = await told(world, "县管理员")
    texts = sorted({message["text"] for message in messages})
    assert texts == ["推送已停用，请修复后恢复订阅：一体机", "推送持续失败，请检查接收系统：一体机",
                     "有变更接收方无法接收，已搁置：一体机",
                     "订阅落后于保留期限，已停止，请重新同步后再启用：一体机"]  # fmt: skip
    assert {message["href"] for message in messages} == {
        f"/publish/v1/subscriptions/{id_}" for id_ in (of_client, of_account)
    }
    assert await told(world, "全国管理员") == []
    left = await world.run("SELECT content::text AS text FROM qingdan.message_delivery WHERE channel = 'email'")
    assert len(left) == len(messages)
    assert not [row for row in left if "一体机" in row.text or "kiosk" in row.text], "no name leaves the house"
