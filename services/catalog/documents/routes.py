"""HTTP of the register of documents."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.documents import normaliser, notices, repository, service, shown
from services.catalog.documents.citations import find_number, title_key
from services.catalog.documents.impact.routes import router as impact
from services.catalog.documents.index.routes import router as index
from services.catalog.documents.schemas import (
    Article,
    Articles,
    ChainLink,
    Document,
    DocumentChange,
    DocumentRow,
    DocumentVersion,
    Kind,
    Link,
    NewDocument,
    NewLink,
    RawText,
    Reading,
    Status,
    StatusChange,
    Subject,
)
from services.catalog.fields import RegionText, Search
from services.catalog.records import Record, after_name
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import ONE_PAGE, Cursor, Limit, Page, decode_cursor, number_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["documents"])
# More specific paths first: a document's id must not be taken for their words.
ROUTERS = (index, impact, router)

DocumentId = Annotated[UUID, Path(description="Document")]
ListId = Annotated[UUID, Path(description="List")]
# From a village to the nation there are six levels; twice that is a mistake in the data.
_DEEPEST = 12
_MOST_IN_CHAIN = 500


@router.get("/documents", operation_id="list_documents", summary="Normative documents")
async def list_documents(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, q: Search = None,
    number: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", description="文号, brackets as you like",
                                        examples=["冀政办函〔2014〕100号"])] = None,
    issuer: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", description="Part of it")] = None,
    kind: Kind | None = None, status: Status | None = None,
    region: Annotated[RegionText | None, Query(description="Of this region")] = None,
) -> Page[DocumentRow]:  # fmt: skip
    """Documents by title; `q` is a part of it, in any spelling citations use."""
    wanted = find_number(number) if number else None
    filters = {"number": wanted.text if wanted else number, "kind": kind, "status": status,
               "region_code": fields.region(region, "query/region") if region else None}  # fmt: skip
    rows = await repository.search(
        tx.connection, filters=filters, title=q, issuer=issuer, key=title_key(q) if q else None,
        after=after_name(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([shown.in_page(row) for row in rows], limit, lambda one: [one.title, one.id])


@router.post("/documents", operation_id="register_document", summary="Register a document", status_code=201,
             response_model=Document)  # fmt: skip
async def register_document(tx: Unit, staff: Staff, body: NewDocument) -> Response:
    """Its number is parsed, its text made readable, its articles found, and what it rests on looked up."""
    row = await service.register(tx, staff, body)
    return created(f"/catalog/v1/documents/{row['id']}", await _shown(tx, row), row["version"])


@router.post("/documents/readings", operation_id="read_document", summary="Make a text readable and read its head")
async def read_document(tx: Unit, staff: Staff, body: RawText) -> Reading:
    """Nothing is stored: what is proposed is checked by a person and then registered."""
    cleaned = normaliser.clean(body.text)
    return Reading(text=cleaned.text, converted=cleaned.converted, readings=cleaned.readings, masked=cleaned.masked,
                   dropped=list(cleaned.dropped), proposed=notices.proposal(cleaned.text))  # fmt: skip


@router.get("/documents/{document_id}", operation_id="get_document", summary="One document", response_model=Document)
async def get_document(tx: Unit, staff: Staff, document_id: DocumentId) -> Response:
    """A document with its text, and what it says of other documents."""
    row = await service.get(tx.connection, document_id)
    return with_etag(await _shown(tx, row), row["version"])


@router.put("/documents/{document_id}", operation_id="update_document", summary="Correct a document",
            response_model=Document)  # fmt: skip
async def update_document(
    tx: Unit, staff: Staff, document_id: DocumentId, body: DocumentChange, if_match: IfMatch = None
) -> Response:
    """Everything but its status; the former state stays readable as a version."""
    row = await _matched(tx, document_id, if_match)
    changed = await service.change(tx, staff, row, body)
    return with_etag(await _shown(tx, changed), changed["version"])


@router.post("/documents/{document_id}/status-changes", operation_id="change_document_status",
             summary="Say that a document was amended, suspended, reinstated, declared void or repealed",
             response_model=Document)  # fmt: skip
async def change_document_status(tx: Unit, staff: Staff, document_id: DocumentId, body: StatusChange) -> Response:
    """Every entry of every list that rests on it gets a finding with a due day (K23)."""
    row = await service.change_status(tx, staff, document_id, body)
    return with_etag(await _shown(tx, row), row["version"])


@router.get("/documents/{document_id}/versions", operation_id="list_document_versions", summary="History of a document")
async def list_document_versions(
    tx: Unit, staff: Staff, document_id: DocumentId, limit: Limit = 50, cursor: Cursor = None
) -> Page[DocumentVersion]:
    """What the register said, newest first, by whom and why."""
    await service.get(tx.connection, document_id)
    before = number_of(cursor, most=2**31 - 1) or None
    rows = await repository.versions(tx.connection, document_id, before=before, limit=limit + 1)
    return page_of([DocumentVersion(**row) for row in rows], limit, lambda one: [one.number])


@router.get("/documents/{document_id}/articles", operation_id="list_articles", summary="Articles of a document")
async def list_articles(
    tx: Unit, staff: Staff, document_id: DocumentId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Article]:
    """In the order of the document."""
    await service.get(tx.connection, document_id)
    after = number_of(cursor, most=2**31 - 1)
    rows = await repository.articles(tx.connection, document_id, after=after, limit=limit + 1)
    return page_of([Article(**row) for row in rows], limit, lambda one: [one.place])


@router.put("/documents/{document_id}/articles", operation_id="set_articles", summary="Set the articles of a document",
            response_model=Document)  # fmt: skip
async def set_articles(
    tx: Unit, staff: Staff, document_id: DocumentId, body: Articles, if_match: IfMatch = None
) -> Response:
    """Replace them; an article that stays keeps its status."""
    row = await _matched(tx, document_id, if_match)
    changed = await service.set_articles(tx, staff, row, body)
    return with_etag(await _shown(tx, changed), changed["version"])


@router.get(
    "/documents/{document_id}/chain",
    operation_id="get_document_chain",
    summary="What a document rests on",
    dependencies=[ONE_PAGE],
)
async def get_document_chain(
    tx: Unit, staff: Staff, document_id: DocumentId,
    direction: Annotated[Literal["up", "down"], Query(description="up: its superiors; down: what rests on it")] = "up",
) -> Page[ChainLink]:  # fmt: skip
    """The chain county - city - province - nation (QX-02), nearest first; one page."""
    await service.get(tx.connection, document_id)
    rows = await repository.chain(
        tx.connection, document_id, upwards=direction == "up", deepest=_DEEPEST, most=_MOST_IN_CHAIN
    )
    return Page(items=[shown.chain_link(row) for row in rows])


@router.get("/documents/{document_id}/links", operation_id="list_document_links", summary="What rests on a document")
async def list_document_links(
    tx: Unit, staff: Staff, document_id: DocumentId, limit: Limit = 50, cursor: Cursor = None,
    subject: Subject | None = None,
) -> Page[Link]:  # fmt: skip
    """Lists, deadlines and campaigns linked to it."""
    await service.get(tx.connection, document_id)
    return await _links(tx, {"document_id": document_id, "subject": subject}, cursor, limit)


@router.post("/documents/{document_id}/links", operation_id="link_document", summary="Link a document", status_code=201,
             response_model=Link)  # fmt: skip
async def link_document(tx: Unit, staff: Staff, document_id: DocumentId, body: NewLink) -> Response:
    """Note that a list, a deadline or a campaign rests on it."""
    row = await service.link(tx, staff, document_id, body)
    return created(f"/catalog/v1/documents/{document_id}/links", Link(**row))


@router.delete("/documents/{document_id}/links/{subject}/{subject_id}", operation_id="unlink_document", status_code=204,
               summary="Take a link back")  # fmt: skip
async def unlink_document(
    tx: Unit, staff: Staff, document_id: DocumentId, subject: Annotated[Subject, Path()],
    subject_id: Annotated[
        str, Path(max_length=100, pattern=r"^[0-9A-Za-z._:-]+$", examples=["0190a1f0-0000-7000-8000-000000000001"])
    ],
) -> Response:  # fmt: skip
    """The event keeps that it was there."""
    await service.unlink(tx, staff, document_id, subject, subject_id)
    return Response(status_code=204)


@router.get("/lists/{list_id}/documents", operation_id="list_documents_of_list", summary="Documents a list rests on")
async def list_documents_of_list(
    tx: Unit, staff: Staff, list_id: ListId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Link]:
    """The notices, plans and decisions linked to a list (QX-01)."""
    return await _links(tx, {"subject": "list", "subject_id": str(list_id)}, cursor, limit)


async def _links(tx: Unit, filters: dict[str, object], cursor: str | None, limit: int) -> Page[Link]:
    rows = await repository.links(tx.connection, filters=filters, after=_after_link(cursor), limit=limit + 1)
    return page_of([Link(**row) for row in rows], limit, lambda one: [one.document_id, one.subject, one.subject_id])


def _after_link(cursor: str | None) -> tuple[UUID, str, str] | None:
    if cursor is None:
        return None
    document_id, subject, subject_id = (str(part) for part in decode_cursor(cursor, 3))
    try:
        return UUID(document_id), subject, subject_id
    except ValueError:
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor") from None


async def _matched(tx: Unit, document_id: UUID, if_match: str | None) -> Record:
    row = await service.get(tx.connection, document_id, lock=True)
    require_match(if_match, row["version"])
    return row


async def _shown(tx: Unit, row: Record) -> Document:
    return shown.document(row, await repository.relations(tx.connection, row["id"]))
