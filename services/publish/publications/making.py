"""Which revisions of a transaction are one publication: everything one decision has changed. Pure but for ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from services.publish.publications import rules
from services.publish.revisions.repository import Act, Made
from services.publish.revisions.rules import Cause, Extent, PublishedList
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent

MADE = "publication.made"


def acts(
    lists: Mapping[UUID, PublishedList], extents: Mapping[UUID, Extent], causes: Mapping[UUID, Cause]
) -> list[Act]:
    """The publications of the lists that get a revision: lists that share an adjustment or enactment share one."""
    bonds = {list_id: extents[list_id].bonds(lists[list_id], cause) for list_id, cause in causes.items()}
    return [
        Act(
            id=new_id(),
            region_code=rules.leading_region(lists[list_id].facts.region_code for list_id in group),
            lists=group,
            adjustments=frozenset().union(*(extents[list_id].adjustments(lists[list_id]) for list_id in group)),
        )
        for group in rules.bound_together(bonds)
    ]


def told(acts: Sequence[Act], made: Sequence[Made], lists: Mapping[UUID, PublishedList]) -> Iterator[NewEvent]:
    """The event of each publication, behind those of its lists; it names the lists, never what they say."""
    by_list = {one.list_id: one for one in made}
    for act in acts:
        parts = [by_list[list_id] for list_id in sorted(act.lists)]
        yield NewEvent(
            type=MADE,
            region_code=act.region_code,
            adjustment_id=next(iter(act.adjustments)) if len(act.adjustments) == 1 else None,
            refs={
                "publication": parts[0].publication,
                "lists": {str(one.list_id): one.revision for one in parts},
                "kinds": sorted({lists[one.list_id].facts.kind for one in parts}),
            },
        )
