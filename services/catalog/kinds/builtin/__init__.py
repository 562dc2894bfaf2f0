"""The list kinds the product ships with, one JSON file a kind: title, unique code, element profiles."""

from __future__ import annotations

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
    "one_seal_transfer",
)  # fmt: skip


@cache
def definitions() -> tuple[dict[str, Any], ...]:
    """The built-in kinds with their profiles, checked like any other definition."""
    return tuple(_read(code) for code in CODES)


def _read(code: str) -> dict[str, Any]:
    kind: dict[str, Any] = orjson.loads(files(__package__).joinpath(f"{code}.json").read_bytes())
    for profile in kind["profiles"]:
        check_definition(profile["elements"])
        profile["valid_from"] = date.fromisoformat(profile["valid_from"])
    return kind


async def install_builtin(connection: AsyncConnection) -> None:
    """Insert the kinds and profiles that are not there; what is there stays as it is. Safe to repeat."""
    await repository.install(connection, definitions())
