"""Decisions watched live: each list as it follows, in milliseconds, through the public feed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.demo.first_edition import settle
from deploy.demo.screen import Story
from deploy.demo.story import BASIS, DETAIL, header, rows_of, wait_for
from deploy.demo.world import CITY, CITY_BUREAU, World
from shared import clock

PATIENCE_SECONDS = 60


@dataclass
class Follower(threading.Thread):
    """Reads the public feed and notes when each entry of an adjustment arrived."""

    url: str
    after: int
    seen: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    wanted: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        """Follow until told to stop."""
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as client:
            while not self.done.is_set():
                try:
                    answer = client.get("/publish/v1/feed", params={"after": self.after, "limit": 500, "wait": 1})
                    answer.raise_for_status()
                except httpx.HTTPError:
                    time.sleep(0.05)  # the service is being started again; the position is ours
                    continue
                arrived = time.perf_counter()
                for event in answer.json():
                    self.after = int(event["sequence"])
                    self.seen.append((arrived, event))

    def of(self, adjustment: str) -> list[tuple[float, dict[str, Any]]]:
        """Entries that go back to an adjustment."""
        return [
            (at, event) for at, event in list(self.seen)
            if (event.get("data") or {}).get("adjustment") == adjustment and "item" in event["data"]
        ]  # fmt: skip


def feed_end(world: World) -> int:
    """The number of the feed's last entry."""
    after = 0
    while True:
        events = httpx.get(
            f"{world.system.url('publish')}/publish/v1/feed", params={"after": after, "limit": 500}, trust_env=False
        ).json()
        if not events:
            return after
        after = int(events[-1]["sequence"])


def decide(world: World, adjustment: str) -> float:
    """The government decides; returns the instant the request was sent."""
    decision = {"meeting": "演示会议", "date": "2026-03-02", "number": "演示〔2026〕7号"}
    sent = time.perf_counter()
    world.people["city-decider"].post(f"/workflow/v1/adjustments/{adjustment}/decide", {"decision": decision})
    return sent


def follow_live(world: World, story: Story, adjustment: str, expected: int) -> None:
    """Decide while the worker is killed in the middle of the cascade; every list follows all the same."""
    follower = Follower(world.system.url("publish"), feed_end(world))
    follower.start()
    world.system.kill("catalog-consumers")
    # It will die after writing the cascade and before remembering that it did: nothing of that may be left behind.
    world.system.start("catalog-consumers", crash_point="before-position")
    world.wait_listening("catalog", since=clock.now())
    decided = decide(world, adjustment)
    end = time.monotonic() + PATIENCE_SECONDS
    while world.system.processes["catalog-consumers"].alive and time.monotonic() < end:
        time.sleep(0.005)
    killed = time.perf_counter()
    nothing = not follower.of(adjustment)
    world.system.start("catalog-consumers")
    story.say(f"decided; the worker was killed {_ms(killed - decided)} later, in the middle of the cascade")
    story.claim(nothing, "nothing of the half-done cascade is to be seen")
    while len(follower.of(adjustment)) < expected and time.monotonic() < end:
        time.sleep(0.002)
    follower.done.set()
    _show_arrivals(world, story, follower.of(adjustment), killed)
    story.claim(len(follower.of(adjustment)) == expected, f"all {expected} entries of the preview arrived, once each")


def follow_undisturbed(world: World, story: Story) -> None:
    """A second, small change without any accident: how fast the lists follow."""
    follower = Follower(world.system.url("publish"), feed_end(world))
    follower.start()
    row = next(row for row in rows_of(world, CITY) if row["elements"]["handling_item"] == "02")
    adjustment = _run_through(world, row, {"basis": [*BASIS, DETAIL]})
    decided = decide(world, adjustment)
    end = time.monotonic() + PATIENCE_SECONDS
    expected = 4  # permit, power, catalogue, implementation show the basis
    while len(follower.of(adjustment)) < expected and time.monotonic() < end:
        time.sleep(0.001)
    follower.done.set()
    _show_arrivals(world, story, follower.of(adjustment), decided)
    story.claim(len(follower.of(adjustment)) == expected, "the lists that show the basis followed, the others did not")


def _run_through(world: World, row: dict[str, Any], elements: dict[str, Any]) -> str:
    opened = world.people["bureau-compiler"].post(
        "/workflow/v1/adjustments",
        {
            **header("补充实施依据"),
            "organ_id": world.organs[CITY_BUREAU],
            "changes": [{"operation": "modify", "item_id": row["id"], "elements": elements}],
        },
    )
    path = f"/workflow/v1/adjustments/{opened['id']}"
    world.people["bureau-compiler"].post(f"{path}/submit")
    state = wait_for(world.people["bureau-compiler"], path, "signing,returned")
    if state["state"] != "signing":
        raise RuntimeError(f"submission returned: {state['validation']}")
    world.people["bureau-principal"].post(f"{path}/sign", {"seal": {"reference": "演示签章"}})
    world.people["city-reviewer"].post(f"{path}/review", {"outcome": "pass"})
    settle(world)
    return str(opened["id"])


def _show_arrivals(world: World, story: Story, arrivals: list[tuple[float, dict[str, Any]]], since: float) -> None:
    by_list: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for at, event in arrivals:
        by_list.setdefault(event["data"]["list_id"], []).append((at, event))
    story.table(
        ["list", "entries", "elements", "after", "rev.", "list hash"],
        [
            (
                world.title(list_id),
                len(events),
                ", ".join(sorted({name for _, event in events for name in event["data"]["changed"]}))[:26],
                _ms(max(at for at, _ in events) - since),
                events[-1][1]["data"]["revision"],
                str(events[-1][1]["data"]["list_hash"])[:8],
            )
            for list_id, events in by_list.items()
        ],
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
