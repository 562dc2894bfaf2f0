"""The dictionary the product ships: the elements its own kinds share, called as they call them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.dictionary import repository
from services.catalog.kinds.builtin import definitions, dictionary
from services.catalog.kinds.rules import RESERVED


def entries() -> list[dict[str, Any]]:
    """The shared elements, each with the titles that the built-in kinds give it."""
    titles: dict[str, set[str]] = {}
    for kind in definitions():
        for profile in kind["profiles"]:
            for element in profile["elements"]:
                titles.setdefault(element["key"], set()).add(element["title"])
    return [
        {
            "key": key,
            "title": element["title"],
            "aliases": sorted(titles.get(key, set()) - {element["title"]}),
            "any_title": key in RESERVED,
            "type": element["type"],
            "vocabulary": element.get("vocabulary", {}),
            "columns": element.get("columns", []),
            "description": element.get("description", ""),
        }
        for key, element in dictionary().items()
    ]


async def install_builtin_dictionary(connection: AsyncConnection) -> None:
    """Insert what is new or changed as the next version; what administrations defined stays. Safe to repeat."""
    await repository.install(connection, entries())
