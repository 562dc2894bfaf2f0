"""A small service made of the kit: one entry per thing that can go wrong between a client and the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import bindparam, text
from sqlalchemy.types import BigInteger

from shared import problems, settings
from shared.http.app import create_app
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, decode_cursor
from shared.http.routing import Anyone, Staff, Unit, transactional_router
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer
from shared.ledger.envelope import NewEvent
from shared.settings import Settings

NOTES = "/catalog/v1/notes"
MEMBERS = {"type", "title", "status", "code", "detail", "instance", "errors"}
router = transactional_router(prefix=NOTES, tags=["notes"])


class Note(BaseModel):
    """Something to write down."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=100)
    number: int = 0
    elements: dict[str, Any] = Field(default_factory=dict)


@router.post("", operation_id="write_note", summary="Write a note")
async def write_note(note: Note, tx: Unit, who: Staff, size: int = 0, state: str = "new") -> Response:
    event_id = tx.append(NewEvent(type="note.written", refs={"title": note.title, **note.elements}))
    await tx.connection.execute(
        text("SELECT :number").bindparams(bindparam("number", type_=BigInteger)), {"number": note.number}
    )
    if state == "refused":
        raise problems.IllegalTransition("不能在此状态下登记。", allowed=["withdraw"])
    if state == "decided":
        raise problems.Conflict("存在冲突，已转交审定人。", code="adjustment_conflict", decided=True)
    if state == "forbidden":
        who.require("administrator", region=["440000000000"])
    answer = Note(title=note.title, elements={"id": str(event_id), "long": "长" * size})
    return created(f"/catalog/v1/notes/{event_id}", answer, 1)


@router.put("/{note_id}", operation_id="change_note", summary="Change a note")
async def change_note(note_id: UUID, note: Note, tx: Unit, who: Staff, match: IfMatch = None) -> Response:
    require_match(match, 3)
    return with_etag(note, 4)


@router.get("", operation_id="list_notes", summary="List notes")
async def list_notes(
    tx: Unit,
    who: Anyone,
    q: str = "",
    after: int = 0,
    kind: Annotated[list[str] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    if cursor:
        decode_cursor(cursor, 2)
    found = await tx.connection.execute(
        text("SELECT :q, :after").bindparams(bindparam("after", type_=BigInteger)), {"q": q, "after": after}
    )
    return {"items": [list(found.one())], "who": who.login if who else None}


@router.post("/breaks", operation_id="break", summary="Break")
async def break_down(tx: Unit, how: str = "bug") -> None:
    tx.append(NewEvent(type="note.broken"))
    await tx.write_events()
    match how:
        case "bug":
            raise RuntimeError("secret detail of the inside")
        case "connection":
            await tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        case "duplicate":
            await tx.connection.execute(text("INSERT INTO qingdan.region (code) VALUES (NULL)"))
        case "timeout":
            await tx.connection.execute(text("SET LOCAL statement_timeout = 10"))
            await tx.connection.execute(text("SELECT pg_sleep(5)"))


@router.get("/writes", operation_id="write_on_read", summary="Write on a GET")
async def write_on_read(tx: Unit) -> None:
    tx.append(NewEvent(type="note.read"))


def token(configured: Settings, account: UUID | None = None, **options: Any) -> str:
    """A good token of a compiler in Guangdong."""
    grants = (Grant("compiler", "440000000000"),)
    principal = Principal(account or uuid4(), "bianzhi", "编制人员", None, grants)
    return TokenIssuer(configured.secrets, minutes=15).issue(principal, **options)


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


@asynccontextmanager
async def serving(configured: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """The service on the given database, and a client that talks to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "load", lambda: configured)
        app = create_app(service="catalog", title="Notes", routers=[router])
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                yield app, client


def problem(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem document of an answer that has to be one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    document: dict[str, Any] = response.json()
    assert document.keys() >= MEMBERS
    assert document["status"] == status
    assert code is None or document["code"] == code
    assert "Traceback" not in response.text
    return document
