"""The linkage rules of the built-in lists (specification, section 9), one module for each family of lists."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage.builtin import (
    charges,
    enforcement,
    industries,
    intermediaries,
    permits,
    projects,
    proofs,
    responsibility,
    services,
    supervision,
)
from services.catalog.linkage.day_equivalents import MOST_DAYS, SAMPLES, day_equivalents
from services.catalog.linkage.ruleset import RuleSet
from services.catalog.linkage.rulesets import repository

BUILTIN = RuleSet(
    rules=(
        *permits.RULES,
        *services.RULES,
        *supervision.RULES,
        *projects.RULES,
        *responsibility.RULES,
        *intermediaries.RULES,
        *charges.RULES,
        *enforcement.RULES,
        *proofs.RULES,
        *industries.RULES,
    )
)
# Before any list could be in force: every instant has a rule set.
SINCE = datetime(2000, 1, 1, tzinfo=UTC)
# Limits computed between two statements: well below a second on a slow machine.
_CHUNK = 100


async def install_builtin_rules(connection: AsyncConnection) -> None:
    """Install the shipped rules and the day equivalents; repeating it changes nothing.

    A new database gets them for all time; one that had others gets the next version, which holds from now on unless
    the rule set in force is the administration's own: then it is only saved, for an administrator to adopt.
    """
    await repository.install_rule_set(connection, BUILTIN.model_dump(mode="json"), SINCE)
    samples = list(day_equivalents(SAMPLES))
    if await repository.known_day_equivalents(connection, samples) == len(samples):
        return
    for start in range(0, MOST_DAYS + 1, _CHUNK):  # bounded: a transaction must not sit idle while we compute
        amounts = range(start, min(start + _CHUNK, MOST_DAYS + 1))
        await repository.install_day_equivalents(connection, list(day_equivalents(amounts)))
