"""All SQL of service clients and their secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.clients.rules import Secret
from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.clients import service_client, service_client_secret
from shared.statement import Statement

_WITHIN = text(
    """
    service_client.region_code IN (
        SELECT code FROM qingdan.region WHERE code = ANY(:tops) OR ancestors && :tops
    )
    """
)
_SECRETS = Statement(
    "SELECT id, secret_hash, valid_until FROM qingdan.service_client_secret WHERE client_id = :client"
    " ORDER BY created_at, id"
)
_END = Statement(
    """
    UPDATE qingdan.service_client_secret AS s SET valid_until = e.ends_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ends AS timestamptz[])) AS e(id, ends_at)
    WHERE s.id = e.id
    """
)
_FORGET = Statement(
    "DELETE FROM qingdan.service_client_secret WHERE client_id = :client AND valid_until < CAST(:before AS timestamptz)"
)
_USED = Statement("UPDATE qingdan.service_client_secret SET last_used_at = :now WHERE id = :id")
_FAILED = Statement(
    "UPDATE qingdan.service_client SET failed_attempts = failed_attempts + 1 WHERE id = :id RETURNING failed_attempts"
)


async def get(connection: AsyncConnection, client_id: UUID, *, lock: bool = False) -> Record | None:
    """One client."""
    statement = select(service_client).where(service_client.c.id == client_id)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def search(
    connection: AsyncConnection,
    *,
    filters: Mapping[str, Any],
    query: str | None,
    within: Sequence[str] | None,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Clients in the order they were registered; `within`: only of these regions and those below them."""
    statement = select(service_client).order_by(service_client.c.id).limit(limit)
    statement = statement.where(*matching(service_client, filters))
    if query:
        statement = statement.where(service_client.c.name.contains(query, autoescape=True))
    if within is not None:
        statement = statement.where(_WITHIN.bindparams(bindparam("tops", list(within), type_=ARRAY(Text))))
    if after is not None:
        statement = statement.where(service_client.c.id > after)
    return many(await connection.execute(statement))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Insert a client."""
    return one(await connection.execute(insert(service_client).values(**values).returning(service_client)))


async def change(connection: AsyncConnection, client_id: UUID, values: Mapping[str, Any]) -> Record:
    """Change a client and raise its version."""
    statement = (
        update(service_client).where(service_client.c.id == client_id)
        .values(**values, version=service_client.c.version + 1).returning(service_client)
    )  # fmt: skip
    return one(await connection.execute(statement))


async def add_secret(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a secret."""
    await connection.execute(insert(service_client_secret).values(**values))


async def secrets(connection: AsyncConnection, client_id: UUID) -> list[Secret]:
    """The secrets of a client, oldest first; ended ones among them."""
    return [Secret(**row) for row in await _SECRETS.rows(connection, {"client": client_id})]


async def shown_secrets(connection: AsyncConnection, client_id: UUID) -> list[Record]:
    """What people may see of the secrets of a client, oldest first."""
    columns = [column for column in service_client_secret.c if column.name not in ("secret_hash", "client_id")]
    statement = select(*columns).where(service_client_secret.c.client_id == client_id)
    return many(
        await connection.execute(statement.order_by(service_client_secret.c.created_at, service_client_secret.c.id))
    )


async def end_secrets(connection: AsyncConnection, ends: Mapping[UUID, datetime]) -> None:
    """Say when secrets end."""
    if ends:
        await _END.rows(connection, {"ids": list(ends), "ends": list(ends.values())})


async def forget_secrets(connection: AsyncConnection, client_id: UUID, before: datetime) -> None:
    """Delete secrets that ended before an instant."""
    await _FORGET.rows(connection, {"client": client_id, "before": before})


async def note_use(connection: AsyncConnection, secret_id: UUID, now: datetime) -> None:
    """Note that a secret opened the door: whoever exchanges secrets sees when the old one is not used any more."""
    await _USED.rows(connection, {"id": secret_id, "now": now})


async def count_failure(connection: AsyncConnection, client_id: UUID) -> int:
    """One more wrong secret; how many in a row now. Counted in the database: attempts may come at the same time."""
    return int(await _FAILED.value(connection, {"id": client_id}))


async def set_failures(
    connection: AsyncConnection, client_id: UUID, failures: int, locked_until: datetime | None
) -> None:
    """Set the counter and the lock; no new version, since nobody has changed the client."""
    await connection.execute(
        update(service_client)
        .where(service_client.c.id == client_id)
        .values(failed_attempts=failures, locked_until=locked_until)
    )
