"""Use cases of coverage: candidates for a list, and the detectors of omission, concealment and error."""

from __future__ import annotations

from uuid import UUID

from services.catalog.coverage import repository
from services.catalog.coverage.rules import REPORTED, origins
from services.catalog.coverage.schemas import Candidate, Coverage, OrganCoverage, OrganFailures, RegionFailures
from services.catalog.linkage.tables import rule_set_at
from services.catalog.lists import service as lists
from services.catalog.regions import service as regions
from shared.ledger.transaction import Transaction


async def candidates(
    tx: Transaction, list_id: UUID, *, covered: bool | None, organ: UUID | None, kind: str | None,
    after: UUID | None, count: int,
) -> list[Candidate]:  # fmt: skip
    """Entries of other lists that this list shows or ought to show (ZL-24). Raises NotFound."""
    listed = await lists.get(tx.connection, list_id)
    _, linkage = await rule_set_at(tx, tx.now)
    rows = await repository.candidates(
        tx.connection, list_id, listed["kind"], origins(linkage, listed["kind"]), covered=covered, organ=organ,
        kind=kind, after=after, count=count,
    )  # fmt: skip
    return [Candidate(**row, covered=row.shown_by is not None) for row in rows]


async def coverage(tx: Transaction, list_id: UUID) -> Coverage:
    """How much of what other lists know a list shows, by organ (ZL-04). Raises NotFound."""
    listed = await lists.get(tx.connection, list_id)
    _, linkage = await rule_set_at(tx, tx.now)
    found = origins(linkage, listed["kind"])
    organs = [OrganCoverage(**row) for row in await repository.counts(tx.connection, list_id, listed["kind"], found)]
    return Coverage(
        list_id=list_id,
        origins={origin.kind: list(origin.rules) for origin in found},
        covered=sum(one.covered for one in organs),
        missing=sum(one.missing for one in organs),
        organs=organs,
    )


async def failures(tx: Transaction, region: str) -> RegionFailures:
    """The three detectors for the organs of a region (ZL-55). Raises NotFound for an unknown region."""
    await regions.chain(tx.connection, region)
    _, linkage = await rule_set_at(tx, tx.now)
    reported = await repository.lists_of(tx.connection, region, REPORTED)
    ways = [(kind, origins(linkage, kind)) for kind in REPORTED]
    rows = await repository.failures(tx.connection, region, [row.id for row in reported], ways, now=tx.now)
    organs = [OrganFailures(**row) for row in rows]
    return RegionFailures(
        region_code=region,
        omission=sum(one.omission for one in organs),
        concealment=sum(one.concealment for one in organs),
        error=sum(one.error for one in organs),
        organs=organs,
    )
