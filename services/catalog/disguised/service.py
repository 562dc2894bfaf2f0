"""Use cases of suspected disguised permits: scan, judge, note complaints, replay verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.disguised import repository, scan
from services.catalog.disguised.facts import of_text
from services.catalog.disguised.lexicon import cases, shipped
from services.catalog.disguised.replay import Replay, replay
from services.catalog.disguised.rules import Assessment, assess
from services.catalog.disguised.schemas import DraftText, NewComplaint, NewVerdict
from services.catalog.quality.validators.powers import SETS_PERMITS
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger import operations
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction

SCAN = "disguised_scan"
# 审改办, 法制办 and the leading unit of a list look into suspects (ZZ-26, TH-52).
_JUDGES = ("reviewer", "legality_reviewer", "list_authority", "administrator")
MOST_REPLAYED = 5_000
MOST_COMPLAINTS = 50


def may_judge(principal: Principal, chain: list[str]) -> None:
    """Refuse whoever looks into no suspects there. Raises Forbidden."""
    if not any(grant.role in _JUDGES and grant.region_code in {*chain, NATION} for grant in principal.grants):
        raise problems.Forbidden(
            f"该操作需要“审改办审核人员”“合法性审查人员”或“清单牵头单位”角色（区划 {chain[0]}），当前账号没有此角色。",
            extra={"role": "reviewer", "region": chain[0]},
        )


async def start_scan(tx: Transaction, principal: Principal, region_code: str) -> UUID:
    """Look through a region and all below it. Raises Forbidden, Invalid."""
    chain = await regions.chain(tx.connection, region_code)
    may_judge(principal, chain)
    return await operations.create(tx, kind=SCAN, parameters={"region_code": chain[0]})


async def get(connection: AsyncConnection, suspect_id: UUID, *, lock: bool = False) -> Record:
    """A suspect with the regions above it. Raises NotFound."""
    row = await repository.get(connection, suspect_id, lock=lock)
    if row is None:
        raise problems.NotFound("没有这条疑似变相许可，请核对编号。", code="suspect_not_found")
    return row


def seen(principal: Principal, row: Record) -> Record:
    """The suspect, if its region is one the principal has a role for. Raises NotFound."""
    places = {grant.region_code for grant in principal.grants}
    if not places & {row["region_code"], *row["ancestors"], NATION}:
        raise problems.NotFound("没有这条疑似变相许可，请核对编号。", code="suspect_not_found")
    return row


async def judge(tx: Transaction, principal: Principal, suspect_id: UUID, request: NewVerdict) -> Record:
    """Say what a suspect is; kept with what the scorer had been given. A later verdict replaces it.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.IllegalTransition
        It no longer looks like one.
    """
    row = await get(tx.connection, suspect_id, lock=True)
    may_judge(principal, [row["region_code"], *row["ancestors"]])
    if row["state"] == "gone":
        raise problems.IllegalTransition("该事项已无疑似情形，无需认定。", allowed=[], code="suspect_gone")
    told = {"verdict": request.verdict, "reason": request.reason}
    judged = await repository.change(
        tx.connection, suspect_id, {**told, "state": "judged", "judged_by": tx.actor, "judged_at": tx.now}
    )
    kept = {"id": new_id(), "suspect_id": suspect_id, "facts": row["facts"], "signals": row["signals"],
            "actor": tx.actor, "recorded_at": tx.now}  # fmt: skip
    await repository.keep_verdict(tx.connection, kept | told)
    if row["item_id"]:
        await scan.settle(tx, [row["item_id"]])
    tx.append(_event("suspect.judged", row, request.reason, {"verdict": request.verdict}))
    return judged


async def note_complaint(tx: Transaction, principal: Principal, suspect_id: UUID, request: NewComplaint) -> Record:
    """Note a complaint that speaks of a suspect (ZZ-30). Raises NotFound, Forbidden, Conflict."""
    row = await get(tx.connection, suspect_id, lock=True)
    may_judge(principal, [row["region_code"], *row["ancestors"]])
    if request.reference in row["complaints"]:
        raise problems.Conflict("该投诉已关联。", code="complaint_linked")
    if len(row["complaints"]) >= MOST_COMPLAINTS:
        raise problems.Conflict(f"关联的投诉不超过{MOST_COMPLAINTS}件。", code="too_many_complaints")
    complaints = [*row["complaints"], request.reference]
    changed = await repository.change(tx.connection, suspect_id, {"complaints": complaints})
    tx.append(_event("suspect.complaint_linked", row, None, {"complaint": request.reference}))
    return changed


def score(draft: DraftText) -> Assessment:
    """What the scorer says of a text before it is issued (TH-52)."""
    return assess(of_text(draft.title, draft.kind, draft.text, may_set=draft.kind in SETS_PERMITS), shipped())


def places(principal: Principal) -> list[str] | None:
    """The regions the principal has a role for, so that he sees what is there and below; None: everywhere."""
    held = sorted({grant.region_code for grant in principal.grants})
    return None if NATION in held else held


async def regression(connection: AsyncConnection, principal: Principal) -> tuple[Replay, bool]:
    """The shipped cases and the last verdict on each suspect the principal may see, replayed.

    True when there are more than are replayed.
    """
    result = replay(cases(), shipped())
    rows = await repository.latest_verdicts(connection, seen=places(principal), limit=MOST_REPLAYED + 1)
    return replay(map(dict, rows[:MOST_REPLAYED]), shipped(), result), len(rows) > MOST_REPLAYED


def _event(kind: str, row: Record, reason: str | None, refs: Mapping[str, Any]) -> NewEvent:
    return NewEvent(type=kind, region_code=row["region_code"], list_kind=row["list_kind"], list_id=row["list_id"],
                    item_ids=[row["item_id"]] if row["item_id"] else [], reason=reason,
                    refs={"suspects": [str(row["id"])], **refs})  # fmt: skip
