"""Messages survive kills: each of those concerned has it once, whatever dies on the way."""

import os
from pathlib import Path

import pytest

from shared.settings import Settings, load
from tests.shared.room import ended, until, working
from tests.smtp import mail_server
from tests.workflow.mailing import installed
from tests.workflow.messaging import a_law_is_repealed, authority, begin, prefer
from tests.workflow.world import World

PEOPLE = 12
WORKER = "tests.workflow.eager_worker"


@pytest.fixture
def configured(database_url: str) -> Settings:
    """Settings for a process of its own on the module's database."""
    return Settings(database_url=database_url, secrets_dir=Path(os.path.abspath(load().secrets)))


@pytest.mark.parametrize("point", ["before-position", "after-effect", "messages-taken", "messages-sent"])
async def test_everybody_has_the_message_once_whatever_is_killed(
    world: World, configured: Settings, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.run("DELETE FROM qingdan.message_delivery")
    async with mail_server() as server:
        installed(monkeypatch, server.port)
        await begin(world)
        addresses = [f"p{number}@qx.test" for number in range(PEOPLE)]
        for number, address in enumerate(addresses):
            await authority(world, f"牵头{number}")
            await prefer(world, f"牵头{number}", address, "each")
        await a_law_is_repealed(world, entries=30)
        way = {
            "QINGDAN_SMTP_HOST": "127.0.0.1", "QINGDAN_SMTP_PORT": str(server.port), "QINGDAN_SMTP_SECURITY": "none",
            "QINGDAN_MAIL_FROM": "list@qx.test",
        }  # fmt: skip
        with working(configured, WORKER, "gatherers", QINGDAN_CRASH_POINT=point, **way) as killed:
            assert await ended(killed) == -9
        # What was taken when it was killed is given up with its lease, long before anybody would wait for it here.
        await world.run("UPDATE qingdan.message_delivery SET next_at = now() WHERE state = 'waiting'")

        async def quiet() -> bool:
            rows = await world.run("SELECT count(*) AS n FROM qingdan.message_delivery WHERE state = 'sent'")
            return bool(rows[0].n == PEOPLE)

        with working(configured, WORKER, "gatherers", **way):
            await until(quiet)
    rows = await world.run(
        "SELECT m.account_id, count(*) AS n, sum(m.tasks) AS tasks FROM qingdan.message AS m"
        " JOIN qingdan.account AS a ON a.id = m.account_id WHERE a.login LIKE :like GROUP BY m.account_id",
        like=f"%-{world.suffix}",
    )
    assert [(row.n, row.tasks) for row in rows] == [(1, 30)] * PEOPLE
    for address in addresses:
        identifiers = [message["Message-ID"] for message in server.to(address)]
        assert len(set(identifiers)) == 1, "one message"
        # Only what the server had taken and we had not noted is there twice, under one identifier.
        assert len(identifiers) == 1 or point == "messages-sent"
