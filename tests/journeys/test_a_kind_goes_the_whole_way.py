"""A kind of list that a county thinks of goes every way the built-in ones go, and no line of code knows it (QX-39)."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from deploy.demo.people import Refused
from tests.journeys import entries
from tests.journeys.county import enter, new_list
from tests.journeys.stage import COUNTY, DECISION, GROUNDS, PERMITS, Stage, modify
from tests.journeys.test_a_new_kind_of_list import adopt, rule

PERMIT = "烟花爆竹经营许可"
KIND = "sector_credit"
ELEMENTS = [
    {"key": "name", "title": "信用监管事项", "type": "text", "mandatory": True},
    {"key": "base_code", "title": "对应许可基本编码", "type": "base_code"},
    {"key": "implementing_body", "title": "监管实施机关", "type": "organ", "mandatory": True},
    {"key": "handling_item", "title": "业务办理项序号", "type": "serial"},
    {"key": "permit_name", "title": "对应许可事项名称", "type": "text", "inherited": True},
    {"key": "service_objects", "title": "服务对象", "type": "choices",
     "vocabulary": {"enterprise": "企业法人", "natural_person": "自然人"}},
    {"key": "grade", "title": "信用等级", "type": "choice", "vocabulary": {"A": "守信", "D": "失信"}},
    {"key": "measures", "title": "激励惩戒措施", "type": "rows", "columns": [
        {"key": "name", "title": "措施", "type": "text", "mandatory": True},
        {"key": "years", "title": "年限", "type": "integer"}]},
    {"key": "internal_note", "title": "内部备注", "type": "text", "public": False,
     "withheld_because": "internal_affairs"},
]  # fmt: skip


def rows_of(content: bytes) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]


def fetched(stage: Stage, path: str, **asked: str) -> list[list[Any]]:
    answer = stage.posts["qingdan-01"]._clients["catalog"].get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return rows_of(answer.content)


def brought(stage: Stage, *rows: list[str]) -> Any:
    """The result of importing a filled template."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    fields = {"profile": "template", "list_kind": KIND, "region_code": COUNTY, **GROUNDS}
    answer = stage.posts["qingdan-01"].upload("/catalog/v1/imports", "信用清单.xlsx", target.getvalue(), fields)
    assert answer.status_code == 202, answer.text
    return stage.operation(answer.json())["result"]


def from_a_spreadsheet(stage: Stage) -> None:
    """The kind has a template; of two rows filled in, the one that says what no vocabulary knows is refused."""
    header = fetched(stage, f"/catalog/v1/kinds/{KIND}/template.xlsx", region=COUNTY)[0]
    place = {title.removesuffix("*"): index for index, title in enumerate(header)}
    filled = [""] * len(header)
    for title, cell in {"信用监管事项": "印刷信用监管", "监管实施机关": "青县市场监督管理局", "信用等级": "失信",
                        "服务对象": "企业法人、自然人"}.items():  # fmt: skip
        filled[place[title]] = cell
    wrong = list(filled)
    wrong[place["信用等级"]] = "很好"
    result = brought(stage, header, filled, wrong)
    assert (result["counts"]["added"], result["counts"]["rejected"]) == (1, 1), result


def downgraded(stage: Stage, entry: str) -> None:
    """An entry of the kind changes by the procedure that the county chose for the kind."""
    bound = {"region_code": COUNTY, "kinds": ["modify"], "list_kind": KIND, "template_code": "with_legality_review",
             "source": "县政府办公室文件"}  # fmt: skip
    stage.admin.post("/workflow/v1/procedure-bindings", bound)
    stage.settle()

    opened = stage.open(modify(entry, grade="D"))
    stage.submit(opened["id"])
    steps = stage.admin.get(f"/workflow/v1/adjustments/{opened['id']}")["steps"]
    assert "legality" in [step["act"] for step in steps]
    stage.act("fuze-01", opened["id"], "sign", {"seal": {"reference": "档案号 2026-001"}})
    stage.act("shengai-01", opened["id"], "review", {"outcome": "pass", "opinion": "一致"})
    stage.act("fazhi-01", opened["id"], "legality", {"verdict": "legal", "opinion": "合法"})
    stage.decide(opened["id"])
    assert stage.wait_for(opened["id"], "effective", "conflict")["state"] == "effective"
    stage.settle()


def taken_away(stage: Stage, list_id: str) -> list[str]:
    """The names in the export of the list."""
    exported = fetched(stage, f"/catalog/v1/lists/{list_id}/export.xlsx")
    return sorted(line[exported[0].index("信用监管事项*")] for line in exported[1:])


@pytest.mark.req("QX-39")
def test_a_list_nobody_foresaw_is_defined_filled_decided_published_read_and_taken_away(stage: Stage) -> None:
    number = PERMITS.index(PERMIT) + 1
    lead = stage.posts["qingdan-01"]
    with pytest.raises(Refused) as refused:
        stage.posts["bianzhi-01"].post("/catalog/v1/kinds", {"code": KIND, "title": "x", "elements": ELEMENTS})
    assert refused.value.status == 403, "a compiler defines no kinds"
    body = {"code": KIND, "title": "行业信用监管清单", "elements": ELEMENTS, "region_code": COUNTY, **GROUNDS}
    assert lead.post("/catalog/v1/kinds", body)["region_code"] == COUNTY
    list_id = new_list(stage, KIND, COUNTY, "approval", "market")
    typed = {
        "name": "出版物零售信用监管", "base_code": entries.base_code(number), "permit_name": PERMIT, "grade": "A",
        "implementing_body": stage.organs["approval"], "service_objects": ["enterprise"], "internal_note": "内部",
        "measures": [{"name": "容缺受理", "years": 1}],
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        enter(stage, list_id, [typed | {"measures": [{"years": 1}]}])
    assert refused.value.problem["errors"][0]["pointer"] == "/items/0/elements/measures/0/name"
    (entry,) = enter(stage, list_id, [typed])

    from_a_spreadsheet(stage)
    checked = stage.operation(stage.admin.post("/catalog/v1/quality-check", {"list_id": list_id}))["result"]
    assert (checked["entries"], checked["opened"]) == (2, 0)
    stage.posts["zhengfu-01"].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": DECISION, **GROUNDS})
    adopt(stage, rule("X39", KIND))
    downgraded(stage, entry)
    assert stage.elements(entry)["grade"] == "D"

    stage.carry(modify(stage.permits[PERMIT], name="烟花爆竹经营许可（含网络）"))
    shown = stage.public(f"/items/{entry}").json()
    assert (shown["kind_title"], shown["elements"]["grade"]) == ("行业信用监管清单", "D")
    assert shown["elements"]["permit_name"] == "烟花爆竹经营许可（含网络）"
    assert shown["elements"]["measures"] == [{"name": "容缺受理", "years": 1}]
    assert "internal_note" not in shown["elements"]
    lists = stage.public("/lists", params={"kind": KIND}).json()["items"]
    assert [row["region_code"] for row in lists] == [COUNTY]
    assert any(event["subject"] == f"{KIND}/{entry}" for event in stage.feed())

    assert taken_away(stage, list_id) == ["出版物零售信用监管", "印刷信用监管"]
    history = stage.admin.get(f"/catalog/v1/items/{entry}/versions")["items"]
    assert [row["operation"] for row in history][:2] == ["sync", "modify"]
