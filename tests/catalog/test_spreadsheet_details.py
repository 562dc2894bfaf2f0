"""Sub-tables on sheets of their own: materials, fees and steps come in with their entries and go out again."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from services.catalog.spreadsheets.forms import DETAILS
from services.catalog.spreadsheets.rules import EXAMPLE, IDENTITY, NUMBER
from shared.identifiers import new_id
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import PROVINCE, PROVINCE_ORGAN, ImportWorld
from tests.catalog.test_spreadsheets import XLSX, enter, permit, template

__all__ = ["world"]

Sheets = Mapping[str, Sequence[Sequence[Any]]]
STEPS = {
    "key": "process_steps", "title": "办理流程", "type": "rows", "columns": [
        {"key": "name", "title": "环节名称", "type": "text", "mandatory": True},
        {"key": "stage", "title": "所属环节", "type": "choice", "vocabulary": {"accept": "受理", "decide": "决定"}},
        {"key": "limit", "title": "环节时限", "type": "limit"},
        {"key": "special", "title": "是否特殊环节", "type": "boolean"},
        {"key": "amount", "title": "金额", "type": "decimal"},
    ],
}  # fmt: skip


def sheets_of(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def book_of(sheets: Sheets) -> bytes:
    """A workbook as an office saves it."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell not in ("", None):
                    sheet.write_string(number, place, str(cell))
    book.close()
    return target.getvalue()


async def new_kind(world: ImportWorld) -> tuple[str, UUID]:
    """A kind whose entries have steps with declared columns, and a list of it that is being compiled."""
    code = f"kind_{uuid4().hex[:8]}"
    await world.run(
        "INSERT INTO qingdan.list_kind (code, title, origin) VALUES (:code, '流程清单', 'custom')", code=code
    )
    elements = [
        {"key": "name", "title": "事项名称", "type": "text", "mandatory": True},
        {"key": "materials", "title": "申请材料", "type": "materials"}, STEPS,
    ]  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.element_profile (id, kind, number, valid_from, elements)"
        " VALUES (:id, :kind, 1, '2020-01-01', CAST(:elements AS jsonb))",
        id=new_id(), kind=code, elements=orjson.dumps(elements).decode(),
    )  # fmt: skip
    return code, await world.new_list(code, PROVINCE, world.organs[PROVINCE_ORGAN])


def filled(template_sheets: dict[str, list[list[Any]]], **rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The template with rows by title under the header of each sheet; sheets without rows keep their header."""
    made = {}
    for name, given in template_sheets.items():
        header = given[0] if given else []
        titles = [str(title).removesuffix("*") for title in header]
        made[name] = [header, *given[1:2], *([[row.get(title, "") for title in titles] for row in rows.get(name, ())])]
    return made


async def bring(world: ImportWorld, kind: str, sheets: Sheets, **more: Any) -> Any:
    headers = {**world.token(), "content-type": XLSX}
    asked = {"profile": "template", "list_kind": kind, "region_code": PROVINCE} | more
    return await world.imported(book_of(sheets), headers=headers, **asked)


async def exported(world: ImportWorld, list_id: UUID) -> dict[str, list[list[Any]]]:
    answer = await world.client.get(f"/catalog/v1/lists/{list_id}/export.xlsx", headers=world.token())
    assert answer.status_code == 200, answer.text
    return sheets_of(answer.content)


@pytest.mark.req("ZL-42")
async def test_a_template_has_a_sheet_for_each_sub_table_and_all_are_read_together(world: ImportWorld) -> None:
    kind, list_id = await new_kind(world)
    blank = sheets_of(await template(world, kind))
    assert list(blank)[:3] == ["流程清单", "申请材料", "办理流程"]
    assert blank["办理流程"][0] == [NUMBER, "环节名称*", "所属环节", "环节时限", "是否特殊环节", "金额", IDENTITY]
    assert blank["办理流程"][1][0] == EXAMPLE
    made = filled(
        blank,
        流程清单=[{"序号": "1", "事项名称": "采砂许可"},
              {"序号": "2", "事项名称": "取水许可", "申请材料": "申请表、地图（非必要）"},
              {"序号": "3", "事项名称": "无明细"}],
        申请材料=[{"序号": "1", "材料名称": "申请书", "必要性": "必要", "原件份数": "2"},
              {"序号": "1", "材料名称": "甲、乙二方合同"}],
        办理流程=[{"序号": "2", "环节名称": "受理", "所属环节": "受理", "环节时限": "1个工作日"},
              {"序号": "1", "环节名称": "决定", "所属环节": "决定", "是否特殊环节": "否", "金额": "10.50"},
              {"序号": "2", "环节名称": "审批"}],
    )  # fmt: skip
    done = await bring(world, kind, made)
    assert (done["result"]["counts"]["added"], done["result"]["counts"]["rejected"]) == (3, 0), done["result"]
    entries = {item["name"]: item["elements"] for item in await world.items(kind)}
    assert entries["采砂许可"]["materials"] == [
        {"name": "申请书", "necessity": "required", "originals": 2}, {"name": "甲、乙二方合同"},
    ]  # fmt: skip
    assert entries["采砂许可"]["process_steps"] == [
        {"name": "决定", "stage": "decide", "special": False, "amount": "10.50"}
    ]
    assert entries["取水许可"]["materials"] == [
        {"name": "申请表", "necessity": "required"}, {"name": "地图", "necessity": "optional"},
    ]  # fmt: skip
    assert entries["取水许可"]["process_steps"] == [
        {"name": "受理", "stage": "accept", "limit": {"amount": 1, "unit": "working_day"}}, {"name": "审批"},
    ]  # fmt: skip
    assert "process_steps" not in entries["无明细"]
    again = await bring(world, kind, await exported(world, list_id))
    assert (again["result"]["counts"]["unchanged"], again["result"]["counts"]["rows"]) == (3, 3), again["result"]


async def test_what_is_edited_on_a_sub_sheet_changes_that_sub_table_alone(world: ImportWorld) -> None:
    kind, list_id = await new_kind(world)
    blank = sheets_of(await template(world, kind))
    made = filled(
        blank, 流程清单=[{"序号": str(n), "事项名称": f"事项{n}"} for n in (1, 2, 3)],
        申请材料=[{"序号": str(n), "材料名称": f"材料{n}"} for n in (1, 2, 3)],
        办理流程=[{"序号": str(n), "环节名称": f"环节{n}"} for n in (1, 2, 3)],
    )  # fmt: skip
    await bring(world, kind, made)
    out = await exported(world, list_id)
    main = next(iter(out.values()))
    assert {row[main[0].index("申请材料")] for row in main[1:]} == {DETAILS}
    steps = out["办理流程"]
    place = steps[0].index("环节名称*")
    steps[1][place] = "新环节"
    removed = steps.pop(2)
    del out["申请材料"]
    done = await bring(world, kind, out)
    result = done["result"]
    assert (result["counts"]["changed"], result["counts"]["unchanged"]) == (2, 1), result["differences"]
    assert set(result["changed_elements"]) == {"process_steps"}
    entries = {str(item["id"]): item["elements"] for item in await world.items(kind)}
    assert "process_steps" not in entries[removed[-1]]
    assert entries[steps[1][-1]]["process_steps"] == [{"name": "新环节"}]
    assert all(one["materials"] for one in entries.values()), "a sheet that is not there says nothing"


async def test_rows_that_no_entry_claims_and_wrong_cells_are_told_with_their_place(world: ImportWorld) -> None:
    kind, _ = await new_kind(world)
    blank = sheets_of(await template(world, kind))
    lost = filled(blank, 流程清单=[{"序号": "1", "事项名称": "甲"}], 办理流程=[{"序号": "7", "环节名称": "受理"}])
    done = await bring(world, kind, lost)
    assert done["state"] == "failed"
    assert "“办理流程”表第3行" in done["error"]
    assert await world.items(kind) == []
    wrong = filled(
        blank,
        流程清单=[{"序号": "1", "事项名称": "时限错"}, {"序号": "2", "事项名称": "两处", "申请材料": "申请表"},
              {"序号": "3", "事项名称": "重号甲"}, {"序号": "3", "事项名称": "重号乙"},
              {"序号": "5", "事项名称": "缺名称"}, {"序号": "6", "事项名称": "好"}],
        办理流程=[{"序号": "1", "环节名称": "受理", "环节时限": "5天"}, {"序号": "3", "环节名称": "受理"},
              {"序号": "5", "所属环节": "受理"}, {"序号": "6", "环节名称": "受理"}],
        申请材料=[{"序号": "2", "材料名称": "另一份"}],
    )  # fmt: skip
    done = await bring(world, kind, wrong)
    assert (done["result"]["counts"]["added"], done["result"]["counts"]["rejected"]) == (2, 4), done["result"]
    rows = await world.run(
        "SELECT errors -> 0 ->> 'code' AS code, errors -> 0 ->> 'message' AS message FROM qingdan.import_outcome"
        " WHERE operation_id = :id AND outcome = 'rejected' ORDER BY row",
        id=done["id"],
    )
    assert [row["code"] for row in rows][:3] == ["limit_unit_ambiguous", "given_twice", "serial_twice"]
    assert "“办理流程”表第3行" in rows[0]["message"]
    assert "环节名称" in rows[3]["message"]


async def test_whatever_the_rows_of_a_sub_table_hold_an_export_brings_it_back(world: ImportWorld) -> None:
    weird = ["", " 前后 ", "JSON:[1]", "=1+1", "多\n行", "𠮷㐂", "是"]
    rows = [{"name": f"材料{n}", "notes": text, "more": {"a": [n]}} for n, text in enumerate(weird)]
    basis = [{"document": "某法", "kind": "set", "document_kind": "law", "article": "一", "x": 1}]
    entries = [permit(world, 1, materials=rows), permit(world, 2, materials=[]), permit(world, 3, materials=None),
               permit(world, 4, basis=basis)]  # fmt: skip
    await enter(world, "permit", PROVINCE, [{k: v for k, v in one.items() if v is not None} for one in entries])
    out = await exported(world, world.lists["permit", PROVINCE])
    done = await bring(world, "permit", out)
    assert done["result"]["counts"]["unchanged"] == 4, done["result"]["differences"]
