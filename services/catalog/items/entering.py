"""Direct entry: staff write entries of a list while it is compiled, and correct minor elements of one in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.catalog.claims import service as claims
from services.catalog.items import repository, rules
from services.catalog.items.reading import repository as reading
from services.catalog.items.schemas import Correction, EntryResult, NewEntries, Remark, RowResult
from services.catalog.kinds import service as kinds
from services.catalog.kinds.service import ProfileSet
from services.catalog.lists import repository as list_rows
from services.catalog.lists import rules as list_rules
from services.catalog.lists import service as lists
from services.catalog.organs import repository as organs
from services.catalog.organs.service import compiles_for
from services.catalog.quality.codes import whole_code
from services.catalog.quality.entry import EntryContext, Finding, OrganFacts
from services.catalog.quality.levels import service as validation_levels
from services.catalog.quality.rules import validate_entry
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.supervision import service as supervision
from shared import problems, settings
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

Findings = list[list[Finding]]


async def create(
    tx: Transaction, principal: Principal, list_id: UUID, request: NewEntries, *, atomic: bool
) -> EntryResult:
    """Enter new items into a list that is being compiled.

    Raises
    ------
    problems.Forbidden
        An organ that is no member of the list (QX-06), or that the principal does not compile for.
    problems.Conflict
        The list is in force.
    problems.Invalid
        No row is sound, or one is not and `atomic`.
    """
    row = await lists.get(tx.connection, list_id, lock=True)
    entries = [entry.elements for entry in request.items]
    chain = await _authorise(tx, principal, row, entries)
    list_rules.check_own(row["mirrored_from"])
    list_rules.check_compiling(row["state"])
    profiles = await kinds.profile_set(tx.connection, row["kind"], chain)
    findings = await _judge(tx, row, entries, profiles, chain)
    refused = [index for index, found in enumerate(findings) if rules.refusals(found)]
    if refused and (atomic or len(refused) == len(entries)):
        wrong = [(index, finding) for index in refused for finding in rules.refusals(findings[index])]
        raise problems.Invalid(
            f"{len(entries)}条中有{len(refused)}条未通过校验，未录入任何事项。", code="entries_invalid",
            errors=[FieldError(_pointer(index, finding), finding.code, finding.message) for index, finding in wrong],
        )  # fmt: skip
    sound = [index for index in range(len(entries)) if index not in set(refused)]
    ids = {index: new_id() for index in sound}
    root = new_id()
    written = await repository.create_items(
        tx.connection,
        repository.Entries(
            item_ids=list(ids.values()), list_ids=[list_id] * len(sound), elements=[entries[i] for i in sound],
            effective_ats=[tx.now] * len(sound), adjustment_ids=[root] * len(sound),
        ),
    )  # fmt: skip
    tx.append(_event("item.imported", row, written, root, request))
    results = [_result(index, ids.get(index), found) for index, found in enumerate(findings)]
    return EntryResult(created=len(sound), rejected=len(refused), rows=results)


async def correct(
    tx: Transaction, principal: Principal, row: Record, current: Record, request: Correction
) -> list[repository.Written]:
    """Change elements of an entry: any while its list is compiled, minor ones while it is in force.

    Raises
    ------
    problems.Forbidden, problems.Conflict, problems.Invalid
    """
    patch = request.elements
    after = {key: value for key, value in {**current["elements"], **patch}.items() if value is not None}
    # Whoever moves an entry to another organ must be allowed to act for both.
    chain = await _authorise(tx, principal, row, [current["elements"], after])
    list_rules.check_own(row["mirrored_from"])
    await claims.check_inherited(tx, current["id"], patch, current["elements"])
    await supervision.refuse_locked_elements(tx, current["id"], list(patch))
    profiles = await kinds.profile_set(tx.connection, row["kind"], chain)
    if row["state"] != list_rules.COMPILING:
        rules.check_minor(patch, profiles.choose(current["elements"].get("item_type")))
    found = (await _judge(tx, row, [after], profiles, chain, touched=frozenset(patch), item_id=current["id"]))[0]
    if wrong := rules.refusals(found):
        raise problems.Invalid(
            f"有{len(wrong)}处未通过校验。", code="entry_invalid",
            errors=[FieldError(f"/elements{finding.place}", finding.code, finding.message) for finding in wrong],
        )  # fmt: skip
    root = new_id()
    written = await repository.write_versions(
        tx.connection,
        repository.Patches(item_ids=[current["id"]], patch=[patch], effective_ats=[tx.now], operation="modify",
                           adjustment_ids=[root]),
    )  # fmt: skip
    if written:
        kind = "item.imported" if row["state"] == list_rules.COMPILING else "item.updated"
        tx.append(_event(kind, row, written, root, request))
    return written


async def _authorise(
    tx: Transaction, principal: Principal, row: Record, entries: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The list's region and those above it, if the principal may write these entries."""
    chain = await regions.chain(tx.connection, row["region_code"])
    bodies = {str(body) for body in (entry.get("implementing_body") for entry in entries) if body}
    leads = principal.holds("list_authority", region=chain, organ_id=row["lead_organ_id"])
    if not leads and (not bodies or any(not entry.get("implementing_body") for entry in entries)):
        principal.require("list_authority", region=chain, organ_id=row["lead_organ_id"])
    members = {str(member["organ_id"]): member for member in await list_rows.members(tx.connection, row["id"])}
    of_body = await _bodies(tx, bodies)
    for body in sorted(bodies):
        organ_id = UUID(body) if _is_uuid(body) else None
        organ = of_body.get(body) or {"id": organ_id, "supervising_organ_id": None}
        if not leads and not compiles_for(principal, chain, organ):
            principal.require("compiler", region=chain, organ_id=organ_id)
        if organ_id is not None:
            list_rules.check_member(organ, {UUID(member) for member in members}, row["title"])
    return chain


async def _bodies(tx: Transaction, bodies: Collection[str]) -> dict[str, Record]:
    """The registered organs among the bodies that entries name."""
    ids = [UUID(body) for body in bodies if _is_uuid(body)]
    return {str(organ["id"]): organ for organ in await organs.by_ids(tx.connection, ids)} if ids else {}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def _judge(
    tx: Transaction,
    row: Record,
    entries: Sequence[Mapping[str, Any]],
    profiles: ProfileSet,
    chain: Sequence[str],
    *,
    touched: frozenset[str] | None = None,
    item_id: UUID | None = None,
) -> Findings:
    facts = await _organ_facts(tx, entries)
    whole = [code for code in map(whole_code, entries) if isinstance(code, str)]
    base = [entry["base_code"] for entry in entries if isinstance(entry.get("base_code"), str)]
    kind = await kinds.get(tx.connection, row["kind"])
    levels = (await validation_levels.in_force(tx.connection, [chain]))[chain[0]]
    taken = await reading.taken_codes(tx.connection, kind=row["kind"], list_id=row["id"], whole=whole, base=base)
    held = {code: retired for code, (holder, retired) in taken.items() if holder != item_id}
    findings: Findings = []
    for entry in entries:
        context = EntryContext(
            organs=facts, held_codes=held, touched=touched, levels=levels,
            internet_facing=settings.load().internet_facing,
        )  # fmt: skip
        found = validate_entry(profiles.choose(entry.get("item_type")), entry, context)
        findings.append(found)
        if not rules.refusals(found):
            # A later row with the same code is refused like one whose code is taken.
            held |= _unique_code(entry, kind["unique_code"])
    return findings


def _unique_code(entry: Mapping[str, Any], scheme: str | None) -> dict[str, bool]:
    code = whole_code(entry) if scheme == "implementation" else entry.get("base_code") if scheme == "base" else None
    return {code: False} if code else {}


async def _organ_facts(tx: Transaction, entries: Sequence[Mapping[str, Any]]) -> dict[str, OrganFacts]:
    values = {value for entry in entries for value in entry.values() if isinstance(value, str)}
    named = [value for value in values if _is_uuid(value)]
    rows = await organs.by_ids(tx.connection, [UUID(name) for name in named]) if named else []
    return {
        str(organ["id"]): OrganFacts(organ["name"], organ["credit_code"], organ["administrative_subject"])
        for organ in rows
        if organ["state"] == "active"
    }


def _pointer(index: int, finding: Finding) -> str:
    return f"/items/{index}/elements{finding.place}"


def _remark(index: int, finding: Finding) -> Remark:
    return Remark(pointer=_pointer(index, finding), rule=finding.rule, code=finding.code, message=finding.message)


def _result(index: int, item_id: UUID | None, found: Sequence[Finding]) -> RowResult:
    errors = [] if item_id else rules.refusals(list(found))
    remarks = [finding for finding in found if finding not in errors]
    return RowResult(index=index, item_id=item_id, errors=[_remark(index, finding) for finding in errors],
                     remarks=[_remark(index, finding) for finding in remarks])  # fmt: skip


def _event(
    kind: str, row: Record, written: Sequence[repository.Written], root: UUID, request: NewEntries | Correction
) -> NewEvent:
    return NewEvent(
        type=kind, region_code=row["region_code"], list_kind=row["kind"], list_id=row["id"],
        item_ids=[entry.item_id for entry in written], versions=[entry.version for entry in written],
        elements=sorted({name for entry in written for name in entry.changed}), adjustment_id=root,
        reason=request.reason, legal_basis=request.legal_basis, refs={"origin": "staff"},
    )  # fmt: skip
