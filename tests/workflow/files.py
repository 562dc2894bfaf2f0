"""Small whole files of every format that is taken, and some that only look so."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from tests.workflow.world import World

ATTACHMENTS = "/workflow/v1/attachments"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20) + b"\xff\xd9"
TEXT = "会议纪要：同意。".encode()
TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def pdf(inside: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<</Type/Catalog" + inside + b">>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def pdf_with_packed(objects: bytes) -> bytes:
    """Objects in a compressed stream, as most writers of PDF do."""
    packed = zlib.compress(objects)
    head = b"2 0 obj\n<</Type/ObjStm/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed)
    return pdf().replace(b"trailer", head + packed + b"\nendstream\nendobj\ntrailer")


def package(*parts: str, **content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for part in parts:
            file.writestr(part, content.get(part.rpartition("/")[2].replace(".", "_"), b"<x/>"))
    return made.getvalue()


def docx(*more: str, **content: bytes) -> bytes:
    return package("[Content_Types].xml", "word/document.xml", *more, **content)


def xlsx(*more: str) -> bytes:
    return package("[Content_Types].xml", "xl/workbook.xml", *more)


def ofd(*more: str) -> bytes:
    return package("OFD.xml", "Doc_0/Document.xml", *more)


async def upload(
    world: World, who: str | None, adjustment_id: str, name: str, content: bytes, query: str = "", **headers: str
) -> Any:
    """A file sent as a form."""
    if who is not None:
        headers["Authorization"] = f"Bearer {world.token(who)}"
    path = f"{ATTACHMENTS}?adjustment_id={adjustment_id}{query}"
    return await world.client.post(path, files={"file": (name, content)}, headers=headers)


async def attached(world: World, who: str, adjustment_id: str, name: str = "纪要.pdf", content: bytes = b"") -> Any:
    answer = await upload(world, who, adjustment_id, name, content or pdf())
    assert answer.status_code == 201, answer.text
    return answer.json()
