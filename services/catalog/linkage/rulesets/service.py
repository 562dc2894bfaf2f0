"""Use cases of the rule sets: saved when nothing contradicts, adopted for an instant that is not over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.catalog.linkage import rules as decisions
from services.catalog.linkage.ruleset import Rule, RuleSet
from services.catalog.linkage.rulesets import repository
from services.catalog.regions.rules import NATION
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def save(tx: Transaction, who: Principal, rules: Sequence[Rule]) -> int:
    """Save a rule set under the next version.

    Raises
    ------
    Forbidden
    Invalid
        Unknown kinds or elements, two authorities for an element, a cycle: each with a pointer.
    """
    _administrator(who)
    found = decisions.problems_of(rules, await repository.known_elements(tx.connection))
    if found:
        raise problems.Invalid(f"规则集有{len(found)}处问题，请按提示修改。", code="bad_rule_set", errors=found)
    document = RuleSet(rules=tuple(rules)).model_dump(mode="json")
    return await repository.save_rule_set(tx.connection, document, who.actor)


async def adopt(
    tx: Transaction,
    who: Principal,
    version: int,
    *,
    at: datetime | None,
    adjustment_id: UUID | None,
    reason: str | None,
) -> Any:
    """Let a rule set hold from an instant on.

    Raises
    ------
    Forbidden, NotFound, IllegalTransition
    Invalid
        The instant is over: what was decided then followed the rules of then.
    """
    _administrator(who)
    row = await get(tx, version, lock=True)
    if row.state == "adopted":
        raise problems.IllegalTransition(
            "该规则集已启用；如需再次启用，请另存为新版本。", allowed=[], code="already_adopted"
        )
    if at is not None and at.tzinfo is None:
        place = problems.FieldError("/effective_from", "zone_missing", "时间须带时区，如 2026-12-01T00:00:00+08:00")
        raise problems.Invalid("生效时间须带时区。", code="zone_missing", errors=[place])
    if at is not None and at < tx.now:
        place = problems.FieldError("/effective_from", "in_the_past", "生效时间不能早于现在")
        raise problems.Invalid("规则集不能追溯生效。", code="in_the_past", errors=[place])
    effective_from = at or tx.now
    await repository.adopt_rule_set(tx.connection, version, effective_from, adjustment_id)
    tx.append(
        NewEvent(
            type="rule_set.adopted",
            adjustment_id=adjustment_id,
            effective_at=effective_from,
            reason=reason,
            refs={"version": version},
        )
    )
    return await get(tx, version)


async def get(tx: Transaction, version: int, *, lock: bool = False) -> Any:
    """One rule set. Raises NotFound."""
    row = await repository.find_rule_set(tx.connection, version, lock=lock)
    if row is None:
        raise problems.NotFound("没有这个版本的规则集。", code="rule_set_not_found")
    return row


def _administrator(who: Principal) -> None:
    # One rule set holds for the whole installation: no region's administrator decides for all others.
    if not who.holds("administrator", region=[NATION]):
        raise problems.Forbidden("只有全国的系统管理员可以维护联动规则集。", extra={"role": "administrator"})
