"""An office fills in the template, puts right what was refused, and takes the list away as a spreadsheet."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from shared.codes.item_code import BaseCode
from tests.journeys.county import new_list
from tests.journeys.stage import GROUNDS, TOWN, Stage


def rows_of(content: bytes) -> list[list[Any]]:
    return [list(row) for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()]


def book(*rows: list[str]) -> bytes:
    target = io.BytesIO()
    workbook = xlsxwriter.Workbook(target)
    sheet = workbook.add_worksheet()
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write_string(number, place, cell)
    workbook.close()
    return target.getvalue()


def fetched(stage: Stage, path: str, **asked: str) -> list[list[Any]]:
    answer = stage.posts["qingdan-01"]._clients["catalog"].get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return rows_of(answer.content)


def bring(stage: Stage, content: bytes) -> Any:
    fields = {"profile": "template", "list_kind": "power", "region_code": TOWN, **GROUNDS}
    answer = stage.posts["qingdan-01"].upload("/catalog/v1/imports", "权力清单.xlsx", content, fields)
    assert answer.status_code == 202, answer.text
    return stage.operation(answer.json())["result"]


@pytest.mark.req("QX-07", "QX-09", "ZL-07")
def test_a_template_goes_out_comes_back_filled_in_and_the_list_leaves_as_it_is(stage: Stage) -> None:
    list_id = new_list(stage, "power", TOWN, "approval")
    header = fetched(stage, "/catalog/v1/kinds/power/template.xlsx", region=TOWN)[0]
    place = {title.removesuffix("*"): index for index, title in enumerate(header)}

    def row(number: int, **cells: str) -> list[str]:
        base = BaseCode.generate(area="13", type_code="02", department="45", main=number).value
        filled = [""] * len(header)
        given = {"基本编码": base, "行使层级": "镇（乡、街道）级", "事项类型": "行政处罚", **cells}
        for title, cell in given.items():
            filled[place[title]] = cell
        return filled

    name = next(title for title in place if title.endswith("名称"))
    body = next(title for title in place if title in ("行使主体", "实施主体"))
    result = bring(
        stage,
        book(header, row(1, **{name: "占道处罚", body: "青县行政审批局"}), row(2, **{name: "甲", body: "无此局"})),
    )
    assert (result["counts"]["added"], result["counts"]["rejected"]) == (1, 1), result
    refused = fetched(stage, result["rejects"])
    assert refused[0][-1] == "未通过原因"
    assert "无此局" in refused[1][-1]
    refused[1][place[body]] = stage.codes["approval"]
    assert bring(stage, book(*refused))["counts"]["added"] == 1
    exported = fetched(stage, f"/catalog/v1/lists/{list_id}/export.xlsx")
    assert sorted(line[place[name]] for line in exported[1:]) == ["占道处罚", "甲"]
    again = bring(stage, book(*[[str(cell) for cell in line] for line in exported]))
    assert (again["counts"]["unchanged"], again["counts"]["rows"]) == (2, 2)
