"""Messages in tests: people the catalog knows, what they were told, and an installation with ways out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.workflow.messages.consumers import MESSAGES
from services.workflow.tasks.subtasks.consumers import SUBTASKS
from shared import settings
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger import consume, position
from shared.ledger.envelope import NewEvent
from shared.settings import Settings
from tests.workflow.county import BORN, COUNTY
from tests.workflow.test_inbox import account
from tests.workflow.world import World

MESSAGES_PATH = "/workflow/v1/messages"
PREFERENCE = f"{MESSAGES_PATH}/preference"
GROUPS = "/workflow/v1/tasks/groups"


async def begin(world: World) -> None:
    """The leisurely consumers begin with what comes from now on."""
    async with world.owner.begin() as connection:
        await position.register(connection, [MESSAGES.name, SUBTASKS.name], "workflow")
    await gather(world)


async def gather(world: World) -> None:
    """Let the leisurely consumers catch up."""
    for consumer in (SUBTASKS, MESSAGES):
        for _ in range(200):
            if not await consume.step(world.engine, consumer):
                break
        else:
            raise AssertionError(f"{consumer.name} does not come to an end")


async def told(world: World, who: str, query: str = "") -> list[Any]:
    """The messages of somebody, the youngest first."""
    answer = await world.call(who, "GET", f"{MESSAGES_PATH}?limit=200{query}")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def install(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> Settings:
    """Settings of the installation, as they are or changed."""
    made = settings.load().model_copy(update=changed)
    monkeypatch.setattr(settings, "load", lambda: made)
    return made


async def authority(world: World, name: str, organ: str = "环保局") -> Principal:
    """Somebody who leads the lists of an organ."""
    return await account(world, name, "list_authority", COUNTY, organ)


async def prefer(world: World, who: str, email: str | None, mode: str, **more: Any) -> None:
    """Say how somebody wants to be told."""
    now = await world.call(who, "GET", PREFERENCE)
    body = {"email": email, "email_mode": mode} | more
    answer = await world.call(who, "PUT", PREFERENCE, body, **{"If-Match": now.headers["etag"]})
    assert answer.status_code == 200, answer.text


async def outbox(world: World, account_id: Any) -> list[Any]:
    """What is or was to leave for somebody."""
    return await world.run(
        "SELECT id, channel, about, state, attempts, error, next_at FROM qingdan.message_delivery"
        " WHERE account_id = :id ORDER BY made_at, id",
        id=account_id,
    )


async def a_law_is_repealed(world: World, entries: int = 400) -> UUID:
    """A law that many entries cite is repealed: the catalog finds each of them."""
    law = new_id()
    await world.run(
        "INSERT INTO qingdan.normative_document (id, title, title_key, kind, region_code, status)"
        " VALUES (:id, '某某管理条例', :key, 'local_regulation', :region, 'repealed')",
        id=law,
        key=f"某某管理条例{world.suffix}",
        region=COUNTY,
    )
    items = await world.items([f"许可{number}" for number in range(entries)])
    rows = await world.run(
        "INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element,"
        "  message, due_at, actual)"
        " SELECT gen_random_uuid(), 'K23', 'error', :list, 'permit', :region, i, 'basis', '依据已废止', :due,"
        "  jsonb_build_array(jsonb_build_object('document_id', CAST(:law AS text)))"
        " FROM unnest(CAST(:items AS uuid[])) AS i RETURNING id",
        list=world.lists["permit"],
        region=COUNTY,
        due=BORN.replace(year=2090),
        law=str(law),
        items=items,
    )
    found = [str(row["id"]) for row in rows]
    half = len(found) // 2
    await world.tell(
        *(NewEvent(type="finding.opened", refs={"findings": part}) for part in (found[:half], found[half:]))
    )
    return law
