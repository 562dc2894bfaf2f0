"""Which of the drafts somebody names he may close: one that cannot be closed does not hold up the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.catalog.linkage.drafts import repository as drafts
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction

_STATE_TITLES = {"accepted": "已被采纳", "objected": "已有异议", "superseded": "已被新的草稿取代"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A draft that stays as it is, and why."""

    draft_id: UUID
    code: str
    message: str


async def choose(
    tx: Transaction,
    who: Principal,
    *,
    ids: Sequence[UUID] | None,
    list_id: UUID | None,
    limit: int,
    atomic: bool,
) -> tuple[list[Any], list[Refused]]:
    """Open drafts the caller may close, locked, and those he named that he may not.

    Raises
    ------
    NotFound, IllegalTransition, Forbidden
        The first that is refused, when all or none are to be closed, or when there is no other.
    """
    rows = await drafts.lock_open(tx.connection, ids=ids, list_id=list_id, limit=limit)
    found = {row.id for row in rows}
    missing = [one for one in dict.fromkeys(ids or ()) if one not in found]
    if missing and (atomic or not rows):
        raise problem_of(await _of_missing(tx, missing[:1]))
    good = [row for row in rows if _leads(who, row)]
    if rows and len(good) < len(rows) and (atomic or not good):
        other = next(row for row in rows if not _leads(who, row))
        who.require("list_authority", region=_chain(other), organ_id=other.lead_organ_id)
    others = [
        Refused(row.id, "not_list_authority", "您不是该清单的牵头单位，不能处理此草稿")
        for row in rows
        if not _leads(who, row)
    ]
    return good, [*await _of_missing(tx, missing), *others]


async def without_taken(tx: Transaction, rows: Sequence[Any]) -> tuple[list[Any], list[Refused]]:
    """Drafts whose codes are free, and those whose codes another entry has, or another of these drafts before them."""
    taken = await drafts.taken(tx.connection, [row.id for row in rows])
    refused = [
        Refused(id_, "code_in_use", f"编码{code}已由另一事项使用，请核对后再采纳") for id_, code in taken.items()
    ]
    return [row for row in rows if row.id not in taken], refused


async def _of_missing(tx: Transaction, ids: Collection[UUID]) -> list[Refused]:
    if not ids:
        return []
    states = await drafts.states(tx.connection, list(ids))
    return [
        Refused(one, "draft_closed", f"草稿{one}{_STATE_TITLES.get(states[one], '刚被他人处理')}，请刷新后重试。")
        if one in states
        else Refused(one, "draft_not_found", f"没有草稿{one}，请刷新后重试。")
        for one in ids
    ]


def problem_of(refused: Sequence[Refused]) -> problems.Problem:
    """The refusal of the first, as the answer to a request of which nothing can be done."""
    first = refused[0]
    match first.code:
        case "draft_not_found":
            return problems.NotFound(first.message, code=first.code)
        case "draft_closed":
            return problems.IllegalTransition(first.message, allowed=[], code=first.code)
    return problems.Conflict(first.message, code=first.code)


def _leads(who: Principal, row: Any) -> bool:
    return who.holds("list_authority", region=_chain(row), organ_id=row.lead_organ_id)


def _chain(row: Any) -> list[str]:
    return [row.region_code, *row.ancestors]
