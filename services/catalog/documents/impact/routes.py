"""HTTP of the impact of documents."""

from __future__ import annotations

from typing import Annotated, TypedDict
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.documents import service
from services.catalog.documents.citations import article_key
from services.catalog.documents.impact import check
from services.catalog.documents.impact.concerns import repository as concerns
from services.catalog.documents.impact.concerns.schemas import Concern, ConcernedEntry, Condition
from services.catalog.documents.impact.reading import repository
from services.catalog.documents.rules import CONDITION_TITLES
from services.catalog.documents.schemas import NewBasisCheck, Resting
from services.catalog.fields import RegionText
from services.catalog.records import after_id
from services.catalog.regions.rules import NATION
from shared import problems
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.identity.principal import Principal
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["documents"])

Within = Annotated[RegionText | None, Query(description="In this region and all below it", examples=["130922"])]
Organ = Annotated[UUID | None, Query(description="Entries that this organ implements")]


@router.get(
    "/documents/{document_id}/impact",
    operation_id="get_document_impact",
    summary="Every entry of every list that rests on a document or an article of it",
)
async def get_document_impact(
    tx: Unit, staff: Staff, document_id: Annotated[UUID, Path(description="Document")], limit: Limit = 50,
    cursor: Cursor = None,
    article: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", examples=["第三十五条"])] = None,
    kind: Annotated[str | None, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", description="List kind")] = None,
    within: Annotated[RegionText | None, Query(description="In this region and all below it")] = None,
) -> Page[Resting]:  # fmt: skip
    """With list, organ and place in the entry; entries of regions in which the reader has a role (TH-42)."""
    await service.get(tx.connection, document_id)
    key = article_key(article) if article else None
    if article and key is None:
        place = problems.FieldError("query/article", "article_number", "应为条款号，如“第三十五条”或“35”")
        raise problems.Invalid("条款号无法识别。", code="article_number", errors=[place])
    rows = await repository.impact(
        tx.connection, document_id, article=key, kind=kind,
        within=fields.region(within, "query/within") if within else None, **_sight(staff), after=_after(cursor),
        limit=limit + 1,
    )  # fmt: skip
    return page_of([Resting.model_validate(dict(row)) for row in rows], limit, lambda one: [one.item_id, one.place])


@router.get("/documents/concerns", operation_id="list_document_concerns",
            summary="Documents that entries rest on and that no longer hold, a line each")  # fmt: skip
async def list_document_concerns(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, within: Within = None, organ: Organ = None
) -> Page[Concern]:
    """依据变化汇总：每份文件一行，含涉及事项数、清单数、单位数和最早期限；逐项见 href。"""
    filters = {"within": fields.region(within, "query/within") if within else None, "organ_id": organ}
    after = decode_cursor(cursor, 2) if cursor else None
    rows = await concerns.lines(
        tx.connection, filters, **_sight(staff), after=(_uuid(after[0]), str(after[1])) if after else None,
        limit=limit + 1, now=tx.now,
    )  # fmt: skip
    asked = "".join(f"&{name}={value}" for name, value in (("within", within), ("organ", organ)) if value)
    shown = [
        Concern(
            **dict(row), condition_title=CONDITION_TITLES[row.condition],
            href=f"/catalog/v1/documents/{row.document_id}/concerns?condition={row.condition}{asked}",
        )
        for row in rows
    ]  # fmt: skip
    return page_of(shown, limit, lambda one: [one.document_id, one.condition])


@router.get("/documents/{document_id}/concerns", operation_id="list_concerned_entries",
            summary="Entries with an open finding because of a document")  # fmt: skip
async def list_concerned_entries(
    tx: Unit, staff: Staff, document_id: Annotated[UUID, Path(description="Document")], limit: Limit = 50,
    cursor: Cursor = None, within: Within = None, organ: Organ = None, condition: Condition | None = None,
) -> Page[ConcernedEntry]:  # fmt: skip
    """某份文件变化后须核对的事项，按发现先后。"""
    await service.get(tx.connection, document_id)
    filters = {"within": fields.region(within, "query/within") if within else None, "organ_id": organ,
               "condition": condition}  # fmt: skip
    rows = await concerns.behind(
        tx.connection, document_id, filters, **_sight(staff), after=after_id(cursor), limit=limit + 1
    )
    return page_of([ConcernedEntry.model_validate(row) for row in rows], limit, lambda one: [one.finding_id])


@router.post("/basis-checks", operation_id="check_basis", summary="Check what the entries of a region rest on",
             status_code=202, response_model=Started)  # fmt: skip
async def check_basis(tx: Unit, staff: Staff, body: NewBasisCheck) -> Response:
    """Powers without law, regulation or rule are proposed for cancellation (ZL-03); what is not in force is found."""
    region = await service.authorise(tx, staff, body.region_code)
    return accepted(
        "catalog", await operations.create(tx, kind=check.KIND, parameters={"region_code": region or NATION})
    )


class _Sight(TypedDict):
    """The regions a reader may look into, with all below them; `everything` where that is the nation."""

    seen: list[str]
    everything: bool


def _sight(staff: Principal) -> _Sight:
    seen = sorted({grant.region_code for grant in staff.grants})
    return {"seen": seen, "everything": NATION in seen}


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor") from None


def _after(cursor: str | None) -> tuple[UUID, int] | None:
    if cursor is None:
        return None
    item_id, place = decode_cursor(cursor, 2)
    try:
        number = int(place)
        if not 0 <= number < 2**31:
            raise ValueError(number)
        return UUID(str(item_id)), number
    except (TypeError, ValueError, OverflowError):
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor") from None
