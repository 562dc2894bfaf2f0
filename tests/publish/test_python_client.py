"""The Python client against the running application: opens, looks back, reads, finds gaps, and gets typed errors."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from qingdan_client import Client, Forbidden, Gone, Invalid, NotFound, Numbers, PreconditionFailed, Verifier
from services.publish.app import app
from shared import clock
from shared.settings import Settings
from shared.webhook.signature import Scheme
from tests.publish.subscribing import ENDPOINT, Subscriber, a_kind, client_token, match
from tests.publish.world import World

PATIENCE = 30.0


class InProcess(httpx.BaseTransport):
    """The client is synchronous and runs in a thread; the application runs in the loop of the test."""

    def __init__(self, token: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.token = token
        self.tokens = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Tokens are the catalog's to issue: here it is handed out as it would be."""
        if request.url.path == "/catalog/v1/oauth/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": self.token, "expires_in": 900})
        return asyncio.run_coroutine_threadsafe(self._asked(request), self._loop).result(PATIENCE)

    async def _asked(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._inner.handle_async_request(asked)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@pytest_asyncio.fixture
async def transport(subscriber: Subscriber) -> InProcess:
    return InProcess(subscriber.token)


def of(transport: InProcess) -> Client:
    return Client("http://portal", client_id="id", client_secret="secret", transport=transport)


def opened(qingdan: Client, wanted: Any) -> str:
    """A subscription with keys of two schemes; its id."""
    looked = qingdan.subscriptions.preview(wanted, since=clock.now() - timedelta(days=7))
    assert looked["events"] == 3 + 3 + 1
    mine = qingdan.subscriptions.create("一体机", endpoint=ENDPOINT, filter=wanted, way={"ordering": "none"})
    assert mine.secret is not None
    Verifier(mine.secret)
    assert qingdan.subscriptions.replace_secret(mine.id, scheme=Scheme.ED25519.value)["secret"] is None
    assert len(qingdan.subscriptions.get(mine.id).public_keys) == 1
    mine = qingdan.subscriptions.pause(mine.id)
    assert (qingdan.subscriptions.resume(mine.id).state, mine.state) == ("active", "paused")
    assert mine.id in [one.id for one in qingdan.subscriptions.list()]
    assert "cn.qingdan.item.updated.v1" in {one["type"] for one in qingdan.event_types()}
    return mine.id


def followed(qingdan: Client, mine: str, item: str) -> None:
    """Reads, misses one, has it sent again, puts one aside."""
    all_, numbers = qingdan.subscriptions, Numbers()
    events = list(all_.events(mine, page=2))
    assert [(event.sequence, event.version) for event in events] == [(1, 3), (2, 3), (3, 3)]
    numbers.note(1)
    numbers.note(3)
    assert all_.fill_gaps(mine, numbers.missing()) == {"from_sequence": 2, "until_sequence": 2, "events": 1}
    all_.park(mine, 3)
    assert [one["sequence"] for one in all_.parked(mine)] == [3]
    all_.resend(mine, 3)
    assert all_.replay(mine, items=[item])["events"] == 1
    assert [one["sequence"] for one in all_.deliveries(mine)][:1] == [1]


def ended(qingdan: Client, mine: str) -> None:
    """Changed against its version, and deleted."""
    known = qingdan.subscriptions.get(mine)
    changed = qingdan.subscriptions.update(known, name="新名称")
    assert (changed.name, changed.document["ordering"]) == ("新名称", "none")
    with pytest.raises(PreconditionFailed):
        qingdan.subscriptions.update(known, name="又一个")
    cleared = qingdan.subscriptions.update(changed, endpoint=None, filter=None)
    assert (cleared.endpoint, cleared.document["filter"]["kinds"]) == (None, None)
    qingdan.subscriptions.delete(mine)
    with pytest.raises(NotFound):
        qingdan.subscriptions.get(mine)


async def test_a_system_follows_the_lists_with_the_client_alone(world: World, transport: InProcess) -> None:
    items, wanted = await a_kind(world, 3)
    await world.update(items, name="甲")
    with of(transport) as qingdan:
        mine = await asyncio.to_thread(opened, qingdan, wanted)
        await world.update(items, name="乙")
        await match(world.engine)
        await asyncio.to_thread(followed, qingdan, mine, str(items[0]))
        feed = await asyncio.to_thread(lambda: list(qingdan.feed(0)))
        assert len([one for one in feed if str(one.subject).startswith(wanted["kinds"][0])]) == 3 + 3 + 3 + 1
        shown = await asyncio.to_thread(qingdan.item, str(items[0]))
        assert shown["elements"]["name"] == "乙"
        await asyncio.to_thread(ended, qingdan, mine)
    assert transport.tokens == 1


async def test_what_is_refused_is_a_typed_error_that_says_where(
    world: World, transport: InProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world)
    kinds: Any = wanted

    def refused() -> str:
        with of(transport) as qingdan:
            with pytest.raises(Invalid) as raised:
                qingdan.subscriptions.create("一体机", filter={"changes": ["explode"]})
            (error,) = raised.value.errors
            assert (error.pointer, raised.value.code) == ("/filter/changes/0", "filter_unknown")
            assert "devolve" in error.message
            return qingdan.subscriptions.create("一体机", filter=kinds).id

    mine = await asyncio.to_thread(refused)
    await world.update(items, name="甲")
    await match(world.engine)
    await world.run("DELETE FROM qingdan.delivery_range")

    def gone() -> None:
        with of(transport) as qingdan:
            with pytest.raises(Gone) as raised:
                list(qingdan.subscriptions.events(mine))
            assert raised.value.document["first_sequence"] == 2
        transport.token = client_token(configured, None, "another")
        with of(transport) as qingdan, pytest.raises(Forbidden):
            qingdan.subscriptions.get(mine)

    await asyncio.to_thread(gone)
