"""Asking for documents: who asks, what a file says, and operations run to their end."""

import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import docx
import httpx
import pypdf
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.documents.bundles import jobs
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer
from shared.ledger import operations
from shared.settings import Settings
from tests.publish.world import REGION

KINDS = {kind.kind: kind for kind in jobs.OPERATIONS}


def headers(configured: Settings, role: str, *, region: str = REGION, organ: UUID | None = None) -> dict[str, str]:
    person = Principal(new_id(), role, role, organ, (Grant(role, region, organ),))
    return {"Authorization": f"Bearer {TokenIssuer(configured.secrets, minutes=15).issue(person)}"}


def words(text: str) -> str:
    """A text without its breaks: a cell of a PDF goes on in the next line."""
    return "".join(text.split())


def text_of_pdf(content: bytes) -> str:
    return words("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))


def text_of_docx(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return words("".join([*(one.text for one in document.paragraphs), *cells]))


async def done(engine: AsyncEngine, operation: str) -> Mapping[str, Any]:
    """The operation after a worker has had it."""
    await operations.execute(engine, "publish", KINDS, UUID(operation))
    async with engine.connect() as connection:
        return (await operations.find(connection, UUID(operation), "publish"))._mapping


async def started(portal: httpx.AsyncClient, who: dict[str, str], **body: Any) -> str:
    answer = await portal.post("/publish/v1/documents", json=body, headers=who)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["operation_id"])
