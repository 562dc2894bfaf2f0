"""Signing in: one answer for every kind of refusal, taking the same time, with a lock against guessing."""

from __future__ import annotations

import asyncio

from services.catalog.accounts import repository, rules
from services.catalog.records import Record
from shared import problems
from shared.identity.passwords import verify_password
from shared.identity.principal import Grant, Principal
from shared.ledger.transaction import Transaction

# Each check takes 64 MiB and a core for tens of milliseconds: more at once would not be faster, only hungrier.
_AT_ONCE = asyncio.Semaphore(2)


async def sign_in(tx: Transaction, login: str, password: str) -> Principal:
    """The person behind a login and password.

    Every attempt is in the audit. An unknown login, a wrong password, a locked and a closed account get the same
    answer after the same work, so that nobody learns which logins exist.

    Raises
    ------
    problems.Unauthenticated
        Decided: the count of failures and the audit are kept.
    """
    folded = login.strip().lower()
    row = await repository.by_login(tx.connection, folded) if folded.isprintable() else None
    async with _AT_ONCE:
        right = await asyncio.to_thread(verify_password, password, row["password_hash"] if row else None)
    if row is None:
        return await _refuse(tx, folded, "unknown_login")
    if rules.is_locked(row["locked_until"], tx.now):
        return await _refuse(tx, folded, "locked")
    if not right:
        failures = await repository.count_failure(tx.connection, row["id"])
        until = rules.lock_after(failures, tx.now)
        if until is not None:
            await repository.set_failures(tx.connection, row["id"], 0, until)
        return await _refuse(tx, folded, "wrong_password" if until is None else "locked_now")
    if not row["active"]:
        return await _refuse(tx, folded, "inactive")
    if row["failed_attempts"] or row["locked_until"]:
        await repository.set_failures(tx.connection, row["id"], 0, None)
    tx.actor = f"account:{row['id']}"
    await tx.audit("catalog:account:sign_in", "accepted", {"login": folded})
    return principal_of(row, await repository.roles(tx.connection, row["id"]))


def principal_of(row: Record, roles: list[Record]) -> Principal:
    """The principal an account and its roles make."""
    grants = tuple(Grant(role["role"], role["region_code"], role["organ_id"]) for role in roles)
    return Principal(row["id"], row["login"], row["name"], row["organ_id"], grants)


async def _refuse(tx: Transaction, login: str, why: str) -> Principal:
    await tx.audit("catalog:account:sign_in", "refused", {"login": login[:63].replace("\0", ""), "why": why})
    minutes = int(rules.LOCKED_FOR.total_seconds() // 60)
    raise problems.Unauthenticated(
        f"登录名或密码不正确。连续{rules.MOST_FAILURES}次失败后，账号锁定{minutes}分钟。",
        code="sign_in_refused",
        headers={"WWW-Authenticate": "Bearer"},
        decided=True,
    )
