"""A process leases so many subscriptions at a time; who has nothing to send now makes room for who has."""

from __future__ import annotations

from uuid import UUID

import pytest

from deploy.demo.receiving import ReceiverProcess
from services.publish.subscriptions.sending import repository, senders
from shared import clock
from shared.settings import Settings
from tests.publish.subscribing import Subscriber, a_kind, drained, hooked, match, sending, until
from tests.publish.world import World


@pytest.fixture
def single(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that leases one subscription at a time, and keeps one without work for good."""
    monkeypatch.setattr(senders, "MOST_LEASES", 1)
    monkeypatch.setattr(senders, "IDLE_SECONDS", 3600.0)


async def test_a_dead_endpoint_does_not_keep_the_lease_that_another_one_waits_for(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, single: None
) -> None:
    items, wanted = await a_kind(world)
    await world.run("UPDATE qingdan.subscription SET state = 'paused' WHERE state = 'active'")
    dead = await hooked(subscriber, receiver, "dead", filter=wanted)
    receiver.tell("dead", mode="status", status=503)
    async with sending(configured):
        await world.update(items, name="甲")
        await until(lambda: receiver.received("dead"))
        well = await hooked(subscriber, receiver, "well", filter=wanted)
        await world.update(items, name="乙")
        await drained(subscriber, well["id"])
        # The lease comes back when endpoint and event are due, from one that has nothing to send any more.
        receiver.tell("dead", mode="ok")
        for table in ("subscription_sending", "delivery"):
            await world.run(f"UPDATE qingdan.{table} SET retry_at = now() WHERE subscription_id = :id"
                            " AND retry_at IS NOT NULL", id=UUID(dead["id"]))  # fmt: skip
        await drained(subscriber, dead["id"])
    assert len(receiver.received("well")) == 1


async def test_a_subscription_without_work_does_not_keep_the_lease_that_another_one_waits_for(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, single: None
) -> None:
    items, wanted = await a_kind(world)
    others, further = await a_kind(world)
    await world.run("UPDATE qingdan.subscription SET state = 'paused' WHERE state = 'active'")
    first = await hooked(subscriber, receiver, "first", filter=wanted)
    second = await hooked(subscriber, receiver, "second", filter=further)
    async with sending(configured):
        await world.update(items, name="甲")
        await drained(subscriber, first["id"])
        await world.update(others, name="甲")
        await drained(subscriber, second["id"])
    assert len(receiver.received("second")) == 1


async def test_what_another_process_has_leased_does_not_hide_what_waits_behind_it(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess
) -> None:
    items, wanted = await a_kind(world)
    await world.run("UPDATE qingdan.subscription SET state = 'paused' WHERE state = 'active'")
    opened = [(await hooked(subscriber, receiver, f"many{n}", filter=wanted))["id"] for n in range(3)]
    await world.update(items, name="甲")
    await match(world.engine)
    looking = world.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with looking.connect() as one, looking.connect() as other:
        first = await repository.take(one, [], clock.now(), 1)
        second = await repository.take(other, [], clock.now(), 1)
        rest = await repository.take(one, first, clock.now(), 5)
        for connection, held in ((one, first + rest), (other, second)):
            await repository.give_back(connection, held)
    assert [len(found) for found in (first, second, rest)] == [1, 1, 1]
    assert {str(each) for each in first + second + rest} == set(opened)
