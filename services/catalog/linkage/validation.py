"""Validation of a submission: the catalog's answer to "what stands in the way of these changes?".

The submission is an overlay. What blocks is what it would bring about: an entry that is wrong by itself (V01-V05),
does not resolve to the superior's master list (V14), asks more than the superior (V13, V32), or contradicts the
authority of an element. What was wrong before and is not touched is noted, and never holds up an unrelated change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from services.catalog.documents.impact import submission as basis
from services.catalog.kinds import service as kinds
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.preview import Overlay
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.submissions import repository as submissions
from services.catalog.linkage.tables import rule_set_at
from services.catalog.quality import repository as quality
from services.catalog.quality.codes import whole_code
from services.catalog.quality.entry import EntryContext, Finding, OrganFacts
from services.catalog.quality.levels import service as validation_levels
from services.catalog.quality.rules import validate_entry
from services.catalog.responsibility import completeness
from services.catalog.supervision import publication
from shared import settings
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction

Verdict = dict[str, Any]

Levels = Mapping[str, Mapping[tuple[str, str], str]]
# Which validator a linkage finding answers (specification, section 7) where the rule's source names none.
_VALIDATORS = {"contained": "V14", "not_stricter": "V13", "supervised": "V17"}


async def validate_submission(tx: Transaction, event: Event) -> None:
    """Record and tell the answer to a submission."""
    assert event.adjustment_id is not None
    submission = int(event.refs.get("submission", 1))
    changes = await submissions.of_adjustment(tx.connection, event.adjustment_id)
    verdicts = await judge(tx, changes)
    blocking = sum(verdict["severity"] == "block" for verdict in verdicts)
    await quality.record_validation(
        tx.connection,
        adjustment_id=event.adjustment_id,
        submission=submission,
        blocking=blocking,
        findings=verdicts,
        at=tx.now,
    )
    tx.append(
        NewEvent(
            type="adjustment.validated",
            region_code=event.region_code,
            item_ids=event.item_ids,
            adjustment_id=event.adjustment_id,
            cause_id=event.id,
            refs={"submission": submission, "blocking": blocking},
        )
    )


async def judge(tx: Transaction, changes: Sequence[Any]) -> list[Verdict]:
    """What is to be said about proposed changes (rows of `submissions.repository`)."""
    of_item = {row.item_id: row for row in changes}
    if not of_item:
        return []
    chains = {row.region_code: [row.region_code, *row.ancestors] for row in changes}
    levels = await validation_levels.in_force(tx.connection, list(chains.values()))
    verdicts = [
        *await _entries(tx, changes, levels),
        *_leveled(await basis.verdicts(tx, changes), of_item, levels),
        *_leveled(await completeness.verdicts(tx, changes), of_item, levels),
        *await publication.disputed(tx, changes),
    ]
    _, linkage = await rule_set_at(tx, tx.now, entries=len(changes))
    overlay = Overlay(tx)
    for row in changes:
        overlay.put(row.item_id, row.list_id, orjson.loads(row.patch))
    kinds_touched = {row.kind for row in changes}
    gated = await publication.gated(tx, changes)
    linkage = (*linkage, *publication.RULES) if gated else linkage
    parts = [
        Part(rule, Look(from_source=rule.source_kind in kinds_touched and rule.where == "superior",
                        from_target=rule.target_kind in kinds_touched, overlay=True))
        for rule in linkage
        if rule.target_kind in kinds_touched
    ]  # fmt: skip
    if parts:
        rules = {rule.id: rule for rule in linkage}
        waived = await quality.waived(tx.connection, list(of_item))
        for difference in await overlay.differences(parts, list(of_item), {}):
            if difference.rule in publication.IDS and difference.target_id not in gated:
                continue
            found = _linked(rules[difference.rule], difference, of_item, waived)
            verdicts += _leveled(found, of_item, levels)
    return verdicts


def _leveled(verdicts: Iterable[Verdict], of_item: Mapping[UUID, Any], levels: Levels) -> Iterator[Verdict]:
    """Verdicts as severe as the region of the entry takes them; what is only noted (`warn`) is never made graver."""
    for verdict in verdicts:
        mine = of_item.get(UUID(verdict["item_id"])) if verdict["item_id"] else None
        held = levels[mine.region_code].get((verdict["validator"] or "", "")) if mine is not None else None
        if held is not None and verdict["severity"] != "warn":
            verdict["severity"] = held
        if held != "off":
            yield verdict


def _linked(rule: Rule, row: Any, of_item: Mapping[UUID, Any], waived: set[Any]) -> Iterator[Verdict]:
    """A difference as verdicts: only those on entries of the submission can block it."""
    if row.action not in ("flag", "sync") or (row.action == "sync" and row.target_id not in of_item):
        return
    expected, actual = orjson.loads(row.expected), orjson.loads(row.actual or "{}")
    messages = orjson.loads(row.messages or "{}")
    mine = of_item.get(row.target_id)
    for element, wanted in expected.items():
        severity = _severity(rule, row)
        said = actual.get(element)
        # A source is looked at only because the submission changes what covers it.
        own = row.source_id == row.target_id or _brought_about(mine, rule, element)
        if (rule.id, row.target_id, element, repr(said)) in waived or not own:
            severity = "warn"
        yield {
            "rule": rule.id,
            "validator": _validator(rule, element),
            "severity": severity,
            "list_id": str(row.target_list),
            "item_id": str(row.target_id),
            "element": element,
            "actual": said,
            "expected": wanted,
            "message": messages.get(element) or f"“{rule.title}”：该要素以来源清单为准，应为：{wanted}",
            "source_item_id": str(row.source_id) if row.source_id else None,
            "source_version": row.source_version,
        }


def _validator(rule: Rule, element: str) -> str | None:
    if rule.relation == "not_stricter" and element == "conditions":
        return "V32"
    return rule.validator or _VALIDATORS.get(rule.relation)


def _severity(rule: Rule, row: Any) -> str:
    if row.source_id == row.target_id and rule.uncovered is not None:
        return rule.uncovered
    return rule.severity if row.action == "sync" or rule.orphan is None else rule.orphan


def _brought_about(change: Any, rule: Rule, element: str) -> bool:
    """Whether the submission is the cause: it adds the entry, or touches the element or what the rule matches by."""
    if change is None or change.operation in ("suspend", "cancel"):
        return False
    keys = {pair.target for pair in rule.match} | {"level"} if rule.relation != "not_stricter" else set()
    touched = set(change.touched)
    if "main_code" in keys:
        keys.add("base_code")
    return change.operation in ("add", "resume") or element in touched or bool(keys & touched)


async def _entries(tx: Transaction, changes: Sequence[Any], levels: Levels) -> list[Verdict]:
    """Findings of the entry validators on what each entry would be."""
    entries = [(row, orjson.loads(row.elements)) for row in changes if row.operation not in ("suspend", "cancel")]
    places = {(row.kind, row.region_code): [row.region_code, *row.ancestors] for row, _ in entries}
    profiles = {
        place: await kinds.profile_set(tx.connection, place[0], chain)  # bounded: lists of one submission
        for place, chain in places.items()
    }
    organs = await _organs(tx, [elements for _, elements in entries])
    codes = [(row.item_id, row.kind, code) for row, elements in entries if (code := whole_code(elements))]
    held = await submissions.held_codes(
        tx.connection, *([list(column) for column in zip(*codes, strict=True)] or [[]] * 3)
    )
    verdicts = []
    for row, elements in entries:
        profile = profiles[row.kind, row.region_code].choose(elements.get("item_type"))
        touched = None if row.operation in ("add", "resume") else frozenset(row.touched)
        context = EntryContext(
            organs=organs, held_codes=held.get(row.item_id, {}), touched=touched, levels=levels[row.region_code],
            internet_facing=settings.load().internet_facing,
        )  # fmt: skip
        verdicts += [_of_entry(row, elements, finding) for finding in validate_entry(profile, elements, context)]
    return verdicts


def _of_entry(row: Any, elements: Mapping[str, Any], finding: Finding) -> Verdict:
    return {
        "rule": finding.rule,
        "validator": finding.rule,
        "severity": finding.severity,
        "list_id": str(row.list_id),
        "item_id": str(row.item_id),
        "element": finding.element,
        "actual": elements.get(finding.element),
        "expected": None,
        "message": finding.message,
        "place": finding.place,
        "source_item_id": None,
        "source_version": None,
    }


async def _organs(tx: Transaction, entries: Sequence[Mapping[str, Any]]) -> dict[str, OrganFacts]:
    """What is known of the bodies the entries name."""
    bodies = ("implementing_body", "supervising_body")
    named = {identity for entry in entries for key in bodies if (identity := _identity(entry.get(key)))}
    return {
        str(row.id): OrganFacts(row.name, row.credit_code, administrative_subject=row.administrative_subject)
        for row in await submissions.organ_facts(tx.connection, sorted(named))
    }


def _identity(value: Any) -> UUID | None:
    """A body's id; None when it is none, which a validator then says."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
