"""Spreadsheets over HTTP: a template is filled in and imported, rejects are corrected, an export changes nothing."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import orjson
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from services.catalog.spreadsheets.rules import EXAMPLE, IDENTITY, NUMBER
from shared.identifiers import new_id
from shared.identity.principal import Grant
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY, PROVINCE, PROVINCE_ORGAN, ImportWorld
from tests.catalog.sheets import enter, export, permit, rows_of

__all__ = ["world"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE = {"profile": "template", "list_kind": "permit", "region_code": PROVINCE}


def filled(header: list[str], *rows: dict[str, Any]) -> bytes:
    """The spreadsheet as an office saves it: the template's header, an example, rows by title with or without mark."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    places = {title.removesuffix("*"): place for place, title in enumerate(header)}
    for place, title in enumerate(header):
        sheet.write_string(0, place, title)
    for number, row in enumerate(rows, 1):
        for title, value in row.items():
            if isinstance(value, str):
                sheet.write_string(number, places[title.removesuffix("*")], value)
            else:
                sheet.write(number, places[title.removesuffix("*")], value)
    book.close()
    return target.getvalue()


async def template(world: ImportWorld, kind: str = "permit", region: str | None = PROVINCE) -> bytes:
    asked = {"region": region} if region else {}
    answer = await world.client.get(f"/catalog/v1/kinds/{kind}/template.xlsx", params=asked, headers=world.token())
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == XLSX
    return answer.content


async def organ_name(world: ImportWorld) -> str:
    """A name only the province's organ has."""
    await world.run("UPDATE qingdan.organ SET name = '省级许可机关', region_code = :region WHERE id = :id",
                    id=world.organs[PROVINCE_ORGAN], region=PROVINCE)  # fmt: skip
    return "省级许可机关"


def row(number: int, organ: str, **more: Any) -> dict[str, Any]:
    base = f"440133{number:03d}000"
    return {
        "序号": number, "许可事项名称": f"许可{number}", "基本编码": base, "实施编码": f"{PROVINCE_ORGAN}2{base}",
        "事项类型": "行政许可", "行使层级": "省级", "实施机关": organ, "法定办结时限": "20个工作日",
        "申请材料": "申请表、照片（非必要）", "服务对象": "自然人、企业法人", "是否网上办理": "是", "到办事现场次数": 1,
        "设定和实施依据": "设定依据｜法律｜中华人民共和国食品安全法｜第三十五条",
    } | more  # fmt: skip


@pytest.mark.req("QX-09")
async def test_a_template_is_filled_in_imported_its_rejects_corrected_and_imported_again(world: ImportWorld) -> None:
    name = await organ_name(world)
    header, example, *_ = rows_of(await template(world))
    assert example[header.index(NUMBER)] == EXAMPLE
    sound, wrong = row(1, name), row(2, PROVINCE_ORGAN, 法定办结时限="20天", 实施机关="没有的局")
    shown = {"序号": EXAMPLE, "许可事项名称": "示例事项"}
    third = row(3, PROVINCE_ORGAN.lower(), 许可事项名称="=HYPERLINK(1)")
    content = filled(header, shown, sound, {}, wrong, third)
    done = await world.imported(content, headers={**world.token(), "content-type": XLSX}, **TEMPLATE)
    assert done["state"] == "succeeded", done["error"]
    result = done["result"]
    assert (result["counts"]["added"], result["counts"]["rejected"], result["encoding"]) == (2, 1, "xlsx")
    [entry] = [item for item in await world.items() if item["name"] == "许可1"]
    assert entry["elements"]["materials"] == [
        {"name": "申请表", "necessity": "required"}, {"name": "照片", "necessity": "optional"},
    ]  # fmt: skip
    assert entry["elements"]["statutory_limit"] == {"amount": 20, "unit": "working_day"}
    assert (entry["elements"]["visits"], entry["elements"]["online"]) == (1, True)
    assert entry["implementing_body"] == world.organs[PROVINCE_ORGAN]
    answer = await world.client.get(result["rejects"], headers=world.token())
    assert answer.status_code == 200, answer.text
    refused = rows_of(answer.content)
    assert refused[0][:-1] == header
    assert refused[0][-1] == "未通过原因"
    [told] = refused[1:]
    assert "原第5行" in told[-1]
    assert "法定办结时限" in told[-1]
    assert "没有的局" in told[-1]
    assert told[header.index("法定办结时限")] == "20天"
    corrected = dict(zip(refused[0], told, strict=True)) | {"法定办结时限": "20个工作日", "实施机关*": PROVINCE_ORGAN}
    again = filled(refused[0], {title.removesuffix("*"): value for title, value in corrected.items()})
    done = await world.imported(again, headers={**world.token(), "content-type": XLSX}, **TEMPLATE)
    assert (done["result"]["counts"]["added"], done["result"]["counts"]["rejected"]) == (1, 0)
    assert {item["name"] for item in await world.items()} == {"许可1", "许可2", "=HYPERLINK(1)"}


WEIRD = [
    "=1+1",
    "+SUM(A1)",
    "-2",
    "@x",
    " 前后空格 ",
    "多\n行",
    "制\t表",
    "JSON:[1]",
    "_x0041_",
    "𠮷㐂",
    "a\r\nb",
    "\x01",
]


async def test_an_export_imported_as_it_is_changes_nothing_and_edited_only_what_was_edited(world: ImportWorld) -> None:
    entries = [permit(world, number, quantity_limit=text) for number, text in enumerate(WEIRD)]
    entries += [
        permit(world, 90, audience="staff", withheld_because="trade_secret", name="仅内部"),
        permit(world, 91, materials=[{"name": "甲、乙", "necessity": "required", "copies": 2}], fees=[{"name": "费"}]),
        permit(world, 92, handling_item="03", fees=[], supervising_body=str(world.organs[PROVINCE_ORGAN])),
        permit(world, 93, state="suspended", service_objects=["enterprise", "other"], investment=False, visits=0),
    ]  # fmt: skip
    ids = await enter(world, "permit", PROVINCE, entries)
    content = await export(world, world.lists["permit", PROVINCE])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet, "nothing is a formula"
    assert b"sheetProtection" in sheet
    assert b"dataValidation" in sheet
    tried = await world.imported(content, headers={**world.token(), "content-type": XLSX}, **TEMPLATE)
    counts = tried["result"]["counts"]
    assert (counts["unchanged"], counts["rows"]) == (len(entries), len(entries)), tried["result"]["differences"]
    header, *rows = rows_of(content)
    place = {title.removesuffix("*"): index for index, title in enumerate(header)}
    by_id = {one[place[IDENTITY]]: one for one in rows}
    by_id[str(ids[0])][place["基本编码"]] = "440199999000"
    by_id[str(ids[0])][place["实施编码"]] = f"{PROVINCE_ORGAN}2440199999000"
    edited = filled(header, *[{title: one[index] for title, index in place.items() if one[index]} for one in rows])
    done = await world.imported(edited, headers={**world.token(), "content-type": XLSX}, **TEMPLATE)
    assert done["result"]["counts"]["changed"] == 1
    assert set(done["result"]["changed_elements"]) == {"base_code", "implementation_code"}
    by_id[str(ids[1])][place[IDENTITY]] = str(new_id())
    by_id[str(ids[2])][place[IDENTITY]] = "x"
    by_id[str(ids[3])][place[IDENTITY]] = str(ids[4])
    wrong = filled(header, *[{title: one[index] for title, index in place.items() if one[index]} for one in rows])
    done = await world.imported(wrong, headers={**world.token(), "content-type": XLSX}, **TEMPLATE)
    codes = await world.run("SELECT errors -> 0 ->> 'code' AS code FROM qingdan.import_outcome"
                            " WHERE operation_id = :id AND outcome = 'rejected'", id=done["id"])  # fmt: skip
    assert sorted(one["code"] for one in codes) == ["bad_identity", "code_in_use", "duplicate_row", "unknown_item"]


async def test_entries_without_a_code_are_known_by_their_name_or_their_id(world: ImportWorld) -> None:
    await world.new_list("market_access_negative", PROVINCE, world.organs[PROVINCE_ORGAN])
    asked = TEMPLATE | {"list_kind": "market_access_negative"}
    header = rows_of(await template(world, "market_access_negative"))[0]
    measures = [
        {"事项名称": f"禁止{number}", "类别": "禁止准入类", "措施名称": "禁止", "措施编码": f"C{number}"}
        for number in range(3)
    ]  # fmt: skip
    content = filled(header, *measures)
    headers = {**world.token(), "content-type": XLSX}
    first = await world.imported(content, headers=headers, **asked)
    assert first["result"]["counts"]["added"] == 3, first["result"]
    again = await world.imported(content, headers=headers, **asked)
    assert again["result"]["counts"]["unchanged"] == 3
    exported = await export(world, world.lists["market_access_negative", PROVINCE])
    whole = await world.imported(exported, headers=headers, **asked)
    assert whole["result"]["counts"]["unchanged"] == 3


async def test_the_template_tells_mandatory_columns_offers_choices_and_explains_them(world: ImportWorld) -> None:
    await organ_name(world)
    content = await template(world)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names[:3] == ["行政许可事项清单", "设定和实施依据", "申请材料"], "each sub-table has its sheet"
    assert book.sheet_names[-2:] == ["填表说明", "选项"]
    assert "收费项目" in book.sheet_names
    header = rows_of(content)[0]
    assert "许可事项名称*" in header
    assert header[-1] == IDENTITY
    guide = {line[0]: line for line in rows_of(content, book.sheet_names.index("填表说明"))}
    assert guide["法定办结时限"][2].startswith("时限和单位")
    assert guide["许可事项名称"][1] == "必填"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        options = archive.read(f"xl/worksheets/sheet{len(book.sheet_names)}.xml").decode()
        names = archive.read("xl/workbook.xml").decode()
    assert '"是,否"' in sheet
    assert "省级许可机关" in sheet or "省级许可机关" in options
    assert 'state="hidden"' in names
    assert "pane" in sheet
    missing = await world.client.get("/catalog/v1/kinds/no_such/template.xlsx", headers=world.token())
    assert missing.status_code == 404
    nowhere = await world.client.get("/catalog/v1/kinds/permit/template.xlsx?region=990000", headers=world.token())
    assert nowhere.status_code == 422


async def test_what_is_not_public_is_exported_only_to_those_with_a_post_in_the_region(world: ImportWorld) -> None:
    await enter(world, "permit", PROVINCE, [permit(world, 1),
                permit(world, 2, name="涉密", audience="staff", withheld_because="trade_secret"),
                                            permit(world, 3, name="已取消", state="cancelled")])  # fmt: skip
    list_id = world.lists["permit", PROVINCE]
    inside = rows_of(await export(world, list_id))
    assert {line[1] for line in inside[1:]} == {"事项1", "涉密"}
    assert "可见范围" in inside[0]
    outside = rows_of(await export(world, list_id, world.token(Grant("compiler", CITY))))
    assert [line[1] for line in outside[1:]] == ["事项1"]
    assert "可见范围" not in outside[0]
    with_cancelled = rows_of(await export(world, list_id, cancelled=True))
    assert {line[1] for line in with_cancelled[1:]} == {"事项1", "涉密", "已取消"}
    before = rows_of(await export(world, list_id, as_of="2020-01-01T00:00:00+08:00"))
    assert len(before) == 1
    told = await world.run(
        "SELECT detail FROM qingdan.audit WHERE tag = 'catalog:list:export' AND detail ->> 'list_id' = :id"
        " ORDER BY recorded_at", id=str(list_id),
    )  # fmt: skip
    assert [row["detail"]["hidden"] for row in told] == [False, True, False, False]
    nobody = await world.client.get(f"/catalog/v1/lists/{list_id}/export.xlsx")
    assert nobody.status_code == 401


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"PK\x03\x04 broken", "bad_spreadsheet"), (b"\xd0\xcf\x11\xe0 old", "not_csv")],
)
async def test_a_file_that_is_no_spreadsheet_fails_with_what_to_do(
    world: ImportWorld, content: bytes, code: str
) -> None:
    done = await world.imported(content, headers={**world.token(), "content-type": XLSX}, **TEMPLATE)
    assert done["state"] == "failed"
    assert code in orjson.dumps(done["error"]).decode() or "另存为" in str(done["error"])


async def test_a_template_without_a_kind_is_refused(world: ImportWorld) -> None:
    answer = await world.post(b"x", headers=world.token(), **(TEMPLATE | {"list_kind": None}))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/list_kind"
