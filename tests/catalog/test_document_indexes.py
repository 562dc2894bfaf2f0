"""Indexes of documents that are imported: rows that are refused, imports that stop, files that wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from services.catalog.documents.index import jobs
from services.catalog.exchange import spool
from shared import clock
from tests.catalog.documents_world import run_operation
from tests.catalog.register_world import COUNTY, PROVINCE, RegisterWorld

LAWS = Path(__file__).parents[2].parent / "shared" / "data" / "law_index.csv"


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of indexes that wait, for this test alone."""
    monkeypatch.setattr(jobs, "place", lambda: tmp_path)
    return spool.folder(tmp_path)


def names(folder: Path) -> set[str]:
    """Files in a folder."""
    return {path.name for path in folder.glob("*.csv")}


async def test_an_index_says_which_rows_it_refuses_and_repeats_without_doubles(register: RegisterWorld) -> None:
    table = (
        "标题,种类,地区,公布日期,文号\r\n"
        "测试条例,地方性法规,河北,2020-05-14,\r\n"
        "测试办法,部门规章,国家,2021,测部令第3号\r\n"
        ",法律,国家,,\r\n"
        "无名种类,奇文,国家,,\r\n"
        "坏日期,法律,国家,2020-13-01,\r\n"
        "远方条例,地方性法规,火星,,\r\n"
        "测试条例,地方性法规,河北,2020-05-14,\r\n"
    )
    headers = {"Content-Type": "text/csv"}
    refused = await register.client.post("/catalog/v1/documents/imports", content="a,b\n",
                                         headers=register.token(("compiler", COUNTY)) | headers)  # fmt: skip
    assert refused.status_code == 403
    for repetition in range(2):
        started = await register.client.post(
            "/catalog/v1/documents/imports?reason=年度更新",
            content=table.encode("gb18030"),
            headers=register.admin | headers,
        )
        assert started.status_code == 202, started.text
        done = await run_operation(register, started.json())
        assert done["state"] == "succeeded", done
        counts = {key: done["result"][key] for key in ("added", "unchanged", "rejected")}
        assert counts == {"added": 0 if repetition else 2, "unchanged": 3 if repetition else 1, "rejected": 4}
        reasons = [(one["row"], one["column"]) for one in done["result"]["rejects"]]
        assert reasons == [(4, "title"), (5, "kind"), (6, "issued"), (7, "area")]
    [local] = (await register.get("/documents?q=测试条例")).json()["items"]
    assert (local["region_code"], local["issued"]) == (PROVINCE, "2020-05-14")
    assert len(await register.events("document.imported")) == 1
    broken = await register.client.post(
        "/catalog/v1/documents/imports", content="a,b\n", headers=register.admin | headers
    )
    assert (await run_operation(register, broken.json()))["state"] == "failed"


async def test_an_index_registers_nothing_for_regions_whose_register_one_does_not_keep(register: RegisterWorld) -> None:
    table = "标题,种类,地区\n外地条例,地方性法规,河北\n本县办法,规范性文件,青县\n"
    mine = register.token(("list_authority", COUNTY)) | {"Content-Type": "text/csv"}
    started = await register.client.post(
        f"/catalog/v1/documents/imports?region_code={COUNTY}", content=table, headers=mine
    )
    result = (await run_operation(register, started.json()))["result"]
    assert (result["added"], [one["row"] for one in result["rejects"]]) == (1, [2])
    assert "不在本次导入的区划" in result["rejects"][0]["reason"]
    assert (await register.get("/documents?q=外地条例")).json()["items"] == []


async def test_a_cancelled_index_says_what_stays_and_leaves_no_file(register: RegisterWorld, waiting: Path) -> None:
    table = "标题,种类\n" + "".join(f"停止测试文件{n},规范性文件\n" for n in range(jobs.CHUNK + 1))
    headers = register.admin | {"Content-Type": "text/csv"}
    started = await register.client.post("/catalog/v1/documents/imports", content=table, headers=headers)
    async with register.owner.begin() as connection:
        # Somebody cancels while the first chunk is being written.
        await connection.execute(text(
            "CREATE FUNCTION cancelled() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN UPDATE qingdan.operation SET cancel_requested = 1 WHERE state = ''running''; RETURN NULL; END'"
            " SECURITY DEFINER"
        ))  # fmt: skip
        await connection.execute(text(
            "CREATE TRIGGER cancelled AFTER INSERT ON qingdan.document_version EXECUTE FUNCTION cancelled()"
        ))  # fmt: skip
    try:
        stopped = await run_operation(register, started.json())
    finally:
        async with register.owner.begin() as connection:
            await connection.execute(text("DROP FUNCTION cancelled() CASCADE"))
    assert (stopped["state"], stopped["result"]["added"]) == ("cancelled", jobs.CHUNK)
    assert f"已登记{jobs.CHUNK}份文件" in stopped["result"]["message"]
    assert names(waiting) == set()


async def test_files_of_imports_that_never_ran_are_swept_and_those_that_wait_are_kept(
    register: RegisterWorld, waiting: Path
) -> None:
    headers = register.admin | {"Content-Type": "text/csv"}
    ids = []
    for name in ("甲", "乙"):
        answer = await register.client.post(
            "/catalog/v1/documents/imports", content=f"标题,种类\n{name}文件,规范性文件\n", headers=headers
        )
        ids.append(answer.json()["operation_id"])
    await register.post(f"/operations/{ids[0]}/cancel", {})
    files = names(waiting)
    later = clock.now() + 2 * jobs.GRACE
    clock.use(lambda: later)
    await jobs.clear_away(register.engine)
    clock.use(None)
    left = names(waiting)
    assert (len(files), len(left)) == (2, 1)
    assert (await run_operation(register, {"operation_id": ids[1]}))["result"]["added"] == 1


@pytest.mark.skipif(not LAWS.exists(), reason="the public index of laws is not beside the project")
async def test_the_public_index_of_laws_loads(register: RegisterWorld) -> None:
    headers = register.admin | {"Content-Type": "text/csv"}
    started = await register.client.post("/catalog/v1/documents/imports", content=LAWS.read_bytes(), headers=headers)
    result = (await run_operation(register, started.json()))["result"]
    assert result["added"] > 1_400, {key: result[key] for key in ("added", "unchanged", "rejected")}
    assert {one["column"] for one in result["rejects"]} <= {"area", "kind"}
    found = (await register.get("/documents?q=行政许可法")).json()["items"]
    assert any(one["title"].endswith("行政许可法") and one["kind"] == "law" for one in found)
