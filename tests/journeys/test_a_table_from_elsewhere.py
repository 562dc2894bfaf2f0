"""An official brings a table as spreadsheets in offices write it: GB18030, with some rows that are wrong."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from shared.codes.item_code import BaseCode
from tests.journeys.county import new_list
from tests.journeys.stage import GROUNDS, TOWN, ZONE, Stage

PROFILE = {
    "code": "qingxian_permits", "title": "青县行政许可事项表", "source": "qingxian", "list_kinds": ["permit"],
    "target": "root",
    "columns": [
        {"element": "name", "columns": ["许可事项名称"], "transform": "text", "required": True},
        {"element": "base_code", "columns": ["基本编码"], "transform": "base_code", "required": True},
        {"element": "implementing_body", "columns": ["实施机关代码"], "transform": "organ", "required": True},
        {"element": "item_type", "transform": "constant", "value": "01"},
        {"element": "level", "transform": "constant", "value": "5"},
        {"element": "materials", "columns": ["申请材料"], "transform": "materials", "separator": "、"},
        {"element": "statutory_limit", "columns": ["法定时限"], "transform": "limit", "unit_column": "时限单位",
         "vocabulary": "limit_unit"},
    ],
    "vocabulary": {"limit_unit": {"工作日": "working_day", "自然日": "natural_day"}},
}  # fmt: skip
HEADER = ("许可事项名称", "基本编码", "实施机关代码", "申请材料", "法定时限", "时限单位")


def table(*rows: tuple[str, ...]) -> bytes:
    """The table as an office saves it."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return text.getvalue().encode("gb18030")


def code(number: int) -> str:
    """A base code of the township's."""
    return BaseCode.generate(area="13", type_code="01", department="45", main=number).value


def bring(stage: Stage, content: bytes, **more: str) -> Any:
    """Upload the table and wait for its end."""
    fields = {"profile": PROFILE["code"], "region_code": TOWN, **GROUNDS, **more}
    answer = stage.posts["qingdan-01"].upload("/catalog/v1/imports", "许可事项.csv", content, fields)
    assert answer.status_code == 202, answer.text
    stage.operation(answer.json())
    return stage.posts["qingdan-01"].get(f"/catalog/v1/imports/{answer.json()['operation_id']}")


@pytest.mark.req("QX-09", "ZL-07")
def test_a_table_in_gb18030_is_taken_row_by_row_and_what_is_wrong_comes_back_with_its_reason(stage: Stage) -> None:
    stage.admin.post("/catalog/v1/mapping-profiles", PROFILE)
    list_id = new_list(stage, "permit", TOWN, "approval")
    organ = stage.codes["approval"]
    content = table(
        ("农村宅基地审批㐂", code(1), organ, "申请书、身份证明", "20", "工作日"),
        ("临时用地审批", "12345", organ, "申请书", "20", "工作日"),
        ("采伐审批", code(2), "91350100M000100Y43", "申请书", "20", "工作日"),
        ("=HYPERLINK(1)", code(3), organ, "申请书", "x", "工作日"),
        ("乡村建设规划许可", code(4), organ, "申请书", "15", "自然日"),
    )
    tried = bring(stage, content, dry_run="true")
    assert (tried["counts"]["added"], tried["counts"]["applied"]) == (2, 0)
    done = bring(stage, content)
    assert done["state"] == "succeeded", done["error"]
    assert done["encoding"] == "gb18030"
    assert {key: done["counts"][key] for key in ("rows", "added", "rejected", "applied")} == {
        "rows": 5, "added": 2, "rejected": 3, "applied": 2,
    }  # fmt: skip
    names = {row["name"] for row in stage.admin.get(f"/catalog/v1/lists/{list_id}/items")["items"]}
    assert names == {"农村宅基地审批㐂", "乡村建设规划许可"}
    refused = rejects(stage, done["id"])
    assert [(row["行号"], row["列"]) for row in refused] == [
        ("3", "基本编码"), ("4", "实施机关代码"), ("5", "法定时限"),
    ]  # fmt: skip
    assert all(row["原因"] for row in refused)
    assert refused[2]["许可事项名称"] == "'=HYPERLINK(1)", "a spreadsheet must not run what it opens"
    again = bring(stage, content)
    assert (again["counts"]["unchanged"], again["counts"]["applied"]) == (2, 0)


def rejects(stage: Stage, import_id: str) -> list[dict[str, str]]:
    """The reject file as a spreadsheet reads it."""
    client = stage.posts["qingdan-01"]._clients["catalog"]
    answer = client.get(f"/catalog/v1/imports/{import_id}/rejects.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf"), "spreadsheets need the mark to read Chinese"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.req("QX-25")
def test_a_file_for_a_list_in_force_is_refused_with_the_way_to_go(stage: Stage) -> None:
    fields = {"profile": PROFILE["code"], "region_code": ZONE, **GROUNDS}
    answer = stage.posts["qingdan-01"].upload("/catalog/v1/imports", "x.csv", table(), fields)
    assert answer.status_code == 409, answer.text
    assert "调整程序" in answer.json()["detail"]
