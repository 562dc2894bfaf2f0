"""The annex columns the product ships with, as data beside this module; other kinds show the default."""

from __future__ import annotations

from importlib.resources import files

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.annexes import repository


async def install_builtin_layouts(connection: AsyncConnection) -> None:
    """Insert the layouts that are not there; what is there stays as it is. Safe to repeat."""
    await repository.install_layouts(connection, orjson.loads(files(__package__).joinpath("builtin.json").read_bytes()))
