"""Files of documents on their way out: printed once the request's transaction is over, kept for the next who ask."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared import problems, telemetry
from shared.kept import Kept
from shared.paper import printing, web
from shared.paper.model import Paper
from shared.paper.printing import Order, Template
from shared.paper.refused import Refused

log = telemetry.get_logger(__name__)
Form = Literal["html", "json", "docx", "pdf"]
MEDIA_TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
# Changes with the form of what we ship: files that are kept elsewhere are asked for anew.
FORM_VERSION = 1
# Bytes that are kept of files already printed: some thousand guides of a county.
KEPT = 64 * 2**20
# Each printing takes a core for a moment; who comes later waits, and after a while is told to come again.
_AT_ONCE = 2
_PATIENCE = 15.0


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document in every form: the paper, its data, and the template that holds for a form that has one.

    Attributes
    ----------
    related : (id, hash) of published entries it shows beside the one it is about and the permit that specifies it.
    """

    paper: Paper
    data: Mapping[str, Any]
    template: Template | None = None
    related: Sequence[tuple[UUID, str]] = ()

    def digest(self, form: str) -> str:
        """What the file follows from: the same digest, the same bytes."""
        parts = (FORM_VERSION, form, self.template.sha256 if self.template else "", self.data, self.paper.as_dict())
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()


class Prints:
    """Printed files by digest, the ones asked for last, within a bound; and who may print at once.

    Reading begins with the published entry, so nothing that was withdrawn is found here however long it is kept.
    """

    def __init__(self) -> None:
        self._kept = Kept(KEPT)
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def file(self, document: Document, form: str) -> bytes:
        """The file of a document.

        Raises
        ------
        problems.Unavailable
            Too many are being printed.
        """
        digest = document.digest(form)
        if (found := self._kept.get(digest)) is not None:
            return found
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._turns.acquire()
        except TimeoutError:
            raise problems.Unavailable("正在生成的文件过多，请稍后再试。", code="busy") from None
        try:
            made = self._kept.get(digest) or await printed(document, form)
        finally:
            self._turns.release()
        self._kept.put(digest, made)
        return made


async def printed(document: Document, form: str) -> bytes:
    """A DOCX or PDF by a press of its own. A template that fails gives way to the shipped form."""
    order = order_of(document, form)
    try:
        async with printing.press(document.template) as printer:
            return await printer.printed(order)
    except Refused as refused:
        if document.template is None:
            raise problems.Unavailable("文件生成失败，请稍后再试。", code=refused.code) from refused
        log.warning("template failed", template=document.template.sha256, kind=document.paper.kind, code=refused.code)
    async with printing.press() as printer:
        return await printer.printed(order)


def order_of(document: Document, form: str) -> Order:
    """What a press is told."""
    return Order(act="page" if form == "pdf" else "word", paper=document.paper, data=document.data)


class PrintedResponse(Response):
    """A document in one form; DOCX and PDF are printed while no transaction waits for it."""

    def __init__(self, request: Request, document: Document, form: Form, *, public: bool = True) -> None:
        digest = document.digest(form)
        headers = {
            "ETag": f'"{digest}"', "Vary": "Accept", "X-Content-Type-Options": "nosniff",
            "Cache-Control": "public, no-cache" if public else "private, no-store",
            "Content-Security-Policy": web.POLICY,
        }  # fmt: skip
        if form in ("docx", "pdf"):
            headers["Content-Disposition"] = disposition(document.paper.title, form)
        self._request, self._document, self._form = request, document, form
        self._same = _names(request.headers.get("if-none-match", ""), digest)
        content = b"" if self._same or form in ("docx", "pdf") else _text(document, form)
        super().__init__(content, 304 if self._same else 200, headers, MEDIA_TYPES[form])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Print what has to be printed, then send it; what goes wrong is still told as a problem."""
        if self._form in ("docx", "pdf") and not self._same:
            prints: Prints = self._request.app.state.prints
            self.body = await prints.file(self._document, self._form)
            self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def disposition(name: str, form: str) -> str:
    """How a browser calls the file."""
    return f"inline; filename=\"document.{form}\"; filename*=UTF-8''{quote(f'{name}.{form}', safe='')}"


def chosen(accept: str) -> Form:
    """The form a caller accepts best (RFC 9110 section 12.5.1), the page when it does not say."""
    best: tuple[float, Form] | None = None
    for part in accept.split(",")[:20]:
        media, _, rest = part.strip().partition(";")
        weight = _weight(rest)
        form = _FORMS.get(media.strip().lower())
        if form and weight > 0 and (best is None or weight > best[0]):
            best = (weight, form)
    return best[1] if best else "html"


_FORMS: Mapping[str, Form] = {
    "text/html": "html",
    "application/json": "json",
    "application/pdf": "pdf",
    MEDIA_TYPES["docx"]: "docx",
}


def _weight(parameters: str) -> float:
    for one in parameters.split(";"):
        name, _, value = one.strip().partition("=")
        if name.lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _text(document: Document, form: str) -> bytes:
    return web.page(document.paper) if form == "html" else orjson.dumps(document.data)


def _names(given: str, digest: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in given.split(",")]
    return f'"{digest}"' in tags or "*" in tags
