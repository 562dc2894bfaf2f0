"""The catalog's own check of everything, as long work: asked for during the storm, and once more at its end."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.faults.caller import Caller
from tests.faults.facts import Violation
from tests.faults.place import Installation
from tests.faults.world import Person

EVERY_SECONDS = 4.0
RESULT_SECONDS = 60.0


async def keep_asking(place: Installation, person: Person, until: float) -> list[Violation]:
    """Ask for checks while things are killed: every one acknowledged must come to an end, Redis or not."""
    caller = Caller(place.system, random.Random(0), until + RESULT_SECONDS)
    locations: list[str] = []
    number = 0
    try:
        while asyncio.get_running_loop().time() < until:
            number += 1
            told = await caller.post(person, "/catalog/v1/check", {}, key=f"check-{until}-{number}")
            if told.good:
                locations.append(told.body["location"])
            await asyncio.sleep(EVERY_SECONDS)
        ended = [await result(caller, person, location) for location in locations]
        return [
            Violation(2, "an acknowledged operation did not come to its end", f"{location}: {result}", lost=1)
            for location, result in zip(locations, ended, strict=True)
            if result.get("state") != "succeeded"
        ]
    finally:
        await caller.close()


async def check(place: Installation, person: Person) -> list[Violation]:
    """One full check now: it may find nothing that the system should have done itself."""
    caller = Caller(place.system, random.Random(0), asyncio.get_running_loop().time() + RESULT_SECONDS)
    try:
        told = await caller.post(person, "/catalog/v1/check", {}, key=f"final-{random.random()}")
        if not told.good:
            return [Violation(3, "the full check cannot be asked for", f"{told}")]
        operation = await result(caller, person, told.body["location"])
        if operation.get("state") != "succeeded":
            return [Violation(3, "the full check did not succeed", f"{operation}")]
        return [
            Violation(3, "the full check found what the cascade should have done", f"{mismatch}", lost=1)
            for mismatch in operation["result"]["mismatches"]
            if mismatch["action"] == "sync"  # everything else waits for people, as drafts and findings
        ]
    finally:
        await caller.close()


async def result(caller: Caller, person: Person, location: str) -> dict[str, Any]:
    """An operation when it has come to its end, or as it stands when time is over."""
    end = asyncio.get_running_loop().time() + RESULT_SECONDS
    while True:
        told = await caller.get(person, location)
        operation = told.body if told.good else {"state": f"unknown: {told}"}
        if operation["state"] not in ("queued", "running") or asyncio.get_running_loop().time() > end:
            return dict(operation)
        await asyncio.sleep(0.2)
