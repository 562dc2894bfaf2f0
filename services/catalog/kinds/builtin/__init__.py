"""The list kinds the product ships with, one JSON file a kind: title, unique code, element profiles.

A profile's element is written out, or `{"use": key}` takes it from `dictionary*.json` (QX-36: one element, one meaning
in all lists) with whatever else is given laid over it. `"extends": number` continues an earlier profile of the kind:
elements of the same key are overlaid, others added at the end. `"offered": true` is a set of elements with a name that
applies nowhere until a region adopts it (ZL-22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.kinds import repository
from services.catalog.kinds.rules import check_definition

# In the order in which people read them: the superior's list, the permit list, and what follows from it.
CODES = (
    "base_catalogue", "permit", "power", "catalogue", "implementation", "follow_up_supervision",
    "internet_supervision", "investment_approval", "market_access_negative", "construction_approval",
    "one_seal_transfer", "responsibility", "public_service", "environment_responsibility",
    "work_safety_responsibility", "intermediary_service", "charge", "enforcement", "random_inspection", "proof",
    "prohibited_investment",
)  # fmt: skip


@cache
def definitions() -> tuple[dict[str, Any], ...]:
    """The built-in kinds with their profiles, checked like any other definition."""
    return tuple(_read(code) for code in CODES)


def _read(code: str) -> dict[str, Any]:
    kind: dict[str, Any] = orjson.loads(files(__package__).joinpath(f"{code}.json").read_bytes())
    earlier: dict[int, list[dict[str, Any]]] = {}
    for profile in kind["profiles"]:
        profile["elements"] = _resolved(profile["elements"], earlier.get(profile.pop("extends", None) or 0, []))
        earlier[profile["number"]] = profile["elements"]
        check_definition(profile["elements"])
        profile["valid_from"] = date.fromisoformat(profile["valid_from"])
    return kind


@cache
def dictionary() -> Mapping[str, dict[str, Any]]:
    """The elements that mean the same in all built-in lists, by key."""
    folder = files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("dictionary"))
    shared = [one for name in names for one in orjson.loads(folder.joinpath(name).read_bytes())["elements"]]
    check_definition(shared)
    return {element["key"]: element for element in shared}


def _resolved(written: Sequence[dict[str, Any]], base: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Elements as they are stored: taken from the dictionary where asked, laid over those of an earlier profile."""
    elements = {element["key"]: element for element in base}
    for given in written:
        used = {**dictionary()[given["use"]]} if "use" in given else {}
        overlay = {name: value for name, value in given.items() if name != "use"}
        key = overlay.get("key") or used["key"]
        elements[key] = used | elements.get(key, {}) | overlay
    return list(elements.values())


async def install_builtin(connection: AsyncConnection) -> None:
    """Insert the kinds and profiles that are not there; what is there stays as it is. Safe to repeat."""
    await repository.install(connection, definitions())
