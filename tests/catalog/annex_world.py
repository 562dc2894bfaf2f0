"""Annexes of a list, fetched and read the way readers of each format do."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any
from uuid import UUID

import docx
import orjson
import pypdf
from python_calamine import CalamineWorkbook

from services.catalog.items import repository as items
from shared import clock
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from tests.catalog.import_world import PROVINCE, PROVINCE_ORGAN, ImportWorld

FORMATS = ("xlsx", "csv", "json", "docx", "html", "pdf")


def entry(world: ImportWorld, number: int, organ: str | None = PROVINCE_ORGAN, **more: Any) -> dict[str, Any]:
    base = f"4401{number // 1000 + 40:02d}{number % 1000:03d}000"
    elements = {
        "name": f"采砂许可{number}", "base_code": base, "implementation_code": f"{organ or PROVINCE_ORGAN}2{base}",
        "handling_item": "", "item_type": "01", "level": "2", "state": "in_use",
        "basis": [{"document": "中华人民共和国水法", "kind": "set", "document_kind": "law", "article": "第三十九条"}],
    }  # fmt: skip
    if organ:
        elements["implementing_body"] = str(world.organs[organ])
    return elements | more


async def enter(world: ImportWorld, entries: list[dict[str, Any]], kind: str = "permit") -> list[UUID]:
    ids = [new_id() for _ in entries]
    async with begin(world.service, service="catalog", actor="system:test") as tx:
        await items.create_items(
            tx.connection,
            items.Entries(item_ids=ids, list_ids=[world.lists[kind, PROVINCE]] * len(ids), elements=entries,
                          effective_ats=[clock.now()] * len(ids), operation="import"),
        )  # fmt: skip
    return ids


async def fetch(world: ImportWorld, form: str, **asked: Any) -> bytes:
    list_id = asked.pop("list_id", world.lists["permit", PROVINCE])
    answer = await world.client.get(
        f"/catalog/v1/lists/{list_id}/annex.{form}", params=asked, headers=world.token(), timeout=60
    )
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return answer.content


def table_of(form: str, content: bytes) -> list[list[str]]:
    """Header and rows of an annex as a reader of the format finds them."""
    match form:
        case "xlsx":
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            rows = book.get_sheet_by_name("清单").to_python()
            return [[str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
        case "csv":
            return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        case "json":
            document = orjson.loads(content)
            return [document["columns"], *([str(one["serial"]), *one["cells"]] for one in document["entries"])]
        case "docx":
            [table] = docx.Document(io.BytesIO(content)).tables
            return [[cell.text for cell in row.cells] for row in table.rows]
        case "html":
            rows = re.findall(r"<tr>(.*?)</tr>", content.decode(), re.DOTALL)
            return [[unescape(cell) for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]
    raise AssertionError(form)


def cover_of(form: str, content: bytes) -> list[str]:
    """What stands before the table, line by line."""
    if form == "docx":
        return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [str(cell) for row in book.get_sheet_by_name(book.sheet_names[0]).to_python() for cell in row]


def text_of(pdf: bytes) -> str:
    """What somebody who selects the pages of a PDF copies, without blanks."""
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
