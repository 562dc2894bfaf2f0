"""Use cases of the reconciliation: who may repair, and how what drifted is put right."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.catalog.linkage import cascade
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.tables import rule_set_at
from services.catalog.linkage.telling import Root
from services.catalog.lists import service as lists
from services.catalog.reconciliation import repository
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction

# Sources a transaction lets follow: what a large adjustment takes.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a chunk has put right, and the last entry it looked at; None when it was the last one."""

    repaired: int
    last: UUID | None


async def check_asked(tx: Transaction, who: Principal, list_id: UUID | None, *, repair: bool) -> None:
    """Everybody compares; only an administrator repairs everything, and one list also who leads it.

    Raises
    ------
    problems.Forbidden, problems.NotFound
    """
    row = await lists.get(tx.connection, list_id) if list_id else None
    if not repair:
        return
    if row is None:
        who.require("administrator", region=[NATION])
        return
    lists.may_lead(who, await regions.chain(tx.connection, row["region_code"]), row["lead_organ_id"])


async def repair(
    tx: Transaction, rule: Rule | None, list_id: UUID | None, *, after: UUID | None, root: UUID, reason: str
) -> Repaired:
    """Put right what drifted: entries follow their sources again as in a cascade, key columns follow their versions.

    `root` is what the new versions go back to; `rule` None stands for the columns.
    """
    if rule is None:
        restored = await repository.restore_columns(tx.connection, list_id, count=CHUNK)
        await _note(tx, "columns", list_id, len(restored), reason)
        return Repaired(len(restored), restored[-1].id if len(restored) == CHUNK else None)
    version, linkage = await rule_set_at(tx, tx.now, entries=CHUNK)
    sources = await repository.drifting_sources(tx.connection, rule, list_id, after=after, count=CHUNK)
    changes = [
        Changed(row.item_id, row.version, row.list_id, row.kind, row.region_code, (), row.state, row.version, True)
        for row in sources
    ]
    origin = Root(root, None, tx.now)
    closure = await cascade.follow(tx, version, linkage, changes, {row.item_id: origin for row in sources}, told=True)
    repaired = sum(1 for change in closure.changes if not change.direct)
    await _note(tx, rule.id, list_id, repaired, reason)
    return Repaired(repaired, sources[-1].item_id if len(sources) == CHUNK else None)


async def _note(tx: Transaction, rule: str, list_id: UUID | None, repaired: int, reason: str) -> None:
    detail = {"rule": rule, "list": str(list_id) if list_id else None, "repaired": repaired, "reason": reason}
    await tx.audit("catalog:list:reconcile", "repaired", detail)
