"""Annexes over HTTP: every format shows the same rows, nothing hidden leaves, the parts make up the whole."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import Any
from uuid import UUID

import docx
import orjson
import pypdf
import pytest
from python_calamine import CalamineWorkbook

from services.catalog.annexes import jobs
from services.catalog.items import repository as items
from services.publish.revisions.consumers import PUBLICATION
from shared import clock, settings
from shared.identifiers import new_id
from shared.identity.principal import Grant
from shared.ledger import consume, operations, position
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY, CITY_ORGAN, PROVINCE, PROVINCE_ORGAN, ImportWorld
from tests.statements import counted

__all__ = ["world"]

NATION = "000000000000"
FORMATS = ("xlsx", "csv", "json", "docx", "html", "pdf")
KINDS = {kind.kind: kind for kind in jobs.OPERATIONS}


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


def text_of(pdf: bytes) -> str:
    """What somebody who selects the pages of a PDF copies, without blanks."""
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.req("ZZ-65")
async def test_every_format_shows_the_same_numbered_rows_with_name_organ_and_basis(world: ImportWorld) -> None:
    await enter(world, [entry(world, number) for number in range(3)] + [
        entry(world, 7, name="=1+1\n第二行", basis=[
            {"document": "中华人民共和国水法", "kind": "set", "document_kind": "law", "article": "第一条"},
            {"document": "《河道管理条例》", "number": "国务院令第3号", "kind": "implement",
             "document_kind": "regulation"},
        ]),
    ])  # fmt: skip
    shown = table_of("json", await fetch(world, "json"))
    assert shown[0] == ["序号", "主管部门", "许可事项名称", "基本编码", "实施机关", "设定和实施依据"]
    assert [row[0] for row in shown[1:]] == ["1", "2", "3", "4"]
    assert shown[1][2] == "采砂许可0"
    assert shown[1][5] == "《中华人民共和国水法》第三十九条"
    assert shown[4][5] == "设定依据：《中华人民共和国水法》第一条\n实施依据：《河道管理条例》（国务院令第3号）"
    for form in ("xlsx", "docx", "html"):
        assert table_of(form, await fetch(world, form)) == shown
    plain = table_of("csv", await fetch(world, "csv"))
    assert plain[4][2] == "'=1+1\n第二行", "a spreadsheet must not run it"
    assert [row[:2] + row[3:] for row in plain] == [row[:2] + row[3:] for row in shown]
    pdf = await fetch(world, "pdf")
    text = text_of(pdf)
    for row in shown:
        for cell in row:
            assert "".join(cell.split()) in text, cell


async def test_a_pdf_has_its_font_inside_and_a_document_its_cover(world: ImportWorld) -> None:
    await enter(world, [entry(world, number) for number in range(30)])
    pages = pypdf.PdfReader(io.BytesIO(await fetch(world, "pdf"))).pages
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor), "embedded"
        assert "Noto" in descriptor["/FontName"]
    for page in pages[1:]:
        assert "许可事项名称" in page.extract_text(), "the head of the table is on every page"
    document = docx.Document(io.BytesIO(await fetch(world, "docx")))
    cover = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    lead = (await world.run("SELECT name FROM qingdan.organ WHERE id = :id", id=world.organs[PROVINCE_ORGAN]))[0]
    assert cover[:4] == [f"permit {PROVINCE}", "编制稿", "共30项", lead["name"]]
    assert cover[4].startswith("截至2")


async def test_what_is_hidden_is_in_no_format_whoever_asks(world: ImportWorld) -> None:
    await enter(world, [entry(world, 1), entry(world, 2, name="内部事项乙", audience="staff"),
                        entry(world, 3, name="已取消丙", state="cancelled", consult_phone="01012345678")])  # fmt: skip
    for form in FORMATS:
        content = await fetch(world, form)
        text = text_of(content) if form == "pdf" else content.decode("latin-1") if form == "zip" else repr(
            table_of(form, content)) + (content.decode() if form in ("csv", "json", "html") else "")  # fmt: skip
        assert "采砂许可1" in text
        assert "内部事项乙" not in text
        assert "已取消丙" not in text
        assert "audience" not in text
    units = await world.client.get(
        f"/catalog/v1/lists/{world.lists['permit', PROVINCE]}/annex-units", headers=world.token()
    )
    assert units.json()["entries"] == 1


async def test_the_parts_of_all_units_make_up_the_whole(world: ImportWorld) -> None:
    organs = [PROVINCE_ORGAN, CITY_ORGAN, None]
    await enter(world, [entry(world, number, organs[number % 3]) for number in range(20)])
    list_id = world.lists["permit", PROVINCE]
    whole = table_of("json", await fetch(world, "json"))[1:]
    units = (await world.client.get(f"/catalog/v1/lists/{list_id}/annex-units", headers=world.token())).json()
    assert (units["entries"], sum(unit["entries"] for unit in units["items"])) == (20, 20)
    parts: list[list[str]] = []
    for unit in units["items"]:
        own = table_of("json", await fetch(world, "json", unit=unit["organ_id"] or "none"))[1:]
        assert [row[0] for row in own] == [str(number) for number in range(1, unit["entries"] + 1)]
        parts += own
    assert sorted(row[1:] for row in parts) == sorted(row[1:] for row in whole)
    assert [row[1:] for row in parts] == [row[1:] for row in whole], "and in the same order"


async def shown_to_all(world: ImportWorld, element: str, *, public: bool) -> None:
    await world.run(
        "UPDATE qingdan.element_profile SET elements = (SELECT jsonb_agg(CASE WHEN e ->> 'key' = :key"
        " THEN e || jsonb_build_object('public', CAST(:public AS boolean)) ELSE e END)"
        " FROM jsonb_array_elements(elements) AS e) WHERE kind = 'permit'", key=element, public=public,
    )  # fmt: skip


async def test_whose_entries_are_is_told_nowhere_when_the_public_may_not_know(world: ImportWorld) -> None:
    organs = [PROVINCE_ORGAN, CITY_ORGAN]
    await enter(world, [entry(world, number, organs[number % 2]) for number in range(4)])
    list_id = world.lists["permit", PROVINCE]
    await shown_to_all(world, "implementing_body", public=False)
    try:
        units = (await world.client.get(f"/catalog/v1/lists/{list_id}/annex-units", headers=world.token())).json()
        assert [(unit["organ_id"], unit["name"], unit["entries"]) for unit in units["items"]] == [(None, None, 4)]
        path = f"/catalog/v1/lists/{list_id}/annex.csv"
        alone = await world.client.get(path, params={"unit": str(world.organs[CITY_ORGAN])}, headers=world.token())
        assert alone.json()["code"] == "unit_not_in_list"
        ended = await done(world, await started(world, format="csv", by_unit=True))
        answer = await world.client.get(ended["result"]["file"], headers=world.token())
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.namelist() == ["001-未列实施机关.csv"]
            rows = table_of("csv", archive.read(archive.namelist()[0]))
        assert [row[2] for row in rows[1:]] == [f"采砂许可{number}" for number in range(4)], "by code, not by unit"
    finally:
        await shown_to_all(world, "implementing_body", public=True)


async def test_units_revisions_and_kinds_that_are_not_there_are_refused(world: ImportWorld) -> None:
    await enter(world, [entry(world, 1)])
    list_id = world.lists["permit", PROVINCE]
    for asked, status, code in (
        ({"unit": str(new_id())}, 404, "unit_not_in_list"),
        ({"unit": "none"}, 404, "unit_not_in_list"),
        ({"unit": "某局"}, 422, "uuid_parsing"),
        ({"revision": "9"}, 404, "revision_not_found"),
        ({"edition": "2017版"}, 404, "revision_not_found"),
        ({"edition": "2017版", "revision": "1"}, 422, "one_state"),
        ({"as_of": "9999-12-31T23:59:59-10:00"}, 422, "out_of_range"),
    ):
        answer = await world.client.get(f"/catalog/v1/lists/{list_id}/annex.json", params=asked, headers=world.token())
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    for path, status in (
        (f"/catalog/v1/lists/{list_id}/annex.exe", 422),
        (f"/catalog/v1/lists/{new_id()}/annex.pdf", 404),
    ):
        assert (await world.client.get(path, headers=world.token())).status_code == status
    assert (await world.client.get(f"/catalog/v1/lists/{list_id}/annex.pdf")).status_code == 401


async def test_an_annex_takes_few_statements_whatever_its_length(world: ImportWorld) -> None:
    asked = {}
    for count in (3, 60):
        await enter(world, [entry(world, 100 * count + number) for number in range(count)])
        with counted(world.service) as statements:
            await fetch(world, "json")
        asked[count] = len(statements)
    assert asked[60] == asked[3]
    assert asked[60] <= 14


async def started(world: ImportWorld, **body: Any) -> UUID:
    list_id = world.lists["permit", PROVINCE]
    answer = await world.client.post(f"/catalog/v1/lists/{list_id}/annexes", json=body, headers=world.token())
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["operation_id"])


async def done(world: ImportWorld, operation_id: UUID) -> Mapping[str, Any]:
    await operations.execute(world.service, "catalog", KINDS, operation_id)
    return await world.state(operation_id)


async def test_a_long_annex_is_an_operation_with_a_file_for_each_unit(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    organs = [PROVINCE_ORGAN, CITY_ORGAN]
    await enter(world, [entry(world, number, organs[number % 2]) for number in range(12)])
    monkeypatch.setattr("services.catalog.annexes.rules.AT_ONCE", {"docx": 5, "json": 100})
    refused = await world.client.get(
        f"/catalog/v1/lists/{world.lists['permit', PROVINCE]}/annex.docx", headers=world.token()
    )
    assert (refused.status_code, refused.json()["code"]) == (413, "annex_too_large")
    whole = table_of("json", await fetch(world, "json"))[1:]
    operation_id = await started(world, format="docx", by_unit=True)
    early = await world.client.get(f"/catalog/v1/annexes/{operation_id}/file", headers=world.token())
    assert (early.status_code, early.json()["code"]) == (409, "annex_not_ready")
    ended = await done(world, operation_id)
    assert (ended["state"], ended["done"], ended["total"]) == ("succeeded", 12, 12), ended["error"]
    assert ended["result"]["entries"] == 12
    answer = await world.client.get(ended["result"]["file"], headers=world.token())
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        rows = [row for name in names for row in table_of("docx", archive.read(name))[1:]]
    assert len(names) == 2
    assert sorted(row[1:] for row in rows) == sorted(row[1:] for row in whole)


async def test_an_annex_that_is_cancelled_leaves_no_file(world: ImportWorld) -> None:
    await enter(world, [entry(world, number) for number in range(3)])
    queued = await started(world, format="json")
    admin = world.token(Grant("administrator", NATION))
    asked = await world.client.post(f"/catalog/v1/operations/{queued}/cancel", headers=admin)
    assert asked.status_code == 200, asked.text
    assert (await done(world, queued))["state"] == "cancelled"
    operation_id = await started(world, format="pdf")
    await world.run("UPDATE qingdan.operation SET cancel_requested = 1 WHERE id = :id", id=operation_id)
    ended = await done(world, operation_id)
    assert ended["state"] == "cancelled"
    assert list((settings.load().state_dir / "spool").rglob(f"{operation_id}*")) == []
    gone = await world.client.get(f"/catalog/v1/annexes/{operation_id}/file", headers=world.token())
    assert gone.status_code == 409


async def cleared(world: ImportWorld, at: datetime) -> None:
    clock.use(lambda: at)
    try:
        await jobs.clear_away(world.service)
    finally:
        clock.use(None)


async def test_a_file_past_its_time_is_gone_and_so_is_what_a_killed_worker_left(world: ImportWorld) -> None:
    await enter(world, [entry(world, 1)])
    operation_id = await started(world, format="csv")
    ended = await done(world, operation_id)
    left = jobs.path_of(settings.load().state_dir, new_id(), "pdf").with_suffix("") / "file.part0.pdf"
    left.parent.mkdir()
    left.write_bytes(b"%PDF")
    await cleared(world, clock.now() + jobs.UNFINISHED * 2)
    assert not left.parent.exists()
    assert (await world.client.get(ended["result"]["file"], headers=world.token())).status_code == 200
    await cleared(world, clock.now() + jobs.KEPT * 2)
    gone = await world.client.get(ended["result"]["file"], headers=world.token())
    assert (gone.status_code, gone.json()["code"]) == (410, "annex_gone")


async def publish(world: ImportWorld, *events: NewEvent) -> None:
    async with begin(world.service, service="catalog", actor="system:test") as tx:
        for event in events:
            tx.append(event)
    async with world.owner.begin() as connection:
        await position.register(connection, ["publication"], "publish")
    while await consume.step(world.owner, PUBLICATION):
        pass


async def test_a_named_edition_is_exported_as_it_was_published_then(world: ImportWorld) -> None:
    [first, _] = await enter(world, [entry(world, 1), entry(world, 2)])
    list_id = world.lists["permit", PROVINCE]
    told = {"region_code": PROVINCE, "list_kind": "permit", "list_id": list_id}
    await world.run(
        "UPDATE qingdan.list SET state = 'in_force', enacted_at = now(), edition = '2026版', decision ="
        """ '{"meeting": "常务会议", "date": "2026-01-04", "number": "粤府〔2026〕1号"}' WHERE id = :id""",
        id=list_id,
    )
    await publish(world, NewEvent(type="list.enacted", **told),
                  NewEvent(type="list.edition_named", refs={"edition": "2026版"}, **told))  # fmt: skip
    async with begin(world.service, service="catalog", actor="system:test") as tx:
        patches = items.Patches(
            item_ids=[first], patch=[{"name": "采砂许可（新）"}], effective_ats=[clock.now()], operation="modify"
        )
        await items.write_versions(tx.connection, patches)
    await publish(world, NewEvent(type="item.updated", item_ids=[first], versions=[2], **told))
    now = table_of("json", await fetch(world, "json", revision=2))
    assert [row[2] for row in now[1:]] == ["采砂许可（新）", "采砂许可2"]
    then = orjson.loads(await fetch(world, "json", edition="2026版"))
    assert [one["cells"][1] for one in then["entries"]] == ["采砂许可1", "采砂许可2"]
    assert then["cover"] == {
        "title": f"permit {PROVINCE}", "issuer": then["cover"]["issuer"], "edition": "2026版", "date": "2026年1月4日",
        "number": "粤府〔2026〕1号", "unit": "",
    }  # fmt: skip
    text = text_of(await fetch(world, "pdf", edition="2026版"))
    assert "2026版" in text
    assert "粤府〔2026〕1号" in text
    parts = (await world.client.get(
        f"/catalog/v1/lists/{list_id}/annex-units", params={"edition": "2026版"}, headers=world.token()
    )).json()  # fmt: skip
    assert (parts["revision"], parts["entries"]) == (1, 2)


async def test_the_columns_of_a_kind_are_data_with_a_default(world: ImportWorld) -> None:
    await enter(world, [entry(world, 1)])
    path = "/catalog/v1/kinds/permit/annex-layout"
    shown = await world.client.get(path, headers=world.token())
    assert shown.headers["etag"] == '"1"'
    default = (await world.client.get("/catalog/v1/kinds/catalogue/annex-layout", headers=world.token())).json()
    assert (default["version"], [column["element"] for column in default["columns"]]) == (
        0, ["name", "item_type", "implementing_body", "basis"],
    )  # fmt: skip
    wanted = {"columns": [{"element": "name", "title": "名称"}, {"element": "audience"}, {"element": "level"}]}
    admin = world.token(Grant("administrator", NATION))
    refusals = (
        ({}, world.token(), wanted, 428), ({"If-Match": '"1"'}, world.token(Grant("compiler", CITY)), wanted, 403),
        ({"If-Match": '"9"'}, admin, wanted, 412),
        ({"If-Match": '"1"'}, admin, {"columns": [{"element": "no_such"}]}, 422),
        ({"If-Match": '"1"'}, admin, {"columns": [{"element": "name"}, {"element": "name"}]}, 422),
    )  # fmt: skip
    for headers, who, body, status in refusals:
        answer = await world.client.put(path, json=body, headers=who | headers)
        assert answer.status_code == status, answer.text
    answer = await world.client.put(path, json=wanted, headers=admin | {"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert table_of("csv", await fetch(world, "csv")) == [["序号", "名称", "行使层级"], ["1", "采砂许可1", "省级"]]
    [told] = await world.run("SELECT refs FROM qingdan.event WHERE type = 'annex_layout.updated'")
    assert told["refs"] == {"version": 2}
    await world.run("DELETE FROM qingdan.annex_layout WHERE kind = 'permit'")
