"""Use cases of reviews: taken from review systems in batches; each bad one is laid before its organ as a complaint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.workflow.complaints import service as complaints
from services.workflow.handling import checking
from services.workflow.handling import repository as handling
from services.workflow.handling.schemas import BadRow, Wrong
from services.workflow.oversight.rules import require_reader
from services.workflow.register import service as register
from services.workflow.reviews import repository, rules
from services.workflow.reviews.schemas import NewReview, ReviewsTaken, ReviewTaken
from services.workflow.reviews.schemas import Row as Given
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.scopes import COMPLAINTS
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

_UNKNOWN_ORGAN = Wrong(
    pointer="/organ_credit_code", code="unknown_organ", message="没有登记该统一社会信用代码的机构，请核对或先登记机构"
)
_FOREIGN_ORGAN = Wrong(
    pointer="/organ_credit_code", code="foreign_organ", message="该机构不在接入系统登记的区划之内，不能报送其评价"
)
_IN_FUTURE = Wrong(pointer="/reviewed_at", code="in_future", message="时间晚于当前时间，请核对平台时钟或更正")


async def take(tx: Transaction, who: Principal, given: Sequence[Given]) -> ReviewsTaken:
    """Take a batch of reviews, good and bad; a review is told once and never changes.

    Raises
    ------
    problems.Forbidden
        Not a system with the scope.
    """
    who.require_scope(COMPLAINTS)
    within = await handling.reach(tx.connection, who.account_id)
    first = {row.number: row for row in reversed(given) if isinstance(row, NewReview)}
    await repository.take_turns(tx.connection, who.account_id)
    known = await repository.known(tx.connection, who.account_id, sorted(first))
    new = [row for number, row in first.items() if number not in known]
    places = await handling.match(tx.connection, [_asked(row, n) for n, row in enumerate(new)])
    refused = {
        row.number: wrong for n, row in enumerate(new) if (wrong := _wrong(tx, row, places.get(n), within)) is not None
    }
    rows = [_row(row, places[n]) for n, row in enumerate(new) if row.number not in refused]
    return _answer(given, first, await _store(tx, who, rows), known, refused)


def _asked(row: NewReview, n: int) -> dict[str, Any]:
    """How the organ and the entry of a review are looked up: as they were when it was written."""
    if row.code is None:
        code: dict[str, Any] = {"scheme": "implementation", "codes": []}
    else:
        code = checking.code_of(row.code)
    return code | {"n": n, "credit_code": row.organ_credit_code, "accepted_at": row.reviewed_at}


def _wrong(tx: Transaction, row: NewReview, place: Row | None, within: str | None) -> Wrong | None:
    if rules.in_future(row.reviewed_at, tx.now):
        return _IN_FUTURE
    if place is None:
        return _UNKNOWN_ORGAN
    return None if within is not None and within in (*place.chain, NATION) else _FOREIGN_ORGAN


def _row(row: NewReview, place: Row) -> dict[str, Any]:
    told = row.model_dump(include={"number", "record_number", "rating", "subject", "text", "reviewed_at"})
    found = {"region_code": place.region_code, "organ_id": place.organ_id, "item_id": place.item_id}
    return told | found | {"id": new_id()}


async def _store(tx: Transaction, who: Principal, rows: Sequence[Mapping[str, Any]]) -> dict[str, Row]:
    """Keep reviews: the complaints first, so that each bad one finds its own."""
    if not rows:
        return {}
    bad = [rules.complaint_of(row, new_id()) for row in rows if rules.is_bad(row["rating"])]
    if bad:
        await complaints.lay_before(tx, bad, who.actor)
    added = await repository.add(
        tx.connection, who.account_id, rows, source=rules.SOURCE, worst_fine=rules.WORST_FINE, now=tx.now
    )
    refs = {"client": str(who.account_id), "reviews": [str(row.id) for row in added.values()]}
    tx.append(NewEvent(type="review.received", refs=refs))
    return added


def _answer(
    given: Sequence[Given],
    first: Mapping[str, NewReview],
    added: Mapping[str, Row],
    known: Mapping[str, Row],
    refused: Mapping[str, Wrong],
) -> ReviewsTaken:
    items = []
    for row in given:
        if isinstance(row, BadRow):
            items.append(ReviewTaken(number=row.number, state="refused", errors=row.errors))
        elif row.number in refused:
            items.append(ReviewTaken(number=row.number, state="refused", errors=[refused[row.number]]))
        else:
            kept = added.get(row.number) or known[row.number]
            is_new = row.number in added and first[row.number] is row
            state = "taken" if is_new else "unchanged"
            items.append(ReviewTaken(number=row.number, state=state, id=kept.id, complaint_id=kept.complaint_id))
    counted = Counter(item.state for item in items)
    made = sum(item.state == "taken" and item.complaint_id is not None for item in items)
    return ReviewsTaken(
        items=items, taken=counted["taken"], unchanged=counted["unchanged"], refused=counted["refused"],
        complaints=made,
    )  # fmt: skip


async def page(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Row]:
    """Reviews of a region, or of an organ alone for its people. Raises NotFound, Forbidden."""
    require_reader(who, await register.chain_of(tx, filters["region"]), filters["organ"])
    return await repository.page(tx.connection, filters, after=after, limit=limit)
