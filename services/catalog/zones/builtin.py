"""Which lists regions of a kind must have, as the product ships it; a region may say otherwise for itself and below."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.regions.rules import NATION
from services.catalog.zones import repository


@cache
def definitions() -> tuple[dict[str, Any], ...]:
    """Rows of `mandatory_list` that hold everywhere."""
    shipped = orjson.loads(files(__package__).joinpath("builtin.json").read_bytes())
    return tuple(
        {"region_code": NATION, "list_kind": kind, **{key: row[key] for key in ("region_kind", "purpose", "source",
                                                                              "verified")}}
        for row in shipped
        for kind in row["list_kinds"]
    )  # fmt: skip


async def install_builtin_duties(connection: AsyncConnection) -> None:
    """Insert what is not there; safe to repeat."""
    await repository.install(connection, definitions())
