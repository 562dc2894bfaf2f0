"""The cascade: decided changes are applied, and every list that shows the same matter follows in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.catalog.items import repository as items
from services.catalog.items.recoding import repository as recoding
from services.catalog.linkage import repository, rules, telling
from services.catalog.linkage.closure import Closure
from services.catalog.linkage.drafts import repository as drafts
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.tables import Tables, changed, rule_set_at
from services.catalog.linkage.telling import Root
from shared import telemetry
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.failure import Failure, data_failure
from shared.ledger.transaction import Transaction

log = telemetry.get_logger(__name__)

# In the cascade ledger: what the adjustment itself changed, before any rule.
DIRECT = "direct"


async def apply_adjustments(tx: Transaction, events: Sequence[Event]) -> None:
    """Apply adjustments that touch no item twice, and everything that follows from them."""
    at = max(event.effective_at or tx.now for event in events)
    entries = sum(len(event.item_ids) for event in events)
    of_adjustment = {event.adjustment_id: event for event in events if event.adjustment_id}
    version, linkage = await rule_set_at(tx, at, entries=entries, lock=list(of_adjustment))
    decided = await repository.decided_changes(tx.connection, list(of_adjustment))
    sound = [row for row in decided if not row.conflicts]
    roots = {
        row.item_id: Root(row.adjustment_id, of_adjustment[row.adjustment_id].id,
                          of_adjustment[row.adjustment_id].effective_at or row.at or tx.now)
        for row in sound
    }  # fmt: skip
    try:
        async with tx.savepoint():
            direct = await _write(tx, sound, roots)
    except Exception as error:
        failure = data_failure(error)
        if failure is None:
            raise
        await _refused(tx, events, decided, failure)
        return
    closure = await follow(tx, version, linkage, direct, roots)
    telemetry.crash_point("after-cascade-writes")
    _tell_conflicts(tx, of_adjustment, [row for row in decided if row.conflicts])
    for event in events:
        _tell_applied(tx, event, decided, closure)


async def _refused(tx: Transaction, events: Sequence[Event], decided: Sequence[Any], failure: Failure) -> None:
    """The tables refuse a decided change (a code given away meanwhile): a conflict for the decider, never parked."""
    if len(events) > 1:
        for event in events:  # bounded: the one that is refused must not hold the others
            await apply_adjustments(tx, [event])
        return
    event = events[0]
    log.warning("decided change refused", adjustment=str(event.adjustment_id), code=failure.code, error=failure.message)
    _tell_conflicts(tx, {event.adjustment_id: event}, decided, reason=failure.message)
    empty = Closure(Tables(tx, 0), (), {})
    _tell_applied(tx, event, decided, empty, refused=True)


async def _write(tx: Transaction, sound: Sequence[Any], roots: Mapping[UUID, Root]) -> list[Changed]:
    added = [row for row in sound if row.operation == "add"]
    altered = [row for row in sound if row.operation != "add"]
    written: list[Changed] = []
    if altered:
        patches = items.Patches(
            item_ids=[row.item_id for row in altered],
            patch=[row.patch for row in altered],
            adjustment_ids=[row.adjustment_id for row in altered],
            effective_ats=[roots[row.item_id].effective_at for row in altered],
            operation=[row.operation for row in altered],
        )
        altering = await items.write_versions(tx.connection, patches)
        written += [changed(row, direct=True) for row in altering]
        await _recode(tx, altered, altering)
    if added:
        entries = items.Entries(
            item_ids=[row.item_id for row in added],
            list_ids=[row.list_id for row in added],
            elements=[row.patch for row in added],
            adjustment_ids=[row.adjustment_id for row in added],
            effective_ats=[roots[row.item_id].effective_at for row in added],
        )
        written += [changed(row, direct=True, new=True) for row in await items.create_items(tx.connection, entries)]
    succeeded = [row for row in altered if row.successors]
    if succeeded:
        await recoding.record_successors(
            tx.connection,
            {row.item_id: row.successors for row in succeeded},
            {row.item_id: (row.adjustment_id, roots[row.item_id].effective_at) for row in succeeded},
        )
    return written


async def _recode(tx: Transaction, altered: Sequence[Any], written: Sequence[items.Written]) -> None:
    """What another organ took over has new codes for its materials as well."""
    moved = {row.item_id for row in altered if row.operation == "transfer"}
    taken = [row for row in written if row.item_id in moved]
    if taken:
        await recoding.record_materials(tx.connection, [row.item_id for row in taken], [row.version for row in taken])


async def follow_drafts(tx: Transaction, event: Event) -> None:
    """Accepted entries of lists in force are sources themselves: let the next lists follow."""
    version, linkage = await rule_set_at(tx, tx.now, entries=len(event.item_ids))
    rows = await drafts.accepted_items(tx.connection, [UUID(one) for one in event.refs["drafts"]])
    entries = [
        Changed(row.item_id, row.version, row.list_id, row.kind, row.region_code, (), row.state,
                _before_acceptance(event, row), True)
        for row in rows
    ]  # fmt: skip
    root = Root(event.adjustment_id, event.id, event.effective_at or tx.now)
    if entries:
        await follow(tx, version, linkage, entries, {row.item_id: root for row in rows}, told=True)


def _before_acceptance(event: Event, row: Any) -> int:
    """The version an accepted entry had before: another decision may have written more of them since."""
    before = event.refs.get("before")
    if before is None:  # an event of a program that did not tell it yet
        return int(row.version) - 1
    return int(before.get(str(row.item_id), row.version))


async def follow(
    tx: Transaction,
    rule_set: int,
    linkage: Sequence[Rule],
    direct: Sequence[Changed],
    roots: dict[UUID, Root],
    *,
    told: bool = False,
) -> Closure:
    """Let all lists follow some changes; write drafts, findings, ledger and events.

    `told`: the direct changes have had their events already.
    """
    world = Tables(tx, rule_set)
    closure = await _walk(tx, world, linkage, direct, roots)
    counted = () if told else _directly(direct, roots)
    counts = [*closure.tally.values(), *counted, *await _failures(tx, closure, world)]
    cause_id = next(iter(roots.values())).cause_id if roots else None
    drafted: Sequence[Any] = ()
    found: Sequence[Any] = ()
    if closure.changes and linkage:
        drafted, found = await repository.settle_judged(
            tx.connection,
            linkage,
            closure.judged,
            ids=list({change.item_id for change in closure.changes}),
            unasked_sources=closure.unasked_sources,
            unasked_targets=closure.unasked_targets,
            rule_set_version=rule_set,
            cause_id=cause_id,
            now=tx.now,
        )
    await ledger.add_to_ledger(tx.connection, summed([*counts, *rules.waiting([*drafted, *found])]), tx.now)
    news = [change for change in closure.changes if not (told and change.direct)]
    for event in telling.of_items(news, closure.roots):
        tx.append(event)
    for event in telling.of_outcomes("draft", drafted, item="item_id", cause_id=cause_id):
        tx.append(event)
    for event in telling.of_outcomes("finding", found, item="item_id", cause_id=cause_id):
        tx.append(event)
    return closure


async def _walk(
    tx: Transaction, world: Tables, linkage: Sequence[Rule], direct: Sequence[Changed], roots: dict[UUID, Root]
) -> Closure:
    """All rules in one savepoint; when one fails, again with a savepoint for each, so that the others go on."""
    closure = Closure(world, linkage, dict(roots))
    try:
        async with tx.savepoint():
            await closure.run(direct)
    except Exception as error:
        if data_failure(error) is None:
            raise
        closure = Closure(world, linkage, dict(roots), careful=True)
        await closure.run(direct)
    return closure


def _directly(direct: Sequence[Changed], roots: Mapping[UUID, Root]) -> list[dict[str, Any]]:
    counts: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for change in direct:
        adjustment_id = roots[change.item_id].adjustment_id
        if adjustment_id is not None:
            counts[adjustment_id, change.list_id] += 1
    return [rules.ledger_row(*key, DIRECT, touched=count) for key, count in counts.items()]


async def _failures(tx: Transaction, closure: Closure, world: Tables) -> list[dict[str, Any]]:
    rows = []
    for rule, regions, root in closure.failures:  # bounded: rules that failed
        for reached in await ledger.lists_reached(tx.connection, rule.target_kind, sorted(regions)):
            if root.adjustment_id is not None:
                error = world.errors.get(rule.id)
                rows.append(rules.ledger_row(root.adjustment_id, reached.id, rule.id, failed=1, error=error))
    return rows


def summed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a key: an upsert must not meet the same row twice."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = (row["adjustment_id"], row["list_id"], row["rule"])
        held = found.setdefault(key, rules.ledger_row(*key))
        for name in ("touched", "unchanged", "waiting", "failed"):
            held[name] += row[name]
        held["error"] = held["error"] or row["error"]
    return list(found.values())


def _tell_conflicts(
    tx: Transaction, of_adjustment: Mapping[Any, Event], conflicts: Sequence[Any], *, reason: str | None = None
) -> None:
    by_adjustment: dict[UUID, list[Any]] = defaultdict(list)
    for row in conflicts:
        by_adjustment[row.adjustment_id].append(row)
    for adjustment_id, rows in by_adjustment.items():
        event = of_adjustment[adjustment_id]
        tx.append(
            NewEvent(
                type="adjustment.conflicted",
                region_code=event.region_code,
                item_ids=[row.item_id for row in rows],
                adjustment_id=adjustment_id,
                cause_id=event.id,
                effective_at=event.effective_at,
                reason=reason,
                refs={"conflicts": {str(row.item_id): list(row.conflicts) or sorted(row.touched) for row in rows}},
            )
        )


def _tell_applied(
    tx: Transaction, event: Event, decided: Sequence[Any], closure: Closure, *, refused: bool = False
) -> None:
    mine = [row for row in decided if row.adjustment_id == event.adjustment_id]
    conflicts = sum(1 for row in mine if row.conflicts or refused)
    lists: dict[str, int] = defaultdict(int)
    for change in closure.changes:
        if closure.roots[change.item_id].adjustment_id == event.adjustment_id:
            lists[str(change.list_id)] += 1
    tx.append(
        NewEvent(
            type="adjustment.applied",
            region_code=event.region_code,
            item_ids=[row.item_id for row in mine],
            adjustment_id=event.adjustment_id,
            cause_id=event.id,
            effective_at=event.effective_at,
            refs={"applied": len(mine) - conflicts, "conflicts": conflicts, "lists": lists},
        )
    )
