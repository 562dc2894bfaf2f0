"""Use cases of accounts: open, change, close, grant and withdraw roles, change passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.accounts import repository, rules
from services.catalog.accounts.schemas import AccountChange, Grant, NewAccount, NewGrant, NewPassword, OwnPassword
from services.catalog.organs import repository as organs
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from shared import problems
from shared.identifiers import new_id
from shared.identity.passwords import hash_password, verify_password
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def get(connection: AsyncConnection, account_id: UUID, *, lock: bool = False) -> Record:
    """An account. Raises NotFound."""
    row = await repository.get(connection, account_id, lock=lock)
    if row is None:
        raise problems.NotFound("没有这个账号。", code="account_not_found")
    return row


def require_any_administrator(principal: Principal) -> None:
    """Accounts are seen by administrators only. Raises Forbidden."""
    if not any(grant.role == "administrator" for grant in principal.grants):
        principal.require("administrator", region=[NATION])


async def may_administer(tx: Transaction, principal: Principal, row: Record) -> None:
    """Refuse unless every role of the account lies where the principal administers: nobody takes over a superior.

    Raises
    ------
    problems.Forbidden
    """
    for code in {role["region_code"] for role in await repository.roles(tx.connection, row["id"])} or {NATION}:
        if code == NATION:
            principal.require("administrator", region=[NATION])
        else:
            regions.require_administrator(principal, await regions.chain(tx.connection, code))


async def add(tx: Transaction, principal: Principal, request: NewAccount) -> Record:
    """Open an account for one person.

    Raises
    ------
    problems.Forbidden
        A role or an organ lies where the principal does not administer.
    problems.Invalid
    problems.Conflict
        The login is taken.
    """
    require_any_administrator(principal)
    password = request.password.get_secret_value()
    rules.check_password(password, request.login, "/password")
    await _check_organs(tx, principal, [request.organ_id, *(grant.organ_id for grant in request.roles)])
    granted = [await _checked(tx, principal, grant, f"/roles/{index}") for index, grant in enumerate(request.roles)]
    row = await repository.add(
        tx.connection,
        {"id": new_id(), "login": request.login, "name": request.name, "organ_id": request.organ_id,
         "password_hash": await asyncio.to_thread(hash_password, password)},
    )  # fmt: skip
    if row is None:
        raise problems.Conflict(f"登录名“{request.login}”已被使用，请更换。", code="login_taken")
    if granted:
        rows = [{"id": new_id(), "account_id": row["id"], **grant} for grant in granted]
        await repository.add_roles(tx.connection, rows)
    tx.append(NewEvent(type="account.created", reason=request.reason, legal_basis=request.legal_basis,
                       refs={"account": str(row["id"]), "roles": [grant["role"] for grant in granted]}))  # fmt: skip
    return row


async def change(tx: Transaction, principal: Principal, row: Record, request: AccountChange) -> Record:
    """Change name, organ, or whether the account is open; the organ to one where the principal administers.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    """
    await may_administer(tx, principal, row)
    # Whom a superior has put into an organ stays there while somebody below changes the name.
    await _check_organs(tx, principal, [request.organ_id] if request.organ_id != row["organ_id"] else [])
    values = request.model_dump(include={"name", "organ_id", "active"})
    changed = await repository.change(tx.connection, row["id"], values)
    names = [name for name in values if row[name] != values[name]]
    tx.append(NewEvent(type="account.updated", elements=names, reason=request.reason, legal_basis=request.legal_basis,
                       refs={"account": str(row["id"])}))  # fmt: skip
    return changed


async def grant(tx: Transaction, principal: Principal, row: Record, request: NewGrant) -> Record:
    """Grant a role.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        The account holds it.
    """
    require_any_administrator(principal)
    await _check_organs(tx, principal, [request.organ_id])
    values = await _checked(tx, principal, request, "")
    added = await repository.add_roles(tx.connection, [{"id": new_id(), "account_id": row["id"], **values}])
    if not added:
        raise problems.Conflict("该账号已有此角色。", code="role_held")
    await repository.change(tx.connection, row["id"], {})
    tx.append(NewEvent(type="role.granted", region_code=values["region_code"], reason=request.reason,
                       legal_basis=request.legal_basis,
                       refs={"account": str(row["id"]), "role": values["role"]}))  # fmt: skip
    return added[0]


async def withdraw(tx: Transaction, principal: Principal, row: Record, role_id: UUID) -> None:
    """Take a role away. Raises Forbidden, NotFound."""
    held = next((r for r in await repository.roles(tx.connection, row["id"]) if r["id"] == role_id), None)
    require_any_administrator(principal)
    if held is None:
        raise problems.NotFound("该账号没有这个角色。", code="role_not_found")
    chain = [] if held["region_code"] == NATION else await regions.chain(tx.connection, held["region_code"])
    regions.require_administrator(principal, chain)
    await repository.remove_role(tx.connection, row["id"], role_id)
    await repository.change(tx.connection, row["id"], {})
    tx.append(NewEvent(type="role.withdrawn", region_code=held["region_code"],
                       refs={"account": str(row["id"]), "role": held["role"]}))  # fmt: skip


async def change_own_password(tx: Transaction, principal: Principal, request: OwnPassword) -> None:
    """Change the password of whoever asks.

    Raises
    ------
    problems.Forbidden
        The present password is wrong.
    problems.Invalid
    """
    row = await get(tx.connection, principal.account_id, lock=True)
    if not await asyncio.to_thread(verify_password, request.current.get_secret_value(), row["password_hash"]):
        raise problems.Forbidden("当前密码不正确。", code="wrong_password",
                                 errors=[FieldError("/current", "wrong_password", "当前密码不正确")])  # fmt: skip
    await _set_password(tx, row, request.new.get_secret_value(), "/new")
    tx.append(NewEvent(type="account.password_changed", refs={"account": str(row["id"])}))


async def set_password(tx: Transaction, principal: Principal, row: Record, request: NewPassword) -> None:
    """Set somebody's password and lift the lock. Raises Forbidden, Invalid."""
    await may_administer(tx, principal, row)
    await _set_password(tx, row, request.password.get_secret_value(), "/password")
    tx.append(NewEvent(type="account.password_changed", reason=request.reason, refs={"account": str(row["id"])}))


async def _set_password(tx: Transaction, row: Record, password: str, pointer: str) -> None:
    rules.check_password(password, row["login"], pointer)
    stored = await asyncio.to_thread(hash_password, password)
    await repository.change(
        tx.connection, row["id"], {"password_hash": stored, "failed_attempts": 0, "locked_until": None}
    )


async def _checked(tx: Transaction, principal: Principal, grant: Grant, place: str) -> dict[str, Any]:
    rules.check_grant(grant.role, grant.organ_id)
    # The nation's administrator exists before any region is registered.
    if grant.region_code.strip("0") == "":
        principal.require("administrator", region=[NATION])
        return {"role": grant.role, "region_code": NATION, "organ_id": grant.organ_id}
    chain = await regions.chain(tx.connection, grant.region_code, f"{place}/region_code")
    regions.require_administrator(principal, chain)
    return {"role": grant.role, "region_code": chain[0], "organ_id": grant.organ_id}


async def _check_organs(tx: Transaction, principal: Principal, organ_ids: Sequence[UUID | None]) -> None:
    """Refuse organs that are unknown or lie elsewhere: who belongs to an organ reads what it has not decided yet."""
    wanted = {organ_id for organ_id in organ_ids if organ_id is not None}
    if not wanted:
        return
    known = await organs.by_ids(tx.connection, list(wanted))
    if len(known) < len(wanted):
        raise problems.Invalid("机构不在机构库中，请先登记。", code="organ_unknown",
                               errors=[FieldError("/organ_id", "organ_unknown", "机构未登记")])  # fmt: skip
    chains = await organs.known_regions(tx.connection, list({row["region_code"] for row in known}))
    for chain in chains.values():
        regions.require_administrator(principal, chain)
