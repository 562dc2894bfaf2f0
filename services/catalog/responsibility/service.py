"""Use cases of lists in sections: read them in order, declare that there is nothing to list, draft from the powers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.catalog.items import service as items
from services.catalog.linkage import compilation
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.tables import rule_set_at
from services.catalog.lists import service as lists
from services.catalog.organs import service as organs
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.responsibility import completeness, repository, rules
from services.catalog.responsibility.coverage import repository as coverages
from services.catalog.responsibility.schemas import (
    Body,
    Coverage,
    CoverageEntry,
    FieldCoverage,
    Gap,
    NewDeclaration,
    SectionState,
    SpecialBody,
)
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger import operations
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

DRAFTING = "duty_drafting"
# Entries a gap shows; all are counted.
MOST_SHOWN = 200


async def _in_sections(tx: Transaction, list_id: UUID) -> tuple[Record, list[str], Any]:
    """A list in sections, its region chain and profile. Raises NotFound, also for a list without sections."""
    row = await lists.get(tx.connection, list_id)
    chain = await regions.chain(tx.connection, row["region_code"])
    profile = await completeness.profile_of(tx, row, chain)
    if profile is None or not rules.sections(profile):
        raise problems.NotFound("该清单不分部分，请直接查看事项。", code="no_sections")
    return row, chain, profile


async def sections_of(tx: Transaction, list_id: UUID) -> list[SectionState]:
    """The sections of a list in their order. Raises NotFound."""
    _, _, profile = await _in_sections(tx, list_id)
    return await _states(tx, list_id, profile)


async def _states(tx: Transaction, list_id: UUID, profile: Any) -> list[SectionState]:
    counts = await repository.counts(tx.connection, list_id)
    declared = await repository.declared_sections(tx.connection, list_id)
    states = []
    for section in rules.sections(profile):
        found, said = counts.get(section.key, 0), declared.get(section.key)
        states.append(
            SectionState(
                section=section.key, title=section.title, entries=found, declaration_id=said["id"] if said else None,
                state="filled" if found else "declared_empty" if said else "empty",
            )
        )  # fmt: skip
    return states


async def entries_of(
    tx: Transaction, list_id: UUID, section: str, *, after: tuple[int, UUID] | None, limit: int
) -> list[Record]:
    """Entries of a section in the order in which people read them. Raises NotFound."""
    _, _, profile = await _in_sections(tx, list_id)
    keys, categories = rules.order_of(profile)
    if section not in keys:
        raise problems.NotFound("该清单没有这一部分，请核对代码。", code="section_not_found")
    return await repository.entries(tx.connection, list_id, section, categories=categories, after=after, limit=limit)


async def declare(tx: Transaction, principal: Principal, list_id: UUID, request: NewDeclaration) -> Record:
    """Say that there is nothing to list, and answer for it.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Conflict
        The section has entries, the entry needs no declaration, or one holds already.
    """
    row, chain, profile = await _in_sections(tx, list_id)
    lists.may_lead(principal, chain, row["lead_organ_id"])
    if request.item_id is None:
        rule = None
        await _check_empty(tx, list_id, profile, str(request.section))
    else:
        rule = await _rule_for(tx, row, request.item_id)
    declaration_id = new_id()
    values = {"id": declaration_id, "list_id": list_id, "section": request.section, "item_id": request.item_id,
              "rule": rule, "reason": request.reason, "legal_basis": request.legal_basis, "declared_by": tx.actor,
              "declared_at": tx.now}  # fmt: skip
    if not await repository.add_declaration(tx.connection, values):
        raise problems.Conflict("已有同样的声明，无需重复。", code="declaration_exists")
    tx.append(_event("declaration.made", row, values, request.reason, request.legal_basis))
    await _settle(tx, request.item_id, rule)
    made = await repository.declaration_of(tx.connection, declaration_id)
    assert made is not None
    return made


async def _check_empty(tx: Transaction, list_id: UUID, profile: Any, section: str) -> None:
    if section not in [one.key for one in rules.sections(profile)]:
        place = FieldError("/section", "section_not_found", "该清单没有这一部分")
        raise problems.Invalid("该清单没有这一部分，请核对代码。", code="section_not_found", errors=[place])
    if (await repository.counts(tx.connection, list_id)).get(section):
        raise problems.Conflict("该部分已有事项，不能声明“无”；请先取消其中的事项。", code="section_not_empty")


async def _rule_for(tx: Transaction, row: Record, item_id: UUID) -> str:
    entry = await items.get(tx.connection, item_id)
    _, linkage = await rule_set_at(tx, tx.now)
    state = str(entry["elements"].get("state"))
    rule = rules.declarable(linkage, list_kind=row["kind"], item_kind=entry["kind"], state=state)
    if rule is None or entry["region_code"] != row["region_code"]:
        message = "该事项不需要声明：只有本区划已取消、下放的行政权力可以声明无需监管"
        raise problems.Conflict(f"{message}。", code="nothing_to_declare",
                                errors=[FieldError("/item_id", "nothing_to_declare", message)])  # fmt: skip
    return rule.id


async def withdraw(tx: Transaction, principal: Principal, declaration_id: UUID, *, reason: str | None) -> None:
    """Take a declaration back; what it answered for is open again. Raises NotFound, Forbidden, Conflict."""
    declared = await repository.declaration_of(tx.connection, declaration_id, lock=True)
    if declared is None:
        raise problems.NotFound("没有这个声明，请核对编号。", code="declaration_not_found")
    row = await lists.get(tx.connection, declared["list_id"])
    lists.may_lead(principal, await regions.chain(tx.connection, row["region_code"]), row["lead_organ_id"])
    if declared["withdrawn_at"] is not None:
        raise problems.IllegalTransition("该声明已撤回。", allowed=[], code="declaration_withdrawn")
    await repository.withdraw(tx.connection, declaration_id, by=tx.actor, at=tx.now)
    tx.append(_event("declaration.withdrawn", row, declared, reason, None))
    await _settle(tx, declared["item_id"], declared["rule"])


async def _settle(tx: Transaction, item_id: UUID | None, rule_id: str | None) -> None:
    """The finding that the entry has no counterpart closes with a declaration and opens again without."""
    if item_id is None:
        return
    version, linkage = await rule_set_at(tx, tx.now, entries=1)
    look = Look(from_source=True, from_target=True)
    parts = [Part(rule, look) for rule in linkage if rule.id == rule_id]
    if parts:
        given = {"ids": [item_id], "moved": [], "moved_from": []}
        await compilation.settle(tx, version, parts, given, adjustment_id=None, cause_id=None)


def _event(kind: str, row: Record, declared: dict[str, Any], reason: str | None, legal_basis: str | None) -> NewEvent:
    refs = {"declaration": str(declared["id"])} | {
        name: declared[name] for name in ("section", "rule") if declared[name] is not None
    }
    concerned = [declared["item_id"]] if declared["item_id"] else []
    return NewEvent(type=kind, region_code=row["region_code"], list_kind=row["kind"], list_id=row["id"],
                    item_ids=concerned, reason=reason, legal_basis=legal_basis, refs=refs)  # fmt: skip


async def start_drafting(tx: Transaction, principal: Principal, list_id: UUID, organ_id: UUID) -> UUID:
    """Begin to draft a duty for each power of an organ (HB-41); the operation.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Conflict
        The list is no responsibility list, the region keeps no list of powers, or no rule in force drafts duties.
    """
    row = await _responsibility(tx, list_id)
    chain = await regions.chain(tx.connection, row["region_code"])
    organ = await organs.get(tx.connection, organ_id)
    leads = principal.holds("list_authority", region=chain, organ_id=row["lead_organ_id"])
    if not leads and not organs.compiles_for(principal, chain, organ):
        principal.require("compiler", region=chain, organ_id=organ_id)
    if await repository.lacks_list(tx.connection, row["region_code"], "power"):
        raise problems.Conflict("本区划尚无行政权力清单，请先编制权力清单。", code="no_power_list")
    _, linkage = await rule_set_at(tx, tx.now)
    if not rules.drafting(linkage):
        message = "现行联动规则没有由权力清单起草责任事项的规则，请先启用（K06）。"
        raise problems.Conflict(message, code="no_drafting_rule")
    return await operations.create(tx, kind=DRAFTING, parameters={"list_id": str(list_id), "organ_id": str(organ_id)})


async def _responsibility(tx: Transaction, list_id: UUID) -> Record:
    row = await lists.get(tx.connection, list_id)
    if row["kind"] != rules.RESPONSIBILITY:
        raise problems.Conflict("只有责任清单可以这样办理。", code="not_a_responsibility_list")
    return row


async def coverage_of(tx: Transaction, list_id: UUID) -> Coverage:
    """What a responsibility list owes its region, counted now. Raises NotFound, Conflict."""
    row, _, profile = await _in_sections(tx, list_id)
    await _responsibility(tx, list_id)
    region = row["region_code"]
    without_duties, without_powers = await coverages.scope(tx.connection, region)
    special = await coverages.special_departments(tx.connection, region, list_id, rules.SPECIAL_FIELDS)
    return Coverage(
        list_id=list_id,
        at=tx.now,
        sections=await _states(tx, list_id, profile),
        powers_without_duty=await _gap(tx, "powers_without_duty", region),
        unsupervised=await _gap(tx, "unsupervised", region),
        organs_without_duties=[Body(**_body(one)) for one in without_duties],
        organs_without_powers=[Body(**_body(one)) for one in without_powers],
        fields=await _fields(tx, list_id, profile),
        special_departments=[SpecialBody(**_body(one), list_kind=one["list_kind"]) for one in special],
        services_not_in_catalogue=await _gap(tx, "services_not_in_catalogue", region),
    )


async def _gap(tx: Transaction, name: str, region: str) -> Gap:
    count, rows = await coverages.gap(tx.connection, name, region, MOST_SHOWN)
    return Gap(count=count, items=[CoverageEntry(**{key: row[key] for key in row if key != "total"}) for row in rows])


def _body(row: Record) -> dict[str, Any]:
    return {"organ_id": row["organ_id"], "organ": row["organ"]}


async def _fields(tx: Transaction, list_id: UUID, profile: Any) -> Sequence[FieldCoverage]:
    found = await coverages.boundaries_by_field(tx.connection, list_id)
    element = profile.element("field")
    titles = element.vocabulary if element else {}
    return [
        FieldCoverage(field=key, title=title, boundaries=found.get(key, 0),
                      missing=key in rules.FOCUS_FIELDS and not found.get(key))
        for key, title in titles.items()
    ]  # fmt: skip
