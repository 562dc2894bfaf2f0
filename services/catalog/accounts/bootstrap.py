"""The first administrator of an installation: made by whoever runs the server, never over HTTP."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.accounts import repository, rules
from services.catalog.regions.rules import NATION
from shared.identifiers import new_id
from shared.identity.passwords import hash_password
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin


async def ensure_administrator(engine: AsyncEngine, *, login: str, password: str, name: str = "系统管理员") -> bool:
    """Create an administrator of everything unless the login exists; its password is then left alone.

    Returns
    -------
    Whether the account was created.

    Raises
    ------
    problems.Invalid
        The password is too weak.
    """
    folded = login.strip().lower()
    rules.check_password(password, folded, "/password")
    stored = await asyncio.to_thread(hash_password, password)
    async with begin(engine, service="catalog", actor="system:bootstrap") as tx:
        row = await repository.add(
            tx.connection, {"id": new_id(), "login": folded, "name": name, "password_hash": stored}
        )
        if row is None:
            return False
        role = {"account_id": row["id"], "role": "administrator", "region_code": NATION, "organ_id": None}
        await repository.add_roles(tx.connection, [{"id": new_id(), **role}])
        tx.append(NewEvent(type="account.created", reason="首次安装",
                           refs={"account": str(row["id"]), "roles": ["administrator"]}))  # fmt: skip
        return True
