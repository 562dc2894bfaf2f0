"""Use cases of the levels: read those that hold in a region, and set them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.quality.levels import repository, rules
from services.catalog.quality.levels.schemas import NewLevels
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def in_force(
    connection: AsyncConnection, chains: Collection[Sequence[str]]
) -> Mapping[str, Mapping[tuple[str, str], str]]:
    """Levels for regions, each given by its code and those above it; region -> levels. One statement for all."""
    rows = await repository.of_regions(connection, {code for chain in chains for code in chain})
    return {chain[0]: rules.nearest(rows, chain) for chain in chains if chain}


async def change(tx: Transaction, principal: Principal, request: NewLevels) -> list[Record]:
    """Set levels of a region, or take them back; told in the log with reason and basis.

    Raises
    ------
    problems.Forbidden
        Not an administrator of the region.
    problems.Invalid
        The region is unknown, or a level is fixed.
    """
    chain = await regions.chain(tx.connection, request.region_code)
    regions.require_administrator(principal, chain)
    rules.check([(level.rule, level.code) for level in request.levels])
    given = [level for level in request.levels if level.severity is not None]
    if given:
        said = {"region_code": chain[0], "reason": request.reason, "legal_basis": request.legal_basis,
                "set_by": principal.actor, "set_at": tx.now}  # fmt: skip
        await repository.save(
            tx.connection, [said | {"rule": one.rule, "code": one.code, "severity": one.severity} for one in given]
        )
    if taken_back := [(one.rule, one.code) for one in request.levels if one.severity is None]:
        await repository.remove(tx.connection, chain[0], taken_back)
    refs = {"levels": [one.model_dump() for one in request.levels]}
    tx.append(NewEvent(type="region.validation_levels_set", region_code=chain[0], reason=request.reason,
                       legal_basis=request.legal_basis, refs=refs))  # fmt: skip
    return await repository.told(tx.connection, chain[0])
