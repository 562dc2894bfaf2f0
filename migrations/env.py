"""Alembic environment: runs migrations online, as the schema's owner."""

from __future__ import annotations

import asyncio
import re

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared import settings
from shared.database import without_tls
from shared.schema import SCHEMA, metadata

# Partitions are made by shared/ledger/partitions.py, not by migrations.
_PARTITION = re.compile(r"^(event_p\d+|idempotency_d\d+)$")


def _is_ours(_thing: object, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:
    return not (kind == "table" and reflected and _PARTITION.match(name or ""))


def _migrate(connection: Connection) -> None:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=True,
        include_name=lambda name, kind, _parents: kind != "schema" or name == SCHEMA,
        include_object=_is_ours,
        version_table_schema=SCHEMA,
        compare_type=True,
        # What a migration locks is locked for the time of that migration, not of all that follow; one that fails is
        # where the next run goes on.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run() -> None:
    url = context.config.attributes.get("url") or settings.load().owner_url.set(drivername="postgresql+asyncpg")
    address, tls = without_tls(url)
    engine = create_async_engine(address, connect_args=tls)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


asyncio.run(_run())
