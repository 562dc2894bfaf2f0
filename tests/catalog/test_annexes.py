"""Annexes over HTTP: every format shows the same rows, nothing hidden leaves, the parts make up the whole."""

from __future__ import annotations

import io

import docx
import pypdf
import pytest

from shared.identifiers import new_id
from shared.identity.principal import Grant
from tests.catalog.annex_world import FORMATS, enter, entry, fetch, table_of, text_of
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY, CITY_ORGAN, NATION, PROVINCE, PROVINCE_ORGAN, ImportWorld
from tests.statements import counted

__all__ = ["world"]


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
    await enter(world, [entry(world, 1),
                        entry(world, 2, name="内部事项乙", audience="staff", withheld_because="privacy"),
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


async def _say(world: ImportWorld, *, public: bool) -> None:
    """The next profile of permits, which says whether the basis is public."""
    await world.run(
        """
        INSERT INTO qingdan.element_profile (id, kind, number, valid_from, source, elements)
        SELECT gen_random_uuid(), p.kind, p.number + 1, p.valid_from, 'next', (
                   SELECT jsonb_agg(CASE WHEN e ->> 'key' <> 'basis' THEN e
                                         ELSE e || jsonb_build_object('public', CAST(:public AS boolean)) END)
                   FROM jsonb_array_elements(p.elements) AS e)
        FROM qingdan.element_profile AS p WHERE p.kind = 'permit' ORDER BY p.number DESC LIMIT 1
        """,
        public=public,
    )


async def test_an_element_that_was_hidden_once_is_in_annexes_again_when_it_is_public_again(world: ImportWorld) -> None:
    await enter(world, [entry(world, 1)])
    try:
        await _say(world, public=False)
        assert "水法" not in (await fetch(world, "json")).decode()
        await _say(world, public=True)
        assert "水法" in (await fetch(world, "json")).decode()
    finally:
        await world.run("DELETE FROM qingdan.element_profile WHERE kind = 'permit' AND source = 'next'")
