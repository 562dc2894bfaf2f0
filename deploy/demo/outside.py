"""Who follows the lists from outside: a subscriber that trusts nothing, and the provincial platform; both processes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.demo.following import Client, Numbers
from deploy.demo.receiving import ReceiverProcess
from deploy.demo.screen import Story
from deploy.demo.world import CITY, GROUNDS, World
from deploy.simulator.running import Simulator, simulator

# Both listen on the loopback, which an installation has to allow by name.
CONFIGURED = {
    "QINGDAN_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "QINGDAN_PEER_ALLOWED_NETWORKS": "127.0.0.0/8",
    "QINGDAN_PEER_PULL_SECONDS": "1",
}
HOOK = "kiosk"
PEER = "guangdong"
PATIENCE_SECONDS = 60

T = TypeVar("T")


@dataclass
class Outside:
    """The two processes, and what they are registered as."""

    receiver: ReceiverProcess
    platform: Simulator
    subscription: str = ""
    client: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def listening(folder: Path) -> Iterator[Outside]:
    """A subscriber and a platform while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with simulator(folder) as platform, ReceiverProcess(folder / "received.jsonl") as receiver:
        yield Outside(receiver, platform)


def subscribe(world: World, story: Story, outside: Outside) -> None:
    """A system becomes a client of its own, gets a token by its credentials and subscribes to the city's lists."""
    client = register_client(world, "市政务服务一体机（演示）", ["subscriptions"])
    with _client(world, client) as kiosk:
        opened = kiosk.subscriptions.create(
            "一体机", endpoint=outside.receiver.url(HOOK), filter={"regions": [CITY]}, paused=True
        )
        outside.receiver.tell(HOOK, secret=opened.secret)
        kiosk.subscriptions.resume(opened.id)
    outside.subscription, outside.client = opened.id, client
    token = _token(world, client)
    refused = httpx.get(
        f"{world.system.url('catalog')}/catalog/v1/accounts", headers={"Authorization": f"Bearer {token}"},
        trust_env=False, timeout=30,
    )  # fmt: skip
    story.claim(refused.status_code == 403, "a service client has subscribed; no staff route lets it in (403)")


def register_client(world: World, name: str, scopes: list[str]) -> dict[str, Any]:
    """A service client of the city, with its secret."""
    told = {"name": name, "operator": "演示", "region_code": CITY, "scopes": scopes, "contact": "演示岗", **GROUNDS}
    registered: dict[str, Any] = world.admin.post("/catalog/v1/clients", told)
    return registered


def _client(world: World, client: dict[str, Any]) -> Client:
    return Client(
        world.system.url("publish"), catalog=world.system.url("catalog"), client_id=client["client_id"],
        client_secret=client["client_secret"], scope="subscriptions", trust_env=False,
    )  # fmt: skip


def _token(world: World, client: dict[str, Any]) -> str:
    answer = httpx.post(
        f"{world.system.url('catalog')}/catalog/v1/oauth/token",
        data={"grant_type": "client_credentials", "scope": "subscriptions"},
        auth=(client["client_id"], client["client_secret"]), trust_env=False, timeout=30,
    )  # fmt: skip
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def register_platform(world: World, story: Story, outside: Outside) -> None:
    """The platform takes the city's implementation list; its first answer is lost after it has applied the batch."""
    outside.platform.say(lose=1)
    world.admin.post(
        "/publish/v1/peers",
        {
            "code": PEER, "name": "广东省政务服务平台（模拟）", "base_url": outside.platform.url, "source_code": CITY,
            "region_codes": [CITY], "list_kinds": ["implementation"], "batch_size": 100,
        },
    )  # fmt: skip
    story.say("the platform (simulated) takes the city's implementation list; it loses its first answer")


def show(world: World, story: Story, outside: Outside) -> None:
    """What the subscriber and the platform have, beside what is published."""
    _show_subscriber(world, story, outside)
    _show_platform(world, story, outside)


def _show_subscriber(world: World, story: Story, outside: Outside) -> None:
    with _client(world, outside.client) as kiosk:
        stood = until(lambda: kiosk.subscriptions.get(outside.subscription), lambda found: found.outstanding == 0)
    received = outside.receiver.received(HOOK)
    numbers = Numbers()
    for one in received:
        if one["verified"]:
            numbers.note(one["sequence"])
    story.say(
        f"the subscriber wrote down {len(received)} deliveries of {stood.last_sequence} events;"
        f" the last: {received[-1]['type']}, version {received[-1]['version']}"
    )
    story.claim(
        bool(received) and all(one["verified"] for one in received),
        "every signature and event holds for the libraries of Standard Webhooks and CloudEvents",
    )
    whole = numbers.complete_up_to == stood.last_sequence and not numbers.missing()
    story.claim(whole, "numbered without a gap, nothing is outstanding")


def _show_platform(world: World, story: Story, outside: Outside) -> None:
    def at_rest(found: dict[str, Any]) -> bool:
        return not (found["lag"] or found["waiting"] or found["sending"])

    stood = until(lambda: world.admin.get(f"/publish/v1/peers/{PEER}/status"), at_rest)
    batches = [number for number, _ in outside.platform.seen()]
    repeated = len(batches) - len(set(batches))
    story.say(
        f"the platform acknowledged {stood['accepted']} rows, rejected {stood['rejected']};"
        f" {repeated} came again under its number after a lost answer"
    )
    started = world.admin.post(f"/publish/v1/peers/{PEER}/comparisons", {"repair": False})
    location = started.get("location") or f"/publish/v1/operations/{started['operation_id']}"
    compared = until(lambda: world.admin.get(location), lambda found: found["state"] in ("succeeded", "failed"))
    result = compared["result"] or {}
    equal = result.get("differences") == 0 and result.get("in_transit") == 0
    story.claim(equal, f"full comparison: both sides are equal ({len(outside.platform.items(CITY))} items)")


def until(ask: Callable[[], T], good: Callable[[T], bool]) -> T:
    """What was asked for last: good, or not within a minute."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = ask()
        if good(found) or time.monotonic() > end:
            return found
        time.sleep(0.05)
