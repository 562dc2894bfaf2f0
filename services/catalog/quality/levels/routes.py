"""HTTP of the validators and their levels."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from services.catalog.fields import RegionText
from services.catalog.quality.levels import repository, rules, service
from services.catalog.quality.levels.schemas import Level, Levels, NewLevels, Validator
from services.catalog.regions import service as regions
from shared.http.pages import ONE_PAGE, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["quality"])


@router.get("/validators", operation_id="list_validators", summary="The validators of entries", dependencies=[ONE_PAGE])
async def list_validators(tx: Unit, staff: Staff) -> Page[Validator]:
    """The validators by number, and whether a region may change how severe they are."""
    return Page(
        items=[
            Validator(rule=rule, title=title, fixed=rule in rules.FIXED_RULES)
            for rule, title in sorted(rules.TITLES.items())
        ]
    )


@router.get("/validation-levels", operation_id="get_validation_levels", summary="How severe a region takes validators")
async def get_validation_levels(
    tx: Unit, staff: Staff, region_code: Annotated[RegionText, Query(examples=["130922"])]
) -> Levels:
    """What the region has set, and what holds there; a rule that is not named has the product's level."""
    chain = await regions.chain(tx.connection, region_code, "query/region_code")
    return await _told(tx, chain)


@router.post("/validation-levels", operation_id="set_validation_levels", summary="Set how severe validators are taken")
async def set_validation_levels(tx: Unit, staff: Staff, body: NewLevels) -> Levels:
    """Levels of a region (its administrator); entries are judged by them from now on."""
    await service.change(tx, staff, body)
    return await _told(tx, await regions.chain(tx.connection, body.region_code))


async def _told(tx: Unit, chain: list[str]) -> Levels:
    rows = await repository.told(tx.connection, chain[0])
    holding = (await service.in_force(tx.connection, [chain]))[chain[0]]
    named = {f"{rule}/{code}" if code else rule: severity for (rule, code), severity in sorted(holding.items())}
    return Levels(items=[Level(**row) for row in rows], in_force=named)
