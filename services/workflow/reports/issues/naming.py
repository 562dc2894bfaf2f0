"""What an issue names, as it is registered: region, organ, list and entry, and whether the caller may speak of them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.workflow.campaigns import access
from services.workflow.campaigns import repository as campaigns
from services.workflow.register import repository as register_repository
from services.workflow.register import service as register
from services.workflow.reports.issues import repository
from services.workflow.reports.issues.schemas import NewIssue
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


@dataclass(frozen=True)
class Named:
    """Where an issue arose (the region and those above it), who reports it, and about which kind of list."""

    chain: tuple[str, ...]
    organ_id: UUID | None
    list_kind: str | None


async def named(tx: Transaction, principal: Principal, given: NewIssue, home: str | None) -> Named:
    """What a report names; `home` is the region of the campaign, if there is one.

    Raises
    ------
    problems.NotFound
        There is no such region.
    problems.Forbidden
        The caller has no role where the problem is said to be, or does not act for the organ.
    problems.Invalid
        There is no such organ, list, entry of the list or kind, or no region is named at all.
    """
    organ_id = given.organ_id or principal.organ_id
    organs = await register_repository.organs(tx.connection, [organ_id] if organ_id else [])
    if organ_id is not None and organ_id not in organs:
        place = FieldError("/organ_id", "unknown_organ", f"没有标识为 {organ_id} 的机构")
        raise problems.Invalid("所列机构未登记。", code="unknown_organ", errors=[place])
    region, kind = await _of_list(tx, given)
    code = given.region_code or region or home or (organs[organ_id].region_code if organ_id else None)
    if code is None:
        place = FieldError("/region_code", "region_missing", "请填写问题所在区划")
        raise problems.Invalid("缺少区划。", code="region_missing", errors=[place])
    chain = await register.chain_of(tx, code)
    own = access.oversees(principal, chain) or any(
        grant.region_code in chain and (grant.organ_id is None or grant.organ_id == organ_id)
        for grant in principal.grants
    )
    if not own:
        raise problems.Forbidden("您在该区划、单位没有角色，不能代其报告问题。", code="not_own_unit")
    return Named(chain, organ_id, given.list_kind or kind)


async def _of_list(tx: Transaction, given: NewIssue) -> tuple[str | None, str | None]:
    """Region and kind of the list an issue is about."""
    errors = []
    found = await repository.about(tx.connection, given.list_id, given.item_id) if given.list_id else None
    if given.list_id and found is None:
        errors.append(FieldError("/list_id", "list_unknown", f"没有标识为 {given.list_id} 的清单"))
    if given.item_id and (found is None or found.item_id is None):
        errors.append(FieldError("/item_id", "item_unknown", "该清单没有此事项；请同时填写所属清单（list_id）"))
    if found and given.region_code and given.region_code not in found.chain:
        errors.append(FieldError("/region_code", "region_differs", "区划与所列清单不符"))
    if given.list_kind and found and given.list_kind != found.kind:
        errors.append(FieldError("/list_kind", "kind_differs", f"所列清单的类型是“{found.kind}”"))
    elif given.list_kind and given.list_kind not in await campaigns.known_kinds(tx.connection, [given.list_kind]):
        errors.append(FieldError("/list_kind", "kind_unknown", f"没有清单类型“{given.list_kind}”，请核对代码"))
    if errors:
        raise problems.Invalid("所涉清单有误。", code=errors[0].code, errors=errors)
    return (found.region_code, found.kind) if found else (None, None)
