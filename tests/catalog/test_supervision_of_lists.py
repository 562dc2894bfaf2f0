"""Supervision of a whole list: the gate before publication, the coverage report, the mapping sheet."""

from __future__ import annotations

import pytest

from services.catalog.matrix.reading import rows_of
from services.catalog.supervision.mappings import sheet
from tests.catalog.register_world import COUNTY
from tests.catalog.supervision_world import BUREAU, DECISION, MARKET, MEASURES, Town
from tests.statements import counted


@pytest.mark.req("ZZ-49")
@pytest.mark.req("ZZ-08")
async def test_a_permit_list_is_not_published_while_a_permit_states_no_supervision(town: Town) -> None:
    register = town.register
    complete = register.permit(1) | {"supervising_body": town.organ[MARKET], "supervision_measures": MEASURES}
    ids = await town.enter("permit", complete, register.permit(2))
    permits = town.list_id
    about = {key: complete[key] for key in ("base_code", "implementing_body")}
    supervision = about | {"name": "对许可的监管", "permit_name": "测试许可1", "supervising_body": town.organ[MARKET]}
    await town.enter("internet_supervision", supervision)
    missing = {(ids[1], element) for element in ("supervising_body", "supervision_items", "supervision_measures")}
    assert await town.checked() == missing
    gate = {"mode": "block", "reason": "审管衔接"}
    path = "/supervision/gates/130922"
    assert (await register.get(path)).json() == {"region_code": COUNTY, "mode": "report", "version": 0}
    assert (await register.put(path, gate)).status_code == 428
    assert (await register.put(path, gate, who=town.lead, headers={"If-Match": '"0"'})).status_code == 403
    assert (await register.put(path, gate, headers={"If-Match": '"0"'})).json()["mode"] == "block"
    refused = await register.post(f"/lists/{permits}/enact", {"decision": DECISION}, who=town.decider)
    assert (refused.status_code, refused.json()["code"]) == (409, "supervision_missing")
    assert {error["pointer"].rsplit("/", 1)[1] for error in refused.json()["errors"]} == {
        "supervising_body", "supervision_items", "supervision_measures",
    }  # fmt: skip
    patch = {"elements": {"supervising_body": town.organ[MARKET], "supervision_measures": MEASURES}}
    await register.send("PATCH", f"/items/{ids[1]}", patch, who=town.lead, headers={"If-Match": '"1"'})
    assert await town.checked() == {(ids[1], "supervision_items")}
    lines = [{"supervision_code": "JG001", "base_code": register.permit(2)["base_code"]}]
    [item] = (await register.get("/items?kind=internet_supervision")).json()["items"]
    code = {"elements": {"supervision_code": "JG001"}}
    await register.send("PATCH", f"/items/{item['id']}", code, who=town.lead, headers={"If-Match": '"1"'})
    linked = await register.post("/supervision/mappings", {"region_code": "130922", "rows": lines}, who=town.lead)
    assert linked.json()["created"] == 1, linked.text
    assert await town.checked() == set()
    enacted = await register.post(f"/lists/{permits}/enact", {"decision": DECISION}, who=town.decider)
    assert enacted.status_code == 200, enacted.text


@pytest.mark.req("TH-32")
async def test_the_coverage_report_shows_what_random_inspection_does_not_reach(town: Town) -> None:
    register = town.register
    powers = [register.permit(number, item_type="06", base_code=f"000616{number:03d}000", name=f"检查{number}",
                              implementation_code=None) for number in (1, 2)]  # fmt: skip
    ids = await town.enter("power", *powers)
    inspection = {
        "name": "双随机抽查", "item_type": "06", "base_code": powers[0]["base_code"], "inspection_object": "企业",
        "implementing_body": powers[0]["implementing_body"], "inspection_ratio": "5", "basis": powers[0]["basis"],
        "inspection_frequency": "每年1次", "inspection_methods": ["on_site"], "check_list_code": "JC1",
    }  # fmt: skip
    stray = inspection | {"name": "无编码", "base_code": "000616009000", "check_list_code": "JC9"}
    await town.enter("random_inspection", inspection, stray)
    sub_items = [
        {"code": f"ZX{number}", "name": f"子项{number}", "check_list_code": f"JC{number}"} for number in (1, 2)
    ]
    supervision = {
        "name": "监管", "permit_name": "许可", "base_code": "000116001000", "supervising_body": town.organ[MARKET],
        "implementing_body": town.organ[BUREAU], "sub_items": sub_items,
    }  # fmt: skip
    await town.enter("internet_supervision", supervision)
    await town.enter("permit", register.permit(1))
    with counted(register.engine) as sent:
        report = (await register.get("/supervision/coverage/130922", who=town.lead)).json()
    assert len(sent) <= 5
    assert report["inspection_powers"] == {"covered": 1, "total": 2}
    assert report["supervision_sub_items"] == {"covered": 1, "total": 2}
    assert report["random_inspections"] == {"covered": 1, "total": 2}
    assert report["permits_with_items"] == {"covered": 1, "total": 1}
    assert report["permits_with_body"] == report["permits_with_measures"] == {"covered": 0, "total": 1}
    assert [(row["kind"], row["name"]) for row in report["uncovered"]] == [
        ("inspection_power", "检查2"), ("supervision_sub_item", "子项2"),
    ]  # fmt: skip
    assert report["uncovered"][0]["item_id"] == ids[1]
    assert [(row["name"], row["inspection_powers"]) for row in report["organs"]] == [
        (BUREAU, {"covered": 1, "total": 2})
    ]
    assert (await register.get("/supervision/coverage/999999")).status_code == 422


@pytest.mark.req("ZZ-37")
@pytest.mark.req("ZZ-08")
@pytest.mark.req("ZZ-58")
async def test_the_mapping_sheet_links_many_supervision_items_with_many_permits(town: Town) -> None:
    register = town.register
    permits = await town.enter("permit", register.permit(1), register.permit(2), register.permit(3))
    items = [
        {"name": f"监管{number}", "permit_name": "许可", "base_code": register.permit(number)["base_code"],
         "implementing_body": town.organ[BUREAU], "supervising_body": town.organ[MARKET],
         "supervision_code": f"3301310010000{number}"}
        for number in (1, 2)
    ]  # fmt: skip
    supervised = await town.enter("internet_supervision", *items)
    bases = [register.permit(number)["base_code"] for number in (1, 2, 3)]
    rows = [
        {"supervision_code": "33013100100001", "base_code": bases[0]},
        {"supervision_code": "33013100100001", "base_code": bases[2]},
        {"supervision_code": "33013100100002", "base_code": bases[2], "implementing_body": town.organ[BUREAU]},
        {"supervision_code": "33013100100009", "base_code": bases[0]},
        {"supervision_code": "33013100100001", "base_code": "000116999000"},
    ]
    before = len(await register.events("supervision.mapped"))
    body = {"region_code": "130922", "rows": rows}
    assert (await register.post("/supervision/mappings", body, who=town.decider)).status_code == 403
    answer = (await register.post("/supervision/mappings", body, who=town.lead)).json()
    assert (answer["created"], answer["present"]) == (3, 3)
    assert [row["state"] for row in answer["rows"]] == [
        "linked", "linked", "linked", "unknown_supervision_item", "unknown_permit",
    ]  # fmt: skip
    again = (await register.post("/supervision/mappings", body, who=town.lead)).json()
    assert (again["created"], again["present"]) == (0, 3)
    links = (await register.get(f"/items/{permits[2]}/links?type=supervises")).json()["items"]
    assert {link["from_item_id"] for link in links} == set(supervised)
    stated = (await register.post("/supervision/mappings", {"region_code": "130922"}, who=town.lead)).json()
    assert (stated["created"], stated["present"]) == (1, 2), "what entries say themselves is linked as well"
    assert len(await register.events("supervision.mapped")) == before + 2
    await _goes_round_as_a_spreadsheet(town)


async def _goes_round_as_a_spreadsheet(town: Town) -> None:
    """What is exported can be filled and taken in again; rows that are wrong are named and stop no other."""
    register = town.register
    path = "/supervision/mapping-sheet?region=130922"
    answer = await register.get(path, who=town.lead)
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    assert await _taken(town, path, answer.content) == (0, [("linked", 1)] * 4)
    rows = [[str(cell) for cell in row] for _, row in rows_of(answer.content)]
    assert rows[0][3] == "许可事项编码"
    assert [row[0] for row in rows[1:]] == ["33013100100001", "33013100100002", "33013100100001", "33013100100002"]
    assert {row[2] for row in rows[1:]} == {MARKET}
    filled = [rows[0], ["33013100100002", "", "", register.permit(1)["base_code"], "", "", rows[1][6]],
              ["33013100100002", "", "", "不是编码", "", "", ""],
              ["33013100100002", "", "", register.permit(1)["base_code"], "", "", "无此机构"],
              ["", "", "", register.permit(2)["base_code"], "", "", ""]]  # fmt: skip
    told = await _taken(town, path, sheet.written(filled[1:]))
    assert told == (1, [("linked", 1), ("unreadable", 0), ("unknown_body", 0)])
    refused = await register.client.post(f"/catalog/v1{path}", content="甲,乙\n1,2\n".encode(), headers=town.lead)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_header")


async def _taken(town: Town, path: str, content: bytes) -> tuple[int, list[tuple[str, int]]]:
    """New links, and state and links of each row that was read."""
    answer = await town.register.client.post(f"/catalog/v1{path}", content=content, headers=town.lead)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return told["created"], [(row["state"], row["links"]) for row in told["rows"]]
