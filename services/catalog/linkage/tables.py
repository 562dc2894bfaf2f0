"""The world as it is, for the closure: differences are read from the tables, and what follows is written to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.catalog.items import repository as items
from services.catalog.linkage import repository
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.judgement import Changed, Sync
from services.catalog.linkage.rules import applicable
from services.catalog.linkage.ruleset import Rule, RuleSet
from services.catalog.linkage.telling import Root
from shared import problems, telemetry
from shared.ledger.failure import data_failure
from shared.ledger.transaction import Transaction

log = telemetry.get_logger(__name__)


@lru_cache(maxsize=16)
def parsed(document: str) -> RuleSet:
    """A rule set from its stored text; the text of a version never changes.

    Raises
    ------
    problems.Unavailable
        The rules use words this program does not know: a newer one has been installed beside it. Nothing is wrong with
        the event or request, it waits for the newer program.
    """
    try:
        return RuleSet.model_validate_json(document)
    except ValidationError as error:
        log.error("rules of a newer program", errors=error.error_count())
        raise problems.Unavailable(
            "系统正在升级，请稍后重试。", code="newer_rules", headers={"Retry-After": "5"}
        ) from error


async def rule_set_at(
    tx: Transaction, at: Any, *, entries: int | None = None, lock: Sequence[UUID] = ()
) -> tuple[int, tuple[Rule, ...]]:
    """Version and rules in force at an instant; no rules when none was adopted yet.

    `entries` and `lock` as for `repository.rules_at`; with `lock`, only rules that can find a list are answered.
    """
    row = await repository.rules_at(tx.connection, at, entries=entries, lock=lock)
    if row is None:
        return 0, ()
    linkage = parsed(row.rules).rules
    return row.version, linkage if row.kinds is None else applicable(linkage, row.kinds)


class Tables:
    """The world as it is: differences are read from the tables and written to them."""

    overlay = False

    def __init__(self, tx: Transaction, rule_set: int) -> None:
        self._tx = tx
        self._rule_set = rule_set
        self.errors: dict[str, str] = {}

    async def differences(self, parts: Sequence[Part], ids: Sequence[UUID], moved: Mapping[UUID, int]) -> Sequence[Any]:
        """Rows of `difference` around changed items."""
        given = {"ids": list(ids), "moved": list(moved), "moved_from": list(moved.values())}
        return await repository.differences(self._tx.connection, parts, given)

    async def apply(self, syncs: Sequence[Sync], roots: Mapping[UUID, Root]) -> Sequence[Changed]:
        """Write the versions of targets that follow."""
        of = [roots[sync.item_id] for sync in syncs]
        patches = items.Patches(
            item_ids=[sync.item_id for sync in syncs],
            patch=[sync.patch for sync in syncs],
            provenance=[sync.provenance for sync in syncs],
            adjustment_ids=[root.adjustment_id for root in of],
            effective_ats=[root.effective_at for root in of],
            operation="sync",
            rule_set=self._rule_set,
        )
        return [changed(row, direct=False) for row in await items.write_versions(self._tx.connection, patches)]

    async def guarded(self, rule: Rule, step: Callable[[], Awaitable[Any]]) -> Any:
        """Run one rule in its own savepoint; a data error leaves it undone and is remembered."""
        try:
            async with self._tx.connection.begin_nested():
                return await step()
        except Exception as error:
            failure = data_failure(error)
            if failure is None:
                raise
            log.warning("linkage rule failed", rule=rule.id, code=failure.code, error=failure.message)
            self.errors[rule.id] = f"{failure.code}: {failure.message}"
            return None


def changed(row: items.Written, *, direct: bool, new: bool = False) -> Changed:
    """A written version as the closure sees it."""
    before = 0 if new else row.version - 1
    return Changed(row.item_id, row.version, row.list_id, row.kind, row.region_code, tuple(sorted(row.changed)),
                   row.state, before, direct)  # fmt: skip
