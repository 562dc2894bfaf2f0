"""Events of claims: one for the claims of a kind in a region, naming the organs whose tasks it concerns. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol
from uuid import UUID

from services.catalog.linkage.rules import chunks
from shared.ledger.envelope import NewEvent


class Counted(Protocol):
    """Claims of a region and kind that changed alike."""

    @property
    def change(self) -> str: ...
    @property
    def region_code(self) -> str: ...
    @property
    def list_kind(self) -> str: ...
    @property
    def organs(self) -> Sequence[UUID | None]: ...
    @property
    def claims(self) -> int: ...


class Placed(Protocol):
    """A claim and where it belongs."""

    @property
    def id(self) -> UUID: ...
    @property
    def region_code(self) -> str: ...
    @property
    def list_kind(self) -> str: ...
    @property
    def organ_id(self) -> UUID | None: ...


def of_counts(rows: Iterable[Counted], **more: Any) -> Iterator[NewEvent]:
    """`claim.offered`, `claim.withdrawn`, `claim.claimed`, `claim.closed`, `claim.reopened` of whole sets."""
    for row in rows:
        organs = sorted(str(organ) if organ else "" for organ in row.organs)
        yield NewEvent(
            type=f"claim.{row.change}", region_code=row.region_code, list_kind=row.list_kind,
            refs={"organs": organs, "count": row.claims}, **more,
        )  # fmt: skip


def of_claims(type_: str, rows: Iterable[Placed], organ_id: UUID | None = None, **more: Any) -> Iterator[NewEvent]:
    """An event of what people did to claims; `organ_id` is the organ they now belong to, if that changed."""
    groups: dict[tuple[str, str], list[Placed]] = defaultdict(list)
    for row in rows:
        groups[row.region_code, row.list_kind].append(row)
    for (region_code, list_kind), members in groups.items():
        for part in chunks(members):
            organs = {str(row.organ_id) if row.organ_id else "" for row in part} | (
                {str(organ_id)} if organ_id else set()
            )
            refs = {"organs": sorted(organs), "count": len(part), "claims": [str(row.id) for row in part]}
            yield NewEvent(type=type_, region_code=region_code, list_kind=list_kind, refs=refs, **more)
