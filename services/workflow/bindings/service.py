"""Use cases of bindings: set and end them, and ask what holds today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.workflow.bindings import repository, rules
from services.workflow.bindings.rules import ProcedureBinding, RoleBinding
from services.workflow.bindings.schemas import NewProcedureBindings, NewRoleBinding
from services.workflow.procedures.kinds import KIND_TITLES
from services.workflow.procedures.rules import Charged, StoredTemplate, office
from services.workflow.procedures.templates import repository as templates
from services.workflow.register import service as register
from shared import clock, problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


def today(tx: Transaction) -> date:
    """The day it is in Asia/Shanghai."""
    return tx.now.astimezone(clock.ZONE).date()


async def bind_procedures(tx: Transaction, principal: Principal, given: NewProcedureBindings) -> list[ProcedureBinding]:
    """Say which procedure kinds of adjustment pass in a region from a day on.

    Raises
    ------
    problems.Forbidden
        The caller does not administer the region.
    problems.Invalid
        The template is unknown, of another region, or not made for a kind; or the period is impossible.
    problems.Conflict
        A region above has locked a kind.
    """
    chain = await _administered(tx, principal, given.region_code)
    first = given.valid_from or today(tx)
    rules.check_period(first, given.valid_to, today(tx))
    kinds = list(dict.fromkeys(given.kinds))
    await _check_template(tx, given.template_code, chain, kinds)
    above = [place for place in rules.places(chain)[1:] if place is not None]
    found = await repository.procedures_above(tx.connection, above, since=first, kinds=kinds)
    rules.refuse_locked(found, chain, kinds, first, given.valid_to, given.list_kind)
    await _check_list_kind(tx, given.list_kind)
    shared = given.model_dump(exclude={"kinds", "valid_from"}) | {"valid_from": first, "created_by": principal.actor}
    stored = await repository.add_procedures(
        tx.connection, [{"id": new_id(), "kind": kind, **shared} for kind in kinds]
    )
    refs = {"bindings": [str(each.id) for each in stored], "kinds": kinds, "template": given.template_code}
    await _tell(tx, "procedure_binding.added", given.region_code, refs)
    return stored


async def _check_list_kind(tx: Transaction, list_kind: str | None) -> None:
    if list_kind is not None and not await repository.is_list_kind(tx.connection, list_kind):
        place = problems.FieldError("/list_kind", "unknown_kind", f"没有清单类型“{list_kind}”，请核对代码")
        raise problems.Invalid("清单类型不存在。", errors=[place])


async def _check_template(tx: Transaction, code: str, chain: Sequence[str], kinds: Sequence[str]) -> None:
    template = await templates.template(tx.connection, code)
    if template is None or (template.region_code is not None and template.region_code not in [*chain, NATION]):
        place = problems.FieldError("/template_code", "unknown_procedure", f"本区划没有代码为“{code}”的审核程序")
        raise problems.Invalid("审核程序不可用。", errors=[place])
    errors = [
        problems.FieldError(
            f"/kinds/{index}", "kind_not_in_procedure", f"程序“{template.title}”不适用于{KIND_TITLES[kind]}"
        )
        for index, kind in enumerate(kinds)
        if kind not in template.kinds
    ]
    if errors:
        raise problems.Invalid("审核程序不适用于所列调整类型。", errors=errors)


async def bind_role(tx: Transaction, principal: Principal, given: NewRoleBinding) -> RoleBinding:
    """Charge an organ with the work of a role in a region from a day on.

    Raises
    ------
    problems.Forbidden
        The caller does not administer the region.
    problems.Invalid
        The organ is not registered or not active any more, or neither of the region nor of one above it; or the period
        is impossible.
    """
    chain = await _administered(tx, principal, given.region_code)
    first = given.valid_from or today(tx)
    rules.check_period(first, given.valid_to, today(tx))
    organ = (await register.organs_of(tx, [given.organ_id], "/organ_id"))[given.organ_id]
    if organ.state != "active":
        place = problems.FieldError("/organ_id", "organ_inactive", f"“{organ.name}”已停用，不能承担职责")
        raise problems.Invalid("机构已停用，请改填承接其职责的机构。", errors=[place])
    if organ.region_code not in chain:
        place = problems.FieldError("/organ_id", "other_region", f"“{organ.name}”不属于该区划或其上级区划")
        raise problems.Invalid("机构与区划不符。", errors=[place])
    row = given.model_dump() | {"id": new_id(), "valid_from": first, "created_by": principal.actor}
    await repository.add_role(tx.connection, row)
    refs = {"binding": str(row["id"]), "role": given.role, "organ": str(given.organ_id)}
    await _tell(tx, "role_binding.added", given.region_code, refs)
    return await role_binding(tx, row["id"])


async def end_procedure(tx: Transaction, principal: Principal, id_: UUID, last_day: date) -> ProcedureBinding:
    """Let a binding of a region end; what was submitted under it goes on. The product's own cannot be ended.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid, problems.Conflict
    """
    found = await procedure_binding(tx, id_, lock=True)
    if found.region_code is None:
        raise problems.Conflict("系统内置的规定不能终止，请为本区划另行规定适用的审核程序。", code="built_in_binding")
    await _administered(tx, principal, found.region_code)
    if found.valid_to != last_day:
        rules.check_end(found, last_day, today(tx))
        await repository.end_procedure(tx.connection, id_, last_day)
        refs = {"bindings": [str(id_)], "kinds": [found.kind], "last_day": last_day.isoformat()}
        await _tell(tx, "procedure_binding.ended", found.region_code, refs)
    return await procedure_binding(tx, id_)


async def end_role(tx: Transaction, principal: Principal, id_: UUID, last_day: date) -> RoleBinding:
    """Let the charge of an organ end; steps that lie with it stay there, those that open later do not.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid, problems.Conflict
    """
    found = await role_binding(tx, id_, lock=True)
    await _administered(tx, principal, found.region_code)
    if found.valid_to != last_day:
        rules.check_end(found, last_day, today(tx))
        await repository.end_role(tx.connection, id_, last_day)
        refs = {"binding": str(id_), "role": found.role, "last_day": last_day.isoformat()}
        await _tell(tx, "role_binding.ended", found.region_code, refs)
    return await role_binding(tx, id_)


async def procedure_binding(tx: Transaction, id_: UUID, *, lock: bool = False) -> ProcedureBinding:
    """One binding of a procedure. Raises NotFound."""
    found = await repository.procedure(tx.connection, id_, lock=lock)
    if found is None:
        raise problems.NotFound("没有这项程序规定，请核对标识。", code="binding_not_found")
    return found


async def role_binding(tx: Transaction, id_: UUID, *, lock: bool = False) -> RoleBinding:
    """One binding of a role. Raises NotFound."""
    found = await repository.role(tx.connection, id_, lock=lock)
    if found is None:
        raise problems.NotFound("没有这项职责规定，请核对标识。", code="binding_not_found")
    return found


async def in_force(
    tx: Transaction, chain: Sequence[str], kinds: Sequence[str], on: date | None = None, list_kind: str | None = None
) -> dict[str, tuple[ProcedureBinding, StoredTemplate]]:
    """What holds in a region on a day (today unless told), by kind, with the newest version of each template.

    `list_kind`: for adjustments of lists of that kind.
    """
    day = on or today(tx)
    regions = [place for place in rules.places(chain) if place is not None]
    found = await repository.procedures_above(tx.connection, regions, since=day, kinds=kinds)
    held = {kind: each for kind in kinds if (each := rules.in_force(found, chain, kind, day, list_kind)) is not None}
    newest = await templates.newest(tx.connection, {each.template_code for each in held.values()})
    return {kind: (each, newest[each.template_code]) for kind, each in held.items()}


async def procedure_for(tx: Transaction, region_code: str, kind: str, list_kinds: Sequence[str]) -> StoredTemplate:
    """The procedure an adjustment of a kind passes that is submitted now.

    Raises
    ------
    problems.Conflict
        Nothing is bound to the kind; code `no_procedure`. It concerns lists that pass different procedures; code
        `several_procedures`: neither may come in by the way of the other.
    """
    chain, day = await register.chain_of(tx, region_code), today(tx)
    regions = [place for place in rules.places(chain) if place is not None]
    found = await repository.procedures_above(tx.connection, regions, since=day, kinds=[kind])
    concerned: Sequence[str | None] = list_kinds or [None]
    held = {one: rules.in_force(found, chain, kind, day, one) for one in concerned}
    codes = {each.template_code for each in held.values() if each is not None}
    if not codes or None in held.values():
        message = f"本区划没有规定“{KIND_TITLES[kind]}”适用的审核程序，请联系管理员规定后再提交。"
        raise problems.Conflict(message, code="no_procedure")
    if len(codes) > 1:
        message = "所涉清单适用不同的审核程序，请按清单类型分开提交。"
        extra = {"procedures": {one: each.template_code for one, each in held.items() if each is not None}}
        raise problems.Conflict(message, code="several_procedures", extra=extra)
    return (await templates.newest(tx.connection, codes))[codes.pop()]


async def charged(tx: Transaction, regions: Collection[str]) -> dict[str, list[Charged]]:
    """The organs charged with roles today, by region; one query whatever the number of regions."""
    found = await repository.roles_of(tx.connection, regions, today(tx))
    return {
        region: rules.charged([each for each in found if each.region_code == region], today(tx)) for region in regions
    }


async def require_office(tx: Transaction, principal: Principal, region_code: str, roles: Sequence[str]) -> None:
    """Refuse whoever has none of the roles: for the whole region, or for the organ that is charged with one there.

    Raises
    ------
    problems.Forbidden
        Names the first of the roles.
    """
    chain = await register.chain_of(tx, region_code)
    organs = (await charged(tx, [region_code]))[region_code]
    if not any(principal.holds(role, region=chain, organ_id=office(role, organs)) for role in roles):
        principal.require(roles[0], region=chain, organ_id=office(roles[0], organs))


async def _administered(tx: Transaction, principal: Principal, region_code: str) -> tuple[str, ...]:
    chain = await register.chain_of(tx, region_code)
    # Who administers the nation administers all, whether or not the register names the nation.
    principal.require("administrator", region=[*chain, NATION])
    return chain


async def _tell(tx: Transaction, type_: str, region_code: str, refs: dict[str, Any]) -> None:
    tx.append(NewEvent(type=type_, region_code=region_code, refs=refs))
    subject, _, act = type_.partition(".")
    await tx.audit(f"workflow:{subject}:{act}", "done", {"region_code": region_code, **refs})
