"""Use cases of service clients: register, change, exchange and end secrets, deactivate and activate again."""

from __future__ import annotations

import secrets as random_secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.catalog.accounts.service import require_any_administrator
from services.catalog.clients import repository, rules
from services.catalog.clients.schemas import ClientChange, NewClient, Rotation
from services.catalog.fields import Grounds
from services.catalog.organs import repository as organs
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


@dataclass(frozen=True)
class MadeSecret:
    """A secret in the clear, for the one answer that shows it."""

    id: UUID
    text: str
    previous_valid_until: datetime | None = None


def administered(principal: Principal) -> list[str] | None:
    """The regions whose clients (and those below) a person sees; None: all. Raises Forbidden."""
    require_any_administrator(principal)
    tops = [grant.region_code for grant in principal.grants if grant.role == "administrator" and not grant.organ_id]
    return None if NATION in tops else tops


async def get(tx: Transaction, principal: Principal, client_id: UUID, *, lock: bool = False) -> Record:
    """A client that the person looks after.

    Raises
    ------
    problems.Forbidden
        No administrator.
    problems.NotFound
        There is none, or it belongs to another region.
    """
    require_any_administrator(principal)
    row = await repository.get(tx.connection, client_id, lock=lock)
    if row is not None:
        chain = await _chain(tx, row["region_code"])
        if principal.holds("administrator", region=[*chain, NATION]):
            return row
    raise problems.NotFound("没有这个接入系统，或不归您管理。", code="client_not_found")


async def register(tx: Transaction, principal: Principal, request: NewClient) -> tuple[Record, MadeSecret]:
    """Register a system and make its first secret.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    """
    values = await _checked(tx, principal, request)
    row = await repository.add(tx.connection, {"id": new_id(), **values})
    secret = await _make_secret(tx, row["id"])
    _tell(tx, "client.registered", row, request, scopes=row["scopes"])
    return row, secret


async def change(tx: Transaction, principal: Principal, row: Record, request: ClientChange) -> Record:
    """Change name, owner, region, scopes or contact. Raises Forbidden, Invalid."""
    values = await _checked(tx, principal, request)
    changed = await repository.change(tx.connection, row["id"], values)
    names = [name for name in values if row[name] != values[name]]
    _tell(tx, "client.updated", changed, request, elements=names, scopes=changed["scopes"])
    return changed


async def rotate(tx: Transaction, row: Record, request: Rotation) -> MadeSecret:
    """Make a new secret; the newest one before it stays good for the overlap, older ones end."""
    held = await repository.secrets(tx.connection, row["id"])
    ends = rules.end_of_overlap(held, tx.now, timedelta(hours=request.overlap_hours))
    await repository.end_secrets(tx.connection, ends)
    await repository.forget_secrets(tx.connection, row["id"], tx.now - rules.REMEMBERED)
    made = await _make_secret(tx, row["id"])
    await repository.change(tx.connection, row["id"], {"failed_attempts": 0, "locked_until": None})
    until = max(ends.values(), default=None)
    _tell(tx, "client.secret_rotated", row, request, secret=str(made.id),
          previous_valid_until=until.isoformat() if until else None)  # fmt: skip
    return MadeSecret(made.id, made.text, until)


async def end_secret(tx: Transaction, row: Record, secret_id: UUID) -> None:
    """End a secret at once.

    Raises
    ------
    problems.NotFound
        The client has no such secret that is still good.
    """
    held = await repository.secrets(tx.connection, row["id"])
    if not any(secret.id == secret_id and secret.is_good(tx.now) for secret in held):
        raise problems.NotFound("该接入系统没有这个有效密钥。", code="secret_not_found")
    await repository.end_secrets(tx.connection, {secret_id: tx.now})
    await repository.change(tx.connection, row["id"], {})
    _tell(tx, "client.secret_ended", row, None, secret=str(secret_id))


async def set_active(tx: Transaction, row: Record, request: Grounds, *, active: bool) -> Record:
    """Shut a client out, or let it in again (which lifts the lock). Raises IllegalTransition."""
    if row["active"] is active:
        raise problems.IllegalTransition(
            "该接入系统已处于此状态。", allowed=["deactivate" if row["active"] else "activate"]
        )
    values: dict[str, Any] = {"active": active} | ({"failed_attempts": 0, "locked_until": None} if active else {})
    changed = await repository.change(tx.connection, row["id"], values)
    _tell(tx, "client.activated" if active else "client.deactivated", changed, request)
    return changed


async def _make_secret(tx: Transaction, client_id: UUID) -> MadeSecret:
    made = MadeSecret(new_id(), rules.SECRET_PREFIX + random_secrets.token_urlsafe(rules.SECRET_BYTES))
    values = {"id": made.id, "client_id": client_id, "secret_hash": rules.digest(made.text), "created_at": tx.now}
    await repository.add_secret(tx.connection, values)
    return made


async def _checked(tx: Transaction, principal: Principal, request: ClientChange) -> dict[str, Any]:
    rules.check_scopes(request.scopes)
    if (request.organ_id is None) == (request.operator is None):
        message = "机构（organ_id）与运营单位（operator）须填且只填一项"
        raise problems.Invalid(f"{message}。", code="one_owner",
                               errors=[FieldError("/operator", "one_owner", message)])  # fmt: skip
    if request.organ_id and not await organs.by_ids(tx.connection, [request.organ_id]):
        raise problems.Invalid("机构不在机构库中，请先登记。", code="organ_unknown",
                               errors=[FieldError("/organ_id", "organ_unknown", "机构未登记")])  # fmt: skip
    chain = await _chain(tx, request.region_code)
    regions.require_administrator(principal, chain)
    values = request.model_dump(include={"name", "organ_id", "operator", "contact"})
    return values | {"region_code": chain[0], "scopes": sorted(set(request.scopes))}


async def _chain(tx: Transaction, code: str) -> list[str]:
    # A client of the whole nation needs no register of regions.
    return [NATION] if code.strip("0") == "" else await regions.chain(tx.connection, code)


def _tell(
    tx: Transaction, kind: str, row: Record, request: Grounds | None, *, elements: list[str] | None = None, **refs: Any
) -> None:
    tx.append(NewEvent(
        type=kind, region_code=row["region_code"], elements=elements or [],
        reason=request.reason if request else None, legal_basis=request.legal_basis if request else None,
        refs={"client": str(row["id"]), **refs},
    ))  # fmt: skip
