"""Who looks after the subscribers: subscribes, pauses, changes a filter, asks for events again, puts in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from tests.faults.caller import Caller, Told
from tests.faults.place import Installation
from tests.faults.receivers import FILTERS, PARTS, Receivers, Subscriber
from tests.faults.world import World

API = "/publish/v1/subscriptions"
EVERY_SECONDS = 2.5
PAUSED_SECONDS = (0.3, 1.5)
# How often each is done; a filter is changed once a round.
ACTS = {"pause": 4, "replay": 2, "miss": 2, "look": 4}
# A receiver that was killed is back within seconds.
PRESENT_SECONDS = 20.0
ANSWER_SECONDS = 60.0


class Integrator:
    """The administrator whose subscriptions they are."""

    def __init__(self, place: Installation, world: World, receivers: Receivers) -> None:
        self.receivers = receivers
        self.person = world.authority
        self.rng = random.Random()
        self.caller = Caller(place.system, self.rng)
        self.count = 0
        self.until = 0.0

    async def subscribe(self) -> None:
        """Subscribe to everything from the beginning; nothing is sent before the receivers know their secrets."""
        self._patient()
        for each in self.receivers.all:
            wanted = {"name": each.name, "endpoint": each.endpoint, "filter": each.filter, "after": 0, "paused": True,
                      "ordering": each.ordering}  # fmt: skip
            opened = self._good(await self._post(API, wanted))
            each.id = opened["id"]
            each.remember(opened["secret"])
            await self._present(each, secret=opened["secret"])
            self._good(await self._post(f"{API}/{each.id}/resume"))

    async def work(self, seed: str, until: float, deadline: float) -> None:
        """Go on until the loop's clock says `until`."""
        self.rng.seed(f"{seed}/integrator")
        self.caller.deadline, self.until = deadline, until
        loop = asyncio.get_running_loop()
        change_at = loop.time() + self.rng.uniform(0.2, 0.6) * (until - loop.time())
        while loop.time() < self.until:
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * EVERY_SECONDS)
            if change_at is not None and loop.time() > change_at:
                change_at = None
                await self._change(next(each for each in self.receivers.all if each.name == "some"))
            (act,) = self.rng.choices(list(ACTS), list(ACTS.values()))
            await getattr(self, f"_{act}")(self.rng.choice(self.receivers.all))

    async def put_in_order(self) -> None:
        """Every receiver answers as it should, every subscription goes on, and what failed is due at once."""
        self._patient()
        for each in self.receivers.all:
            await self._present(each, mode="ok")
            told = await self.caller.get(self.person, f"{API}/{each.id}")
            if told.good and told.body["state"] == "active":
                await self._post(f"{API}/{each.id}/pause")
            await self._post(f"{API}/{each.id}/resume")

    async def _pause(self, each: Subscriber) -> None:
        await self._post(f"{API}/{each.id}/pause")
        await asyncio.sleep(self.rng.uniform(*PAUSED_SECONDS))
        await self._post(f"{API}/{each.id}/resume")

    async def _look(self, each: Subscriber) -> None:
        """A subscription that was disabled goes on when its owner says so."""
        told = await self.caller.get(self.person, f"{API}/{each.id}")
        if told.good and told.body["state"] == "disabled":
            await self._post(f"{API}/{each.id}/resume")

    async def _replay(self, each: Subscriber) -> None:
        told = await self.caller.get(self.person, f"{API}/{each.id}")
        if told.good and told.body["last_sequence"]:
            first = self.rng.randint(1, told.body["last_sequence"])
            wanted = {"from_sequence": first, "until_sequence": first + self.rng.randint(0, 20)}
            await self._post(f"{API}/{each.id}/replay", wanted)

    async def _miss(self, each: Subscriber) -> None:
        """Ask for single numbers again, as a receiver does that believes to miss some."""
        told = await self.caller.get(self.person, f"{API}/{each.id}")
        if told.good and (last := told.body["last_sequence"]):
            missing = sorted({self.rng.randint(1, last) for _ in range(5)})
            await self._post(f"{API}/{each.id}/gaps", {"sequences": missing})

    async def _change(self, each: Subscriber) -> None:
        path = f"{API}/{each.id}"
        shown = await self.caller.get(self.person, path)
        if not shown.good:
            return
        now = {part: values for part, values in shown.body["filter"].items() if values is not None}
        asked = self.rng.choice([one for one in FILTERS if stored(one) != stored(now)])
        place = each.changed(asked)
        wanted = {"name": each.name, "endpoint": each.endpoint, "filter": asked, "ordering": each.ordering}
        told = await self.caller.put(self.person, path, wanted, match=str(shown.body["version"]))
        # 412 after an answer that was lost: it may have been this very change that made the version another.
        if told.good or (told.known and told.status != 412):
            each.answered(place, done=told.good)

    async def _present(self, each: Subscriber, **behaviour: Any) -> None:
        async with asyncio.timeout(PRESENT_SECONDS):
            while not await each.tell(**behaviour):  # noqa: ASYNC110 - the other side is a process
                await asyncio.sleep(0.1)

    async def _post(self, path: str, body: Any = None) -> Told:
        self.count += 1
        return await self.caller.post(self.person, path, body, key=f"integrator-{self.count}")

    def _patient(self) -> None:
        self.caller.deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS

    @staticmethod
    def _good(told: Told) -> Any:
        if not told.good:
            raise RuntimeError(f"the subscribers cannot be set up: {told}")
        return told.body


def stored(asked: Any) -> dict[str, Sequence[str] | None]:
    """A filter as the system shows it: all parts, sorted, each value once; what lets everything through is None."""
    return {part: sorted(set(asked[part])) if asked.get(part) is not None else None for part in PARTS}
