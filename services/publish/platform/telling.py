"""Events of the exchange: what a platform accepted and rejected, what its catalogue has brought. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from services.publish.platform.peers.partner import Partner
from services.publish.platform.rows.repository import Answered
from shared.ledger.envelope import NewEvent

# As many items as an event names at most (ADR 9).
MOST_ITEMS = 1_000


def of_answers(partner: Partner, answered: Iterable[Answered], *, batch: str | None) -> Iterator[NewEvent]:
    """`exchange.accepted` and `exchange.rejected`, one for the items of a list that were answered together."""
    groups: dict[tuple[str, UUID | None], list[Answered]] = defaultdict(list)
    for one in answered:
        groups[one.state, one.list_id].append(one)
    for (state, list_id), rows in groups.items():
        for start in range(0, len(rows), MOST_ITEMS):
            part = rows[start : start + MOST_ITEMS]
            refs = {"peer": partner.code, "peer_id": str(partner.id), "batch": batch}
            codes = sorted({row.err_type for row in part if row.err_type})
            yield NewEvent(
                type=f"exchange.{state}",
                region_code=part[0].region_code,
                list_kind=part[0].list_kind,
                list_id=list_id,
                item_ids=[row.item_id for row in part],
                refs=refs | ({"codes": codes[:50]} if codes else {}),
            )


def of_repairs(partner: Partner, items: Sequence[UUID]) -> Iterator[NewEvent]:
    """`exchange.repaired`: entries that go to the platform again since a comparison found it to hold something else."""
    for start in range(0, len(items), MOST_ITEMS):
        part = items[start : start + MOST_ITEMS]
        refs = {"peer": partner.code, "peer_id": str(partner.id), "queued": len(part)}
        yield NewEvent(type="exchange.repaired", item_ids=part, refs=refs)


def of_catalogue(partner: Partner, items: Sequence[UUID], *, cursor: str) -> Iterator[NewEvent]:
    """`catalogue.received`: entries of the superior's catalogue that the mirror has to follow."""
    for start in range(0, len(items), MOST_ITEMS):
        yield NewEvent(
            type="catalogue.received",
            list_id=partner.mirror,
            item_ids=items[start : start + MOST_ITEMS],
            reason=f"与“{partner.name}”的目录同步（{cursor}）",
            refs={"peer": partner.code, "peer_id": str(partner.id), "cursor": cursor},
        )
