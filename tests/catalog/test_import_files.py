"""Importing: the ways a file comes - encodings, forms, formula cells, broken lines, no table at all."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.catalog.import_fixtures import world
from tests.catalog.import_world import HEADER, PROVINCE, ImportWorld, permit, rejected, table

__all__ = ["world"]
pytestmark = pytest.mark.asyncio


async def test_a_file_in_gb18030_is_read_as_well(world: ImportWorld) -> None:
    done = await world.imported(table([permit(1, task_name="建设项目环境影响报告表审批（𠮷）")]).encode("gb18030"))
    assert done["result"]["encoding"] == "gb18030"
    assert [item["name"] for item in await world.items()] == ["建设项目环境影响报告表审批（𠮷）"]


async def test_a_file_with_a_byte_order_mark_is_read_as_well(world: ImportWorld) -> None:
    done = await world.imported(table([permit(1)]).encode("utf-8-sig"))
    assert done["result"]["counts"]["added"] == 1


async def test_formula_cells_stay_text_and_are_harmless_in_the_reject_file(world: ImportWorld) -> None:
    evil = '=HYPERLINK("http://x","点我")'
    done = await world.imported(table([permit(1, task_name=evil), permit(2, task_name="@SUM(1)", online="也许")]))
    assert done["result"]["counts"] == {
        "rows": 2, "added": 1, "changed": 0, "unchanged": 0, "rejected": 1, "applied": 1, "noted": 2,
    }  # fmt: skip
    assert [item["name"] for item in await world.items()] == [evil]
    (row,) = await rejected(world, done["id"])
    assert row["task_name"] == "'@SUM(1)"


async def test_ragged_rows_and_nul_bytes_are_row_errors(world: ImportWorld) -> None:
    good, bad = table([permit(1)]).splitlines(), table([permit(2, task_name="坏\x00名")]).splitlines()
    done = await world.imported("\r\n".join([*good, "a,b,c", bad[1], ""]))
    assert done["result"]["counts"]["added"] == 1
    found = await rejected(world, done["id"])
    assert ["列" in row["原因"] for row in found] == [True, False]
    assert "空字符" in found[1]["原因"]
    assert "␀" in found[1]["task_name"]


@pytest.mark.parametrize(
    ("content", "code", "names"),
    [
        (table([permit(1)], [name for name in HEADER if name not in ("uscc", "task_name")]), "missing_columns", "uscc"),
        ("\r\n", "empty_file", "表头"),
        ("PK\x03\x04 this is no spreadsheet", "bad_spreadsheet", "另存为"),
    ],
)
async def test_a_file_that_is_not_the_table_fails_with_the_remedy(
    world: ImportWorld, content: str, code: str, names: str
) -> None:
    done = await world.imported(content)
    assert done["state"] == "failed"
    assert done["error"].startswith(code)
    assert names in done["error"]
    assert await world.items() == []


async def test_an_empty_upload_is_refused_at_once(world: ImportWorld) -> None:
    answer = await world.post("")
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")


async def test_a_header_without_rows_is_an_import_of_nothing(world: ImportWorld) -> None:
    done = await world.imported(table([]))
    assert (done["state"], done["result"]["counts"]["rows"]) == ("succeeded", 0)


async def test_a_form_with_a_file_is_taken_like_a_bare_body(world: ImportWorld) -> None:
    fields = {"profile": "guangdong_permits_2021", "region_code": PROVINCE, "reason": "首次编制", "legal_basis": "依据"}
    content = table([permit(1)]).encode()
    answer = await world.client.post(
        "/catalog/v1/imports", data=fields, files={"file": ("许可.csv", content)}, headers=world.token()
    )
    assert answer.status_code == 202, answer.text
    import_id = answer.json()["operation_id"]
    await world.execute(UUID(import_id))
    shown = (await world.client.get(f"/catalog/v1/imports/{import_id}", headers=world.token())).json()
    assert (shown["state"], shown["file_name"], shown["counts"]["applied"]) == ("succeeded", "许可.csv", 1)
    without = await world.client.post(
        "/catalog/v1/imports", data=fields, files={"other": ("x.csv", content)}, headers=world.token()
    )
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/file")
    broken = await world.client.post(
        "/catalog/v1/imports", content=b"--x", headers={"content-type": "multipart/form-data", **world.token()}
    )
    assert broken.status_code == 400
    other = await world.client.post(
        "/catalog/v1/imports", content=b"{}", headers={"content-type": "application/json", **world.token()}
    )
    assert other.status_code == 400
