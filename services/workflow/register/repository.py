"""Reads of the catalog's register through its views."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement


@dataclass(frozen=True)
class Organ:
    """An organ, and its region with all regions above it."""

    id: UUID
    name: str
    region_chain: tuple[str, ...]
    supervising_organ_id: UUID | None
    credit_code: str | None = None
    state: str = "active"

    @property
    def region_code(self) -> str:
        """The organ's own region."""
        return self.region_chain[0]


@dataclass(frozen=True)
class TargetList:
    """A list that entries are to change in; `mirrored`: it follows the catalogue of a platform, nobody else."""

    id: UUID
    kind: str
    title: str
    region_chain: tuple[str, ...]
    lead_organ_id: UUID
    state: str
    members: frozenset[UUID]
    mirrored: bool = False

    def admits(self, organ_id: UUID) -> bool:
        """Whether the organ may submit entries to the list: a member, or the lead itself (QX-06)."""
        return organ_id in self.members or organ_id == self.lead_organ_id


@dataclass(frozen=True, kw_only=True)
class Document:
    """A normative document as the register has it; never its text."""

    id: UUID
    title: str
    number: str | None
    issuer: str
    status: str


_DOCUMENTS = Statement(
    """
    SELECT d.id, d.title, d.number, d.issuer, d.status FROM qingdan.catalog_document_v1 AS d
    WHERE d.id = ANY(CAST(:ids AS uuid[]))
    """
)
_CHAINS = Statement(
    """
    SELECT r.code, array_prepend(r.code, r.ancestors) AS chain FROM qingdan.catalog_region_v1 AS r
    WHERE r.code = ANY(CAST(:codes AS text[]))
    """
)
# Roles count where they are given and below: who has one above sees what lies where it is decided, who has one below or
# elsewhere only what lies with his organ.
_ELSEWHERE = Statement(
    """
    SELECT g.region_code, g.organ_id, o.region_code AS place
    FROM unnest(CAST(:regions AS text[]), CAST(:organs AS uuid[])) AS g (region_code, organ_id)
    JOIN qingdan.catalog_region_v1 AS r ON r.code = g.region_code
    JOIN qingdan.catalog_organ_v1 AS o ON o.id = g.organ_id
    WHERE o.region_code <> ALL (array_prepend(r.code, r.ancestors))
    """
)

_ORGANS = Statement(
    """
    SELECT o.id, o.name, array_prepend(r.code, r.ancestors) AS chain, o.supervising_organ_id,
           o.credit_code, o.state
    FROM qingdan.catalog_organ_v1 AS o
    JOIN qingdan.catalog_region_v1 AS r ON r.code = o.region_code
    WHERE o.id = ANY(CAST(:ids AS uuid[]))
    """
)

_LISTS = Statement(
    """
    SELECT l.id, l.kind, l.title, array_prepend(r.code, r.ancestors) AS chain, l.lead_organ_id, l.state,
           l.mirrored_from IS NOT NULL AS mirrored,
           ARRAY(SELECT m.organ_id FROM qingdan.catalog_list_member_v1 AS m WHERE m.list_id = l.id) AS members
    FROM qingdan.catalog_list_v1 AS l
    JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE l.id = ANY(CAST(:ids AS uuid[]))
    """
)


async def region_chains(connection: AsyncConnection, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Each region that exists among `codes` and those above it, nearest first."""
    rows = await _CHAINS.rows(connection, {"codes": sorted(set(codes))}) if codes else []
    return {row.code: tuple(row.chain) for row in rows}


async def places(connection: AsyncConnection, taking_part: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], str]:
    """Where it lies what an organ has to do for something that a region decides, by region and organ.

    With the organ where it is; what organs of the region and above have to do, where it is decided.
    """
    asked = sorted(set(taking_part))
    given = {"regions": [region for region, _ in asked], "organs": [organ for _, organ in asked]}
    rows = await _ELSEWHERE.rows(connection, given) if asked else []
    return {pair: pair[0] for pair in asked} | {(row.region_code, row.organ_id): row.place for row in rows}


async def organs(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Organ]:
    """The organs that exist among `ids`."""
    if not ids:
        return {}
    rows = await _ORGANS.rows(connection, {"ids": sorted(set(ids))})
    return {
        row.id: Organ(row.id, row.name, tuple(row.chain), row.supervising_organ_id, row.credit_code, row.state)
        for row in rows
    }


async def lists(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, TargetList]:
    """The lists that exist among `ids`, with their members."""
    if not ids:
        return {}
    rows = await _LISTS.rows(connection, {"ids": sorted(set(ids))})
    return {
        row.id: TargetList(
            row.id,
            row.kind,
            row.title,
            tuple(row.chain),
            row.lead_organ_id,
            row.state,
            frozenset(row.members),
            row.mirrored,
        )
        for row in rows
    }


async def documents(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Document]:
    """Those of the documents that are registered."""
    return {row.id: Document(**row) for row in await _DOCUMENTS.rows(connection, {"ids": list(ids)})} if ids else {}
