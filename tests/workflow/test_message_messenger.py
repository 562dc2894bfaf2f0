"""The administration's own messenger: told as it can verify, and only what may leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from services.workflow.messages import jobs
from shared import clock as shared_clock
from shared.webhook import signature
from tests.workflow.mailing import pass_time, something_to_do
from tests.workflow.messaging import authority, begin, install, outbox, prefer
from tests.workflow.world import World

SECRET = signature.secret_of(bytes(range(32)))


class Messenger:
    """Answers with what it is told to; keeps headers and body of each request."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[int] = []
        self.taken: list[tuple[dict[str, str], bytes]] = []

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
                headers = {name.lower(): value for name, _, value in lines}
                self.taken.append((headers, await reader.readexactly(int(headers["content-length"]))))
                status = self.answers.pop(0) if self.answers else 204
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def messenger(monkeypatch: pytest.MonkeyPatch, folder: Path, *, secret: bool = True) -> AsyncIterator[Messenger]:
    """A messenger that this installation knows."""
    made = Messenger()
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    if secret:
        (folder / "messenger.secret").write_text(f"{SECRET}\n")
    install(
        monkeypatch,
        messenger_url=f"http://127.0.0.1:{made.port}/told",
        webhook_allowed_networks=(ip_network("127.0.0.0/8"),),
        secrets_dir=folder,
    )
    try:
        yield made
    finally:
        server.close()


async def test_a_messenger_that_is_away_is_tried_again_under_the_same_identifier(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared_clock.use(lambda: datetime.now(shared_clock.ZONE))
    async with messenger(monkeypatch, tmp_path) as server:
        await begin(world)
        person = await authority(world, "牵头甲")
        await prefer(world, "牵头甲", None, "off", messenger=True)
        server.answers = [503]
        await something_to_do(world)
        await jobs.send_to_messenger(world.engine)
        await jobs.send_to_messenger(world.engine)
        assert len(server.taken) == 1, "it is left alone for a while"
        pass_time(timedelta(minutes=2))
        await jobs.send_to_messenger(world.engine)
        identifiers = {headers["webhook-id"] for headers, _ in server.taken}
        (row,) = await outbox(world, person.account_id)
        assert (len(server.taken), identifiers, row.state) == (2, {str(row.id)}, "sent")


async def test_what_it_refuses_is_not_sent_again(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with messenger(monkeypatch, tmp_path) as server:
        await begin(world)
        person = await authority(world, "牵头甲")
        await prefer(world, "牵头甲", None, "off", messenger=True)
        server.answers = [422]
        await something_to_do(world)
        await jobs.send_to_messenger(world.engine)
        (row,) = await outbox(world, person.account_id)
        assert (row.state, row.error) == ("failed", "answered 422")


async def test_without_its_secret_nothing_is_sent_and_nothing_lost(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with messenger(monkeypatch, tmp_path, secret=False) as server:
        await begin(world)
        person = await authority(world, "牵头甲")
        await prefer(world, "牵头甲", None, "off", messenger=True)
        await something_to_do(world)
        await jobs.send_to_messenger(world.engine)
        (row,) = await outbox(world, person.account_id)
        assert (row.state, row.attempts, server.taken) == ("waiting", 0, [])


async def test_it_can_verify_what_it_is_told_and_is_told_nothing_of_the_entry(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with messenger(monkeypatch, tmp_path) as server:
        await begin(world)
        person = await authority(world, "牵头甲")
        await prefer(world, "牵头甲", None, "off", messenger=True)
        await something_to_do(world, "保密工程审批")
        await jobs.send_to_messenger(world.engine)
        ((headers, body),) = server.taken
    told: dict[str, Any] = Webhook(SECRET).verify(body, headers)
    assert told == orjson.loads(body)
    assert told["account"]["id"] == str(person.account_id)
    assert told["text"] == "新的待办：联动事项 1 项"
    assert "保密工程" not in body.decode()
