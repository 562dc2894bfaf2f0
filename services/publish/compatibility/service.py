"""The use case the core has no route for: a platform calls to say what became of rows, instead of being asked."""

from __future__ import annotations

from typing import Any

from services.publish.app_keys.service import SignedBy
from services.publish.compatibility import repository
from services.publish.compatibility.schemas import RowVerdict, Taken, Verdicts
from services.publish.platform import telling
from services.publish.platform.batches import repository as batches
from services.publish.platform.feedback import repository as feedback
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.rows import repository as rows
from services.publish.platform.rules import WELL, Feedback, Verdict, code_of, table_of
from shared import problems
from shared.ledger.transaction import Transaction


async def take_verdicts(tx: Transaction, by: SignedBy, given: Verdicts) -> Taken:
    """Verdicts on the open batch are its answer: rows that are not named go again in another one. A row that was
    accepted before and is refused now is rejected as feedback would. The same call twice changes nothing.

    Raises
    ------
    problems.Forbidden
        The key is no platform's.
    """
    partner = await _partner(tx, by)
    await peers.wait_for_progress(tx.connection, partner.id)
    named = list({one.ROW_GUID: one for one in given.rows}.values())
    accepted = partner.mapping.accepted_codes
    verdicts = [Verdict(str(one.ROW_GUID), code_of(one.CODE, accepted), one.REMARK) for one in named]
    tables = await _tables(tx, partner, given.CD_BATCH)
    answered = await rows.answer(tx.connection, partner.id, given.CD_BATCH, verdicts, now=tx.now, tables=tables)
    refused = [_message(one, given.CD_BATCH) for one in verdicts if one.code != WELL]
    if refused:
        answered += await feedback.save(tx.connection, partner.id, refused, tx.now)
    for event in telling.of_answers(partner, answered, batch=given.CD_BATCH):
        tx.append(event)
    await peers.note_answer(tx.connection, partner.id, tx.now)
    return await _taken(tx, partner, named)


async def _partner(tx: Transaction, by: SignedBy) -> Partner:
    row: dict[str, Any] | None = await peers.by_id(tx.connection, by.peer_id) if by.peer_id else None
    if row is None:
        raise problems.Forbidden(
            "该 appKey 未登记为平台，不能回报行的处理结果；请在发放 appKey 时写明平台代码。", code="not_a_platform"
        )
    return Partner.of(row)


async def _tables(tx: Transaction, partner: Partner, number: str) -> dict[str, str]:
    """The main table of each row of the open batch: a deletion has no content to find it by again."""
    queued = await batches.queued(tx.connection, partner.id, number)
    return {str(one.row_guid): table_of(one, partner.mapping) for one in queued}


def _message(one: Verdict, batch: str) -> Feedback:
    """A refusal as a message of quality control; named after what it says, so that it is taken once."""
    return Feedback(f"call:{one.row_guid}:{one.code}", one.row_guid, batch, one.code, one.remark, None)


async def _taken(tx: Transaction, partner: Partner, named: list[RowVerdict]) -> Taken:
    found = {
        row.row_guid: row.state
        for row in await repository.standing(tx.connection, partner.id, [one.ROW_GUID for one in named])
    }
    states = list(found.values())
    return Taken(
        accepted=states.count("accepted"), rejected=states.count("rejected"),
        unknown=[one.ROW_GUID for one in named if one.ROW_GUID not in found],
    )  # fmt: skip
