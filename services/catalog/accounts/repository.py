"""All SQL of accounts and their roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.identity import account, account_role


async def by_login(connection: AsyncConnection, login: str) -> Record | None:
    """The account of a login."""
    return one_or_none(await connection.execute(select(account).where(account.c.login == login)))


async def get(connection: AsyncConnection, account_id: UUID, *, lock: bool = False) -> Record | None:
    """One account."""
    statement = select(account).where(account.c.id == account_id)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def search(
    connection: AsyncConnection, *, filters: Mapping[str, Any], query: str | None, after: str | None, limit: int
) -> list[Record]:
    """Accounts by login."""
    statement = select(account).order_by(account.c.login).limit(limit)
    statement = statement.where(*matching(account, filters))
    if query:
        statement = statement.where(account.c.name.contains(query, autoescape=True))
    if after is not None:
        statement = statement.where(account.c.login > after)
    return many(await connection.execute(statement))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Insert an account; None when the login is taken."""
    statement = insert(account).values(**values).on_conflict_do_nothing().returning(account)
    return one_or_none(await connection.execute(statement))


async def change(connection: AsyncConnection, account_id: UUID, values: Mapping[str, Any]) -> Record:
    """Change an account and raise its version."""
    statement = (
        update(account).where(account.c.id == account_id).values(**values, version=account.c.version + 1)
        .returning(account)
    )  # fmt: skip
    return one(await connection.execute(statement))


async def count_failure(connection: AsyncConnection, account_id: UUID) -> int:
    """One more wrong password; how many in a row now. Counted in the database: attempts may come at the same time."""
    statement = (
        update(account)
        .where(account.c.id == account_id)
        .values(failed_attempts=account.c.failed_attempts + 1)
        .returning(account.c.failed_attempts)
    )
    return int((await connection.execute(statement)).scalar_one())


async def set_failures(connection: AsyncConnection, account_id: UUID, failures: int, locked_until: Any) -> None:
    """Set the counter and the lock."""
    await connection.execute(
        update(account).where(account.c.id == account_id).values(failed_attempts=failures, locked_until=locked_until)
    )


async def roles(connection: AsyncConnection, account_id: UUID) -> list[Record]:
    """The roles an account holds."""
    statement = (
        select(account_role)
        .where(account_role.c.account_id == account_id)
        .order_by(account_role.c.role, account_role.c.region_code, account_role.c.id)
    )
    return many(await connection.execute(statement))


async def add_roles(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Grant roles; those already held are passed over."""
    statement = insert(account_role).values(list(rows)).on_conflict_do_nothing().returning(account_role)
    return many(await connection.execute(statement))


async def remove_role(connection: AsyncConnection, account_id: UUID, role_id: UUID) -> Record | None:
    """Take a role away; None when the account does not hold it."""
    statement = (
        delete(account_role)
        .where(account_role.c.id == role_id, account_role.c.account_id == account_id)
        .returning(account_role)
    )
    return one_or_none(await connection.execute(statement))
