"""HTTP of the levels beside one another."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.lists import service as lists
from services.catalog.records import after_id
from services.catalog.regions import service as regions
from services.catalog.vertical import repository
from services.catalog.vertical.optimisations import repository as optimisations
from services.catalog.vertical.pairs import repository as pairs
from services.catalog.vertical.schemas import (
    CoveredEntry,
    LocalOptimisation,
    Pairing,
    Problem,
    Scope,
    SuperiorPair,
    VerticalProblem,
)
from shared import problems
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["levels"])

KindName = Annotated[str, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["permit"])]
Below = Annotated[bool, Query(description="And all regions below it")]
State = Annotated[str | None, Query(pattern=r"^(in_use|suspended|cancelled)$", examples=["in_use"])]


@router.get("/vertical-check", operation_id="check_levels", summary="How lists agree with their superiors' lists")
async def check_levels(
    tx: Unit, staff: Staff, region: Annotated[RegionText, Query(description="This region", examples=["130922"])],
    limit: Limit = 50, cursor: Cursor = None, kind: KindName = "permit", below: Below = False,
    problem: Problem | None = None,
) -> Page[VerticalProblem]:  # fmt: skip
    """上下对应检查：无上级来源、编码名称依据与上级不一致、上级事项无人承接。"""
    chain = await regions.chain(tx.connection, region, "query/region")
    rows = await repository.problems(
        tx.connection, region=chain[0], below=below, kind=kind, problem=problem, after=_after(cursor, 3),
        limit=limit + 1,
    )  # fmt: skip
    shown = [VerticalProblem(**dict(row), item_id=row.id, superior_item_id=row.superior_id) for row in rows]
    return page_of(shown, limit, lambda one: [one.region_code, one.problem, one.item_id or one.superior_item_id])


@router.get("/superior-pairs", operation_id="list_superior_pairs",
            summary="Entries beside the superior's rows they are held against")  # fmt: skip
async def list_superior_pairs(
    tx: Unit, staff: Staff, region: Annotated[RegionText, Query(description="This region", examples=["440100"])],
    limit: Limit = 50, cursor: Cursor = None, kind: KindName = "permit", below: Below = False,
    pairing: Pairing | None = None,
    limit_differs: Annotated[bool | None, Query(description="Statutory limits differ in working days")] = None,
) -> Page[SuperiorPair]:  # fmt: skip
    """与上级逐项对照：上级同一事项的对应行、待人工对应的办理项，以及换算为工作日后法定时限不同的双方数据。"""
    chain = await regions.chain(tx.connection, region, "query/region")
    filters = {"region": chain[0], "below": below, "kind": kind, "pairing": pairing, "limit_differs": limit_differs}
    rows = await pairs.page(tx.connection, filters, after=after_id(cursor), limit=limit + 1)
    return page_of([SuperiorPair.model_validate(dict(row)) for row in rows], limit, lambda one: [one.item_id])


@router.get("/lists/{list_id}/covered-items", operation_id="list_covered_items", summary="A list that covers downwards")
async def list_covered_items(
    tx: Unit, staff: Staff, list_id: Annotated[UUID, Path(description="List")], limit: Limit = 50,
    cursor: Cursor = None, state: State = None, organ: UUID | None = None,
    scope: Annotated[Scope, Query(description="Whose entries beside the list's own")] = "with_townships",
) -> Page[CoveredEntry]:  # fmt: skip
    """县级清单向下覆盖：本级、乡镇（街道）以及需要时开发区同类清单的事项。"""
    await lists.get(tx.connection, list_id)
    rows = await repository.covered(
        tx.connection, list_id, townships=scope != "own", zones=scope == "with_townships_and_zones", state=state,
        organ_id=organ, after=after_id(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([CoveredEntry(**dict(row)) for row in rows], limit, lambda one: [one.id])


@router.get("/local-optimisations", operation_id="list_local_optimisations",
            summary="Elements that are easier here than the superior demands")  # fmt: skip
async def list_local_optimisations(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, item_id: UUID | None = None,
    list_id: UUID | None = None,
    element: Annotated[str | None, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$")] = None,
    within: Annotated[RegionText | None, Query(description="Of this region and all below it")] = None,
) -> Page[LocalOptimisation]:  # fmt: skip
    """本地优化：材料、时限、收费、环节、到场次数、数量限制、服务对象等优于上级规范的要素。"""
    after = decode_cursor(cursor, 2) if cursor else None
    rows = await optimisations.page(
        tx.connection, {"item_id": item_id, "list_id": list_id, "element": element},
        within=fields.region(within, "query/within") if within else None,
        after=(_uuid(after[0]), str(after[1])) if after else None, limit=limit + 1,
    )  # fmt: skip
    return page_of([LocalOptimisation(**row) for row in rows], limit, lambda one: [one.item_id, one.element])


def _after(cursor: str | None, length: int) -> tuple[str, str, UUID] | None:
    if cursor is None:
        return None
    first, second, third = decode_cursor(cursor, length)
    return str(first), str(second), _uuid(third)


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place]) from None
