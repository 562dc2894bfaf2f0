"""Use cases of zones: which lists they must have, how they cover the region above, what was delegated to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.catalog.kinds import service as kinds
from services.catalog.organs import repository as organs
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from services.catalog.vertical import service as vertical
from services.catalog.zones import repository
from services.catalog.zones.delegations import repository as delegations
from services.catalog.zones.schemas import (
    Completeness,
    Coverage,
    Duties,
    KindCoverage,
    MandatoryList,
    NewDelegation,
    NewExemption,
    Revocation,
)
from shared import clock, problems
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def completeness(tx: Transaction, region_text: str) -> Completeness:
    """Which mandatory lists a region has and lacks (QX-26). Raises NotFound."""
    region = await regions.get(tx.connection, region_text)
    lists = [MandatoryList.model_validate(row) for row in await repository.completeness(tx.connection, region["code"])]
    missing = sum(one.status == "missing" for one in lists)
    return Completeness(
        region_code=region["code"], region_kind=region["kind"], complete=not missing, missing=missing, lists=lists
    )


async def coverage(tx: Transaction, region_text: str) -> Coverage:
    """A zone's lists against those of the region it belongs to, by kind (QX-33). Raises NotFound."""
    region = await regions.get(tx.connection, region_text)
    today = tx.now.astimezone(clock.ZONE).date()
    rows = await repository.coverage(tx.connection, region["code"], today)
    return Coverage(
        region_code=region["code"], above_region=region["parent_code"],
        kinds=[KindCoverage.model_validate(row) for row in rows],
    )  # fmt: skip


async def put_duties(
    tx: Transaction, who: Principal, region_text: str, region_kind: str, purpose: str, given: Duties
) -> list[Record]:
    """Say which lists regions of a kind must have, here and below. Raises Forbidden, Invalid, NotFound."""
    chain = await _organised(tx, who, region_text)
    found = [await kinds.get(tx.connection, kind) for kind in dict.fromkeys(given.list_kinds)]  # bounded: 100 at most
    rows = [
        {"region_code": chain[0], "region_kind": region_kind, "purpose": purpose, "list_kind": kind["code"],
         "source": given.source, "verified": given.verified}
        for kind in found
    ]  # fmt: skip
    await repository.put_duties(tx.connection, chain[0], region_kind, purpose, rows)
    tx.append(_event("mandatory_lists.set", chain[0], given, region_kind=region_kind, purpose=purpose,
                     kinds=[kind["code"] for kind in found]))  # fmt: skip
    return await repository.duties(tx.connection, chain[0], region_kind)


async def exempt(
    tx: Transaction, who: Principal, region_text: str, kind: str, base_code: str, given: NewExemption
) -> Record:
    """Say that a kind, or a matter of it, does not apply in a region. Raises Forbidden, Invalid, NotFound."""
    chain = await _organised(tx, who, region_text)
    await kinds.get(tx.connection, kind)
    row = await repository.exempt(
        tx.connection,
        {"region_code": chain[0], "list_kind": kind, "base_code": base_code, "reason": given.reason,
         "set_by": tx.actor, "set_at": tx.now},
    )  # fmt: skip
    tx.append(_event("list_exemption.set", chain[0], given, kind=kind, base_code=base_code))
    return row


async def end_exemption(tx: Transaction, who: Principal, region_text: str, kind: str, base_code: str) -> None:
    """It applies after all. Raises Forbidden, NotFound."""
    chain = await _organised(tx, who, region_text)
    if await repository.no_longer_exempt(tx.connection, chain[0], kind, base_code) is None:
        raise problems.NotFound("没有登记过不适用，无须撤销。", code="exemption_not_found")
    tx.append(NewEvent(type="list_exemption.removed", region_code=chain[0], list_kind=kind,
                       refs={"base_code": base_code}))  # fmt: skip


async def delegate(tx: Transaction, who: Principal, given: NewDelegation) -> Record:
    """Record that a superior gave a power to a zone or a township.

    Raises
    ------
    problems.Forbidden
    problems.Invalid
        The giver is no organ of a region above.
    """
    chain = await _organised(tx, who, given.region_code)
    await kinds.get(tx.connection, given.list_kind)
    found = await organs.by_ids(tx.connection, [given.granting_organ_id])
    if not found or found[0]["region_code"] not in chain[1:]:
        place = FieldError("/granting_organ_id", "not_a_superior", "须为上级区划的机构")
        raise problems.Invalid("委托、赋权的机关须是上级区划的机构。", code="not_a_superior", errors=[place])
    values = given.model_dump(exclude={"reason", "legal_basis", "region_code"})
    row = await delegations.add(
        tx.connection,
        {"id": new_id(), "region_code": chain[0], "recorded_by": tx.actor, "recorded_at": tx.now, **values},
    )
    tx.append(_event("delegation.recorded", chain[0], given, kind=given.list_kind, delegation=str(row["id"])))
    await vertical.recheck(tx, [], cause_id=None, delegations=[row["id"]])
    return row


async def revoke(
    tx: Transaction, who: Principal, delegation_id: UUID, given: Revocation, if_match: str | None
) -> Record:
    """End a delegation before its day. Raises NotFound, Forbidden, IllegalTransition and those of If-Match."""
    row = await delegations.get(tx.connection, delegation_id, lock=True)
    if row is None:
        raise problems.NotFound("没有这项委托、赋权，请核对编号。", code="delegation_not_found")
    await _organised(tx, who, row["region_code"])
    require_match(if_match, row["version"])
    if row["state"] != "in_force":
        raise problems.IllegalTransition("该委托、赋权已收回。", allowed=[])
    changed = await delegations.change(tx.connection, delegation_id, {"state": "revoked"})
    tx.append(_event("delegation.revoked", row["region_code"], given, kind=row["list_kind"],
                     delegation=str(delegation_id)))  # fmt: skip
    await vertical.recheck(tx, [], cause_id=None, delegations=[delegation_id])
    return changed


async def _organised(tx: Transaction, who: Principal, region_text: str) -> list[str]:
    """A region and those above it, if the caller organises its lists: its reviewer (审改办) or an administrator."""
    chain = await regions.chain(tx.connection, region_text)
    if not who.holds("administrator", region=[*chain, NATION]):
        who.require("reviewer", region=chain)
    return chain


def _event(
    type_: str, region: str, given: Duties | NewExemption | NewDelegation | Revocation, *, kind: str | None = None,
    **refs: Any,
) -> NewEvent:  # fmt: skip
    return NewEvent(type=type_, region_code=region, list_kind=kind, reason=given.reason,
                    legal_basis=given.legal_basis, refs=refs)  # fmt: skip
