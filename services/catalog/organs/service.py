"""Use cases of the register of organs: one at a time; many at once are in `loading`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.organs import repository
from services.catalog.organs.rules import completed, read_credit_code, refused_change, supervision_cycle
from services.catalog.organs.schemas import NewOrgan
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def get(connection: AsyncConnection, organ_id: UUID, *, lock: bool = False) -> Record:
    """An organ. Raises NotFound."""
    row = await repository.get(connection, organ_id, lock=lock)
    if row is None:
        raise problems.NotFound("机构库中没有这个机构，请核对编号。", code="organ_not_found")
    return row


def compiles_for(principal: Principal, region_chain: Sequence[str], organ: Record) -> bool:
    """Whether somebody compiles for an organ: as its own compiler, or one of its supervising organ (ZL-12)."""
    supervisor = organ["supervising_organ_id"]
    return principal.holds("compiler", region=region_chain, organ_id=organ["id"]) or (
        supervisor is not None and principal.holds("compiler", region=region_chain, organ_id=supervisor)
    )


async def add(tx: Transaction, principal: Principal, request: NewOrgan) -> Record:
    """Register an organ.

    Raises
    ------
    problems.Forbidden, problems.Invalid, problems.Conflict
    """
    organ_id = new_id()
    values = await _values(tx, principal, request, organ_id)
    values |= completed(values, None)
    row = await repository.add(tx.connection, {"id": organ_id, **values})
    tx.append(_event("organ.created", row, request))
    return row


async def change(tx: Transaction, principal: Principal, row: Record, request: NewOrgan) -> Record:
    """Change an organ.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        Another organ has the credit code; it owns power items and would lose the status to own them (HB-06); or its
        state would change, which succession alone does.
    """
    regions.require_administrator(principal, await regions.chain(tx.connection, row["region_code"]))
    values = await _values(tx, principal, request, row["id"])
    values |= completed(values, row)
    owners = await repository.owners_of_power_items(tx.connection, [row["id"]])
    if refused := refused_change(values, row, row["id"] in owners):
        raise problems.Conflict(f"{refused.message}。", code=refused.code, errors=[refused])
    changed = await repository.change(tx.connection, row["id"], values)
    names = [name for name, value in values.items() if row[name] != value]
    tx.append(_event("organ.updated", changed, request, names))
    return changed


async def _values(tx: Transaction, principal: Principal, request: NewOrgan, organ_id: UUID) -> dict[str, Any]:
    chain = await regions.chain(tx.connection, request.region_code)
    regions.require_administrator(principal, chain)
    code = read_credit_code(request.credit_code)
    if code.error:
        raise problems.Invalid(code.error.message, code=code.error.code, errors=[code.error])
    if code.value:
        owner = await repository.owner_of_code(tx.connection, code.value)
        if owner is not None and owner != organ_id:
            raise problems.Conflict(f"统一社会信用代码{code.value}已登记在另一机构名下。", code="credit_code_taken",
                                    errors=[FieldError("/credit_code", "credit_code_taken", "已被登记")])  # fmt: skip
    await _check_name(tx.connection, organ_id, request.name, chain[0], code.value)
    await _check_supervisor(tx.connection, organ_id, request.supervising_organ_id)
    return request.model_dump(exclude={"reason", "legal_basis"}) | {
        "region_code": chain[0],
        "credit_code": code.value,
        "credit_code_check": code.check,
    }


async def _check_name(
    connection: AsyncConnection, organ_id: UUID, name: str, region_code: str, credit_code: str | None
) -> None:
    """Two organs of one name in a region are told apart by their credit codes, or they are one entered twice."""
    others = [row for row in await repository.namesakes(connection, [name], [region_code]) if row["id"] != organ_id]
    if others and not (credit_code and all(row["credit_code"] for row in others)):
        raise problems.Conflict(
            f"本区划已登记“{name}”。如是同一机构请修改原记录；如确为两个机构，请都填写统一社会信用代码。",
            code="organ_name_taken", errors=[FieldError("/name", "organ_name_taken", "本区划已有同名机构")],
        )  # fmt: skip


async def _check_supervisor(connection: AsyncConnection, organ_id: UUID, supervising: UUID | None) -> None:
    if supervising is None:
        return
    place = "/supervising_organ_id"
    if supervising != organ_id and await repository.get(connection, supervising) is None:
        raise problems.Invalid("主管部门不在机构库中，请先登记。", code="organ_unknown",
                               errors=[FieldError(place, "organ_unknown", "主管部门未登记")])  # fmt: skip
    if supervision_cycle(str(organ_id), str(supervising), await repository.superiors(connection)):
        raise problems.Invalid("主管关系形成循环，请核对主管部门。", code="supervision_cycle",
                               errors=[FieldError(place, "supervision_cycle", "主管关系形成循环")])  # fmt: skip


def _event(kind: str, row: Record, request: NewOrgan, names: list[str] | None = None) -> NewEvent:
    return NewEvent(type=kind, region_code=row["region_code"], elements=tuple(names or ()), reason=request.reason,
                    legal_basis=request.legal_basis, refs={"organs": [str(row["id"])]})  # fmt: skip
