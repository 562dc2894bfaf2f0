"""Sheets as offices really keep them: titles above the heading, headings of two rows, merged cells, old encodings."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import xlsxwriter

from services.catalog.exchange import profile as profiles
from services.catalog.exchange import tables
from services.catalog.exchange.builtin import FOLDER
from services.catalog.exchange.reader import HEAD
from services.catalog.exchange.sheets import XLSX as BOOK
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import PROVINCE, PROVINCE_ORGAN, ImportWorld, rejected

__all__ = ["world"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ASKED = {"profile": "power_sheet", "list_kind": "power", "region_code": PROVINCE}
POWERS = orjson.loads((FOLDER / "power_sheet.json").read_bytes())
BODY = "某厅"


def department_sheet(*, second: str = "取水监督检查") -> bytes:
    """A power and responsibility list: a note sheet first, a title, a heading of two rows, names and organs merged."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    look = book.add_format()
    book.add_worksheet("填报说明").write_string(0, 0, "请于月底前报送")
    sheet = book.add_worksheet("权责清单")
    sheet.merge_range("A1:I1", "某厅权责清单（2026年）", look)
    sheet.write_string("A2", "填报单位：某厅")
    for place, (title, deep) in enumerate((("序号", True), ("事项名称", False), ("", False), ("权力 类型", True),
                                           ("实施(设定)依据", True), ("行使／责任主体", True), ("责任事项内容", True),
                                           ("追责情形\n（及依据）", True), ("备注", True))):  # fmt: skip
        if deep:
            sheet.merge_range(2, place, 3, place, title, look)
    sheet.merge_range("B3:C3", "事项名称", look)
    sheet.write_string("B4", "主项名称")
    sheet.write_string("C4", "子项名称")
    sheet.merge_range("B5:B6", "取水许可", look)
    sheet.merge_range("F5:F7", BODY, look)
    basis = "《中华人民共和国水法》第七条、第四十八条；《取水许可和水资源费征收管理条例》（国务院令第460号）第二条"
    for row, (number, sub, kind) in enumerate((("1", "首次申请", "行政许可"), ("2", "延续", "许可")), 4):
        sheet.write(row, 0, int(number))
        sheet.write_string(row, 2, sub)
        sheet.write_string(row, 3, kind)
        sheet.write_string(row, 4, basis)
        sheet.write_string(row, 6, "受理责任\n审查责任")
    sheet.write(6, 0, 3)
    sheet.write_string(6, 1, second)
    sheet.write_string(6, 3, "行政检查")
    sheet.write_string(6, 4, "《河北省水资源条例》第十条")
    book.close()
    return target.getvalue()


async def prepare(world: ImportWorld) -> UUID:
    await world.run("UPDATE qingdan.organ SET name = :name, region_code = :region WHERE id = :id", name=BODY,
                    region=PROVINCE, id=world.organs[PROVINCE_ORGAN])  # fmt: skip
    return await world.new_list("power", PROVINCE, world.organs[PROVINCE_ORGAN])


async def bring(world: ImportWorld, content: bytes, kind: str = XLSX, **more: Any) -> Any:
    done = await world.imported(content, headers={**world.token(), "content-type": kind}, **ASKED | more)
    assert done["state"] == "succeeded", done["error"]
    return done["result"]


async def test_a_sheet_with_something_at_its_far_end_is_refused_in_words_and_not_tried_again(
    world: ImportWorld,
) -> None:
    await prepare(world)
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "事项名称")
    sheet.write_string(1_048_575, 16_383, "。")
    book.close()
    done = await world.imported(target.getvalue(), headers={**world.token(), "content-type": XLSX}, **ASKED)
    assert (done["state"], done["error"].partition(":")[0]) == ("failed", "too_large_unpacked")
    assert "请删除数据区域以外的行和列" in done["error"]


async def test_a_departments_sheet_is_read_wherever_its_heading_is_and_with_its_merged_cells(
    world: ImportWorld,
) -> None:
    await prepare(world)
    tried = await bring(world, department_sheet(), dry_run="true")
    assert (tried["counts"]["added"], tried["counts"]["applied"]) == (3, 0)
    assert await world.items("power") == []
    result = await bring(world, department_sheet())
    assert (result["counts"]["added"], result["counts"]["rejected"]) == (3, 0), result
    entries = sorted((item["elements"] for item in await world.items("power")), key=lambda one: one["item_type"])
    assert [(one["name"], one.get("sub_item_name"), one["item_type"]) for one in entries] == [
        ("取水许可", "首次申请", "01"), ("取水许可", "延续", "01"), ("取水监督检查", None, "06"),
    ]  # fmt: skip
    assert {one["implementing_body"] for one in entries} == {str(world.organs[PROVINCE_ORGAN])}
    assert entries[0]["basis"] == [
        {"document": "中华人民共和国水法", "article": "第七条、第四十八条", "kind": "set", "document_kind": "law"},
        {"document": "取水许可和水资源费征收管理条例", "number": "国务院令第460号", "article": "第二条", "kind": "set",
         "document_kind": "regulation"},
    ]  # fmt: skip
    assert entries[2]["basis"][0]["document_kind"] == "local_regulation"
    assert entries[0]["responsibilities"] == ["受理责任", "审查责任"]
    again = await bring(world, department_sheet())
    assert again["counts"]["unchanged"] == 3, again["differences"]


async def test_a_dry_run_tells_the_difference_and_the_reject_file_the_reason_of_each_cell(world: ImportWorld) -> None:
    await prepare(world)
    await bring(world, department_sheet())
    content = department_sheet(second="取水双随机检查")
    tried = await bring(world, content, dry_run="true")
    assert (tried["counts"]["added"], tried["counts"]["unchanged"]) == (1, 2)
    await world.run("UPDATE qingdan.organ SET name = '另一厅' WHERE id = :id", id=world.organs[PROVINCE_ORGAN])
    refused = await bring(world, department_sheet())
    assert refused["counts"]["rejected"] == 3
    told = await world.client.get(refused["rejects"].replace(".xlsx", ".csv"), headers=world.token())
    assert told.text.count("行使主体") + told.text.count("行使／责任主体") >= 3
    assert "机构库中没有“某厅”" in told.text


async def test_old_encodings_with_characters_of_2022_are_read_as_they_are_written(world: ImportWorld) -> None:
    await prepare(world)
    rows = ["某厅权力清单,,,", "职权名称,权力类别,法律依据,实施主体", "㐂𠮷乡龻许可,许可,《某法》第一条,某厅",
            "甲,处罚,《某法》第二条,某厅", "乙,不详,《某法》第三条,某厅"]  # fmt: skip
    # FE59 is U+9FB4 since 2022, and was a private place before.
    content = "\n".join(rows).encode("gb18030").replace("甲,".encode("gb18030"), b"\xfe\x59,")
    result = await bring(world, content, "text/csv")
    assert (result["encoding"], result["counts"]["added"], result["counts"]["rejected"]) == ("gb18030", 2, 1)
    assert {item["name"] for item in await world.items("power")} == {"㐂𠮷乡龻许可", "\u9fb4"}
    [wrong] = await rejected(world, UUID(result["rejects"].split("/")[-2]))
    assert (wrong["行号"], wrong["列"]) == ("5", "权力类别")
    assert "不详" in wrong["原因"]


def book_of(**sheets: list[list[str]]) -> io.BytesIO:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    book.close()
    target.seek(0)
    return target


def header_of(source: io.BytesIO, **changed: Any) -> list[str]:
    return tables.open_table(source, BOOK, profiles.parse(POWERS | changed), {}).header


def test_the_sheet_that_says_most_is_read_unless_the_profile_names_one() -> None:
    sheets = {"甲": [["名称"]], "乙": [["职权名称", "依据"], ["x", "y"]], "丙": [["职权名称", "依据"]]}
    assert header_of(book_of(**sheets)) == ["职权名称", "依据"]
    assert header_of(book_of(**sheets), sheet_names=["无", "甲"]) == ["名称"]


@pytest.mark.parametrize("heading", ["职权名称", " 职 权 名 称 ", "职权名称*", "职权\n名称"])
def test_a_name_is_known_however_it_is_written(heading: str) -> None:
    assert "职权名称" in [name.strip() for name in header_of(book_of(一=[["关于某事"], [heading, "依据"], ["x", "y"]]))]


# What a process has had counts from before it became the reader: it is started by one that is small, not by the tests'.
MEASURED = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "services.catalog.exchange.reader"], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


def long_book(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A book of one sheet, each row with its number in front; its texts stand in their cells.

    The library writes such a sheet in three seconds; its XML is simple enough to be written as text.
    """

    def row(number: int, cells: Iterable[tuple[str, str]], first: str = "") -> str:
        texts = (f'<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in cells)
        return f'<row r="{number}">{first}{"".join(texts)}</row>'

    parts = [row(1, zip("ABCDE", titles, strict=True))]
    for number, texts in enumerate(rows, 2):
        parts.append(row(number, zip("BCDE", texts, strict=True), f'<c r="A{number}"><v>{number - 1}</v></c>'))
    written, target = book_of(一=[[""]]), io.BytesIO()
    with zipfile.ZipFile(written) as empty, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as full:
        for name in empty.namelist():
            content = empty.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                sheet = f"<sheetData>{''.join(parts)}</sheetData>"
                before, _, after = re.split("(<sheetData/>|<sheetData>.*</sheetData>)", content)
                content = re.sub(r"<dimension [^>]*>", "", f"{before}{sheet}{after}")
            full.writestr(name, content)
    return target.getvalue()


def test_a_hundred_thousand_rows_do_not_exhaust_the_memory_of_the_reader(tmp_path: Path) -> None:
    rows, path = 100_000, tmp_path / "large.xlsx"
    titles = ("序号", "事项名称", "权力类型", "实施依据", "责任事项")
    texts = ((f"事项{number}", "行政处罚", f"《某法》第{number}条", "受理\n审查") for number in range(1, rows + 1))
    path.write_bytes(long_book(titles, texts))
    task = {"path": str(path), "operation": str(UUID(int=1)), "profile": POWERS, "region_chain": [PROVINCE],
            "on": "2026-01-01", "internet_facing": False, "element_profiles": [],
            "vocabularies": {"item_type": {"行政处罚": "02"}}}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], input=orjson.dumps(task), capture_output=True, check=True, timeout=110
    )
    peak = int(done.stderr) >> 10
    frames, place = 0, 0
    last: Any = None
    while place < len(done.stdout):
        length, kind = HEAD.unpack_from(done.stdout, place)
        last = (kind, done.stdout[place + HEAD.size : place + HEAD.size + length])
        place, frames = place + HEAD.size + length, frames + 1
    print(f"\nreader of {rows:,} rows: {peak} MB at most, {frames} frames")
    assert orjson.loads(last[1]) == {"done": {"rows": rows}}
    assert peak < 200, "MB"
