"""The use case of the coverage report."""

from __future__ import annotations

from services.catalog.regions import service as regions
from services.catalog.supervision.coverage import repository
from services.catalog.supervision.schemas import Coverage, OrganCoverage, Share, Uncovered
from shared.ledger.transaction import Transaction

# A report is for reading; the counts tell how many there are.
MOST_SHOWN = 200


async def report(tx: Transaction, region_text: str) -> Coverage:
    """Powers of inspection and sub-items with random inspections, permits with supervision. Raises Invalid."""
    region_code = (await regions.chain(tx.connection, region_text, "path/region_code"))[0]
    counts = await repository.counts(tx.connection, region_code)
    organs = await repository.by_organ(tx.connection, region_code)
    uncovered = await repository.uncovered(tx.connection, region_code, limit=MOST_SHOWN)
    shares = {row.what: Share(covered=row.covered, total=row.total) for row in counts}
    return Coverage(
        region_code=region_code,
        **shares,
        organs=[
            OrganCoverage(organ_id=row.id, name=row.name,
                          inspection_powers=Share(covered=row.covered, total=row.total))
            for row in organs
        ],
        uncovered=[Uncovered(**row) for row in uncovered],
    )  # fmt: skip
