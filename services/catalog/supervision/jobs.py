"""The check of what permits state of their supervision; findings open and close as those of the linkage do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage import jobs as linkage
from services.catalog.supervision.publication import RULES
from shared.ledger.operations import OperationKind, Running

CHECK = "supervision_check"
# These rules are the product's, not of a rule set an administration adopts.
RULE_SET = 0


async def run_check(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Look at all permits, or those of one list; the result is that of a linkage check."""
    return await linkage.compare(engine, running, RULE_SET, RULES)


OPERATIONS = [OperationKind(kind=CHECK, run=run_check)]
