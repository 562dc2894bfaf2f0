"""HTTP of the rule sets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response

from services.catalog.linkage.ruleset import RuleSet
from services.catalog.linkage.rulesets import repository, service
from services.catalog.linkage.rulesets.schemas import Adoption, NewRuleSet, RuleSetHead, StoredRuleSet
from shared.http.etag import created
from shared.http.pages import ONE_PAGE, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["linkage"])

Version = Annotated[int, Path(ge=1, le=100_000, examples=[1])]


@router.get(
    "/rule-sets", operation_id="list_rule_sets", summary="Versions of the linkage rule set", dependencies=[ONE_PAGE]
)
async def list_rule_sets(tx: Unit, staff: Staff) -> Page[RuleSetHead]:
    """All rule sets, newest first."""
    rows = await repository.rule_sets(tx.connection)
    return Page(items=[RuleSetHead.model_validate(dict(row._mapping)) for row in rows])


@router.post("/rule-sets", operation_id="save_rule_set", summary="Save a linkage rule set; it is checked when saved",
             status_code=201, response_model=StoredRuleSet)  # fmt: skip
async def save_rule_set(tx: Unit, staff: Staff, body: NewRuleSet) -> Response:
    """Save the next version; unknown names, two authorities for an element and cycles are refused with their place."""
    version = await service.save(tx, staff, body.rules)
    return created(f"/catalog/v1/rule-sets/{version}", _stored(await service.get(tx, version)))


@router.get("/rule-sets/{version}", operation_id="get_rule_set", summary="One linkage rule set")
async def get_rule_set(tx: Unit, staff: Staff, version: Version) -> StoredRuleSet:
    """One rule set with its rules."""
    return _stored(await service.get(tx, version))


@router.post("/rule-sets/{version}/adopt", operation_id="adopt_rule_set", summary="Adopt a linkage rule set")
async def adopt_rule_set(tx: Unit, staff: Staff, version: Version, body: Adoption) -> StoredRuleSet:
    """Let a saved version hold from an instant on."""
    row = await service.adopt(
        tx, staff, version, at=body.effective_from, adjustment_id=body.adjustment_id, reason=body.reason
    )
    return _stored(row)


def _stored(row: Any) -> StoredRuleSet:
    return StoredRuleSet.model_validate(dict(row._mapping) | RuleSet.model_validate(row.rules).model_dump())
