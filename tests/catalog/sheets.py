"""Entries of a list, its export over HTTP, and what stands in a spreadsheet."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from python_calamine import CalamineWorkbook

from services.catalog.items import repository as items
from shared import clock
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from tests.catalog.import_world import PROVINCE_ORGAN, ImportWorld


def rows_of(content: bytes, sheet: int = 0) -> list[list[Any]]:
    return [
        list(row) for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python()
    ]


async def export(world: ImportWorld, list_id: UUID, headers: dict[str, str] | None = None, **asked: Any) -> bytes:
    answer = await world.client.get(
        f"/catalog/v1/lists/{list_id}/export.xlsx", params=asked, headers=headers or world.token()
    )
    assert answer.status_code == 200, answer.text
    return answer.content


async def enter(world: ImportWorld, kind: str, region: str, entries: list[dict[str, Any]]) -> list[UUID]:
    ids = [new_id() for _ in entries]
    async with begin(world.service, service="catalog", actor="system:test") as tx:
        await items.create_items(
            tx.connection,
            items.Entries(item_ids=ids, list_ids=[world.lists[kind, region]] * len(ids), elements=entries,
                          effective_ats=[clock.now()] * len(ids), operation="import"),
        )  # fmt: skip
    return ids


def permit(world: ImportWorld, number: int, **more: Any) -> dict[str, Any]:
    base = f"4401{number // 1000 + 40:02d}{number % 1000:03d}000"
    return {
        "name": f"事项{number}", "base_code": base, "implementation_code": f"{PROVINCE_ORGAN}2{base}",
        "handling_item": "", "item_type": "01", "level": "2", "implementing_body": str(world.organs[PROVINCE_ORGAN]),
        "basis": [{"document": "食品安全法", "kind": "set", "document_kind": "law", "article": "第35条"}],
        "materials": [{"name": "申请表", "necessity": "required"}], "conditions": ["有场所", "有设施"],
        "statutory_limit": {"amount": 20, "unit": "working_day"}, "state": "in_use",
    } | more  # fmt: skip
