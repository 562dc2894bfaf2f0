"""HTTP of bindings: procedures of kinds of adjustment, organs of roles."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.bindings import repository, rules, service
from services.workflow.bindings.schemas import (
    BoundProcedures,
    Kind,
    LastDay,
    NewProcedureBindings,
    NewRoleBinding,
    ProcedureBindingView,
    ProcedureInForce,
    ProceduresInForce,
    Role,
    RoleBindingView,
)
from services.workflow.fields import Code, RegionCode
from services.workflow.procedures.kinds import KIND_TITLES, KINDS
from services.workflow.register import service as register
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

PROCEDURES = "/workflow/v1/procedure-bindings"
ROLES = "/workflow/v1/role-bindings"
router = transactional_router(prefix=PROCEDURES, tags=["bindings"])
roles_router = transactional_router(prefix=ROLES, tags=["bindings"])

BindingId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000011"])]
Region = Annotated[RegionCode | None, Query(description="Only bindings of this region itself")]
OnDay = Annotated[date | None, Query(alias="on", description="Only those that hold on this day")]


@router.post(
    "",
    operation_id="bind_procedures",
    summary="Say which procedure kinds of adjustment pass",
    status_code=201,
    response_model=BoundProcedures,
)
async def bind_procedures(tx: Unit, staff: Staff, given: NewProcedureBindings) -> Response:
    """规定本区划各类调整适用的审核程序；已提交的调整沿用提交时的程序。"""
    stored = await service.bind_procedures(tx, staff, given)
    model = BoundProcedures(items=[_procedure(each) for each in stored])
    return created(f"{PROCEDURES}/{stored[0].id}", model)


@router.get(
    "",
    operation_id="list_procedure_bindings",
    summary="Bindings of procedures, past ones too",
    response_model=Page[ProcedureBindingView],
)
async def list_procedure_bindings(
    tx: Unit,
    staff: Staff,
    region_code: Region = None,
    kind: Annotated[Kind | None, Query(description="Only this kind of adjustment")] = None,
    on: OnDay = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ProcedureBindingView]:
    """各类调整适用程序的规定，含历史记录，按时间倒序。"""
    rows = await repository.procedures(
        tx.connection, region_code=region_code, kind=kind, on=on, before=id_of(cursor), limit=limit + 1
    )
    return page_of([_procedure(row) for row in rows], limit, lambda each: [str(each.id)])


@router.get(
    "/in-force",
    operation_id="get_procedures_in_force",
    summary="The procedure of every kind in a region",
    response_model=ProceduresInForce,
)
async def get_procedures_in_force(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionCode, Query(description="The region whose government decides")],
    on: Annotated[date | None, Query(description="Today when empty")] = None,
    list_kind: Annotated[Code | None, Query(description="For adjustments of lists of this kind")] = None,
) -> ProceduresInForce:
    """某区划某日各类调整实际适用的审核程序（就近一级优先，上级锁定的从其规定）。"""
    chain = await register.chain_of(tx, region_code)
    held = await service.in_force(tx, chain, KINDS, on, list_kind)
    items = [
        ProcedureInForce(
            kind=kind, kind_title=KIND_TITLES[kind], template_code=template.code, template_version=template.version,
            template_title=template.title, binding=_procedure(binding),
        )
        for kind, (binding, template) in held.items()
    ]  # fmt: skip
    return ProceduresInForce(region_code=chain[0], on=on or service.today(tx), items=items)


@router.get(
    "/{binding_id}",
    operation_id="get_procedure_binding",
    summary="One binding of a procedure",
    response_model=ProcedureBindingView,
)
async def get_procedure_binding(tx: Unit, staff: Staff, binding_id: BindingId) -> ProcedureBindingView:
    """一项程序规定。"""
    return _procedure(await service.procedure_binding(tx, binding_id))


@router.post(
    "/{binding_id}/end",
    operation_id="end_procedure_binding",
    summary="Let a binding of a procedure end",
    response_model=ProcedureBindingView,
)
async def end_procedure_binding(tx: Unit, staff: Staff, binding_id: BindingId, given: LastDay) -> ProcedureBindingView:
    """终止一项程序规定；之后适用上级或系统内置的规定。"""
    return _procedure(await service.end_procedure(tx, staff, binding_id, given.last_day))


@roles_router.post(
    "",
    operation_id="bind_role",
    summary="Charge an organ with a role",
    status_code=201,
    response_model=RoleBindingView,
)
async def bind_role(tx: Unit, staff: Staff, given: NewRoleBinding) -> Response:
    """规定本区划承担某项职责（审改办、法制办、会审部门、报备接收单位等）的机构。"""
    stored = await service.bind_role(tx, staff, given)
    return created(f"{ROLES}/{stored.id}", _role(stored))


@roles_router.get(
    "",
    operation_id="list_role_bindings",
    summary="Bindings of roles, past ones too",
    response_model=Page[RoleBindingView],
)
async def list_role_bindings(
    tx: Unit,
    staff: Staff,
    region_code: Region = None,
    role: Annotated[Role | None, Query(description="Only this role")] = None,
    on: OnDay = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[RoleBindingView]:
    """各项职责由哪些机构承担，含历史记录，按时间倒序。"""
    rows = await repository.roles(
        tx.connection, region_code=region_code, role=role, on=on, before=id_of(cursor), limit=limit + 1
    )
    return page_of([_role(row) for row in rows], limit, lambda each: [str(each.id)])


@roles_router.get(
    "/{binding_id}",
    operation_id="get_role_binding",
    summary="One binding of a role",
    response_model=RoleBindingView,
)
async def get_role_binding(tx: Unit, staff: Staff, binding_id: BindingId) -> RoleBindingView:
    """一项职责规定。"""
    return _role(await service.role_binding(tx, binding_id))


@roles_router.post(
    "/{binding_id}/end",
    operation_id="end_role_binding",
    summary="Let the charge of an organ end",
    response_model=RoleBindingView,
)
async def end_role_binding(tx: Unit, staff: Staff, binding_id: BindingId, given: LastDay) -> RoleBindingView:
    """终止一项职责规定；已交由该机构办理的环节不变。"""
    return _role(await service.end_role(tx, staff, binding_id, given.last_day))


def _procedure(binding: rules.ProcedureBinding) -> ProcedureBindingView:
    return ProcedureBindingView.model_validate(vars(binding) | {"kind_title": KIND_TITLES[binding.kind]})


def _role(binding: rules.RoleBinding) -> RoleBindingView:
    return RoleBindingView.model_validate(vars(binding) | {"role_title": rules.TITLES[binding.role]})
