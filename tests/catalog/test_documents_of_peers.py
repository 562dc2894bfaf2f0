"""A record of a peer's item library comes in whole and goes out again in its own shape."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.catalog.aggregates.mapping import parse
from services.catalog.exchange.builtin import DOCUMENTS
from shared.identity.principal import Grant
from shared.visibility import Entry, ListFacts, Profile, public_body
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY, PROVINCE, PROVINCE_ORGAN, ImportWorld, rejected

__all__ = ["world"]

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "guangxi_lingshan_item_full_elements_sample.json"
ASKED = {"profile": "guangxi_item_library", "list_kind": "implementation", "region_code": PROVINCE}
MAPPING = parse(orjson.loads((DOCUMENTS / "guangxi_item_library.json").read_bytes()))


def invented() -> dict[str, Any]:
    """A record of the same shape, with every table the peer has and fields nobody knows."""
    code = f"{PROVINCE_ORGAN}2440133001000"
    return {"STATUS": {"CODE": "00", "TEXT": ""}, "data": {"LASTTIMESTAMP": 1, "RETURNITEMSUNNUM": 1, "list": [{
        "AUDIT_ITEM": {
            "rowguid": "a-1", "task_code": code, "catalog_code": "440133001000", "task_name": "河道采砂许可",
            "task_type": "01", "task_state": "1", "use_level": "2", "dept_code": PROVINCE_ORGAN, "dept_name": "某局",
            "dept_type": "1", "serve_type": "2,3", "handle_type": "1,2", "anticipate_day": "20", "anticipate_type": "1",
            "promise_day": "5", "promise_type": "1", "limit_scene_num": "1", "is_fee": "0", "task_version": "3",
            "version_date": 1572244548000, "ywcode": "", "td_tlimit": "", "surprise": "新字段", "use_level_note": None,
            "project_type": "2", "authority_division": "按流域划分",
        },
        "AUDIT_ITEM_EXTEND": {"is_online_handle": "1", "four_handle": "2,4", "result_name": "河道采砂许可证"},
        "AUDIT_ITEM_BYLAW": [{"law_name": "《中华人民共和国水法》", "law_number": "", "clause_number": "第三十九条",
                              "clause_content": "国家实行河道采砂许可制度。"}],
        "AUDIT_MATERIAL": [{"materialid": "m1", "material_name": "申请书", "is_need": "1", "original_amount": 1,
                            "copy_amount": 0, "ordernum": 1, "page_num": 2}],
        "AUDIT_MATERIAL_CONDITION": [], "AUDIT_ITEM_CONDITION": [],
        "AUDIT_ITEM_SPECIAL": [{"special_name": "9", "special_date": 15, "special_date_type": "1", "ordernumber": 1}],
        "AUDIT_ITEM_WINDOW": [{"window_id": "w1", "window_name": "综合窗口", "window_tel": "010-1", "map_url": ""}],
        "AUDIT_QA": [{"question": "多久？", "answer": "五天。", "ordernum": 1}],
        "AUDIT_CHARGE": [{"fee_name": "无", "fee_stand": "", "weird": [1]}],
    }]}}  # fmt: skip


def record() -> dict[str, Any]:
    """The real record where it is at hand, else the invented one."""
    return orjson.loads(REAL.read_bytes()) if REAL.exists() else invented()


async def prepare(world: ImportWorld, document: dict[str, Any]) -> UUID:
    """A compiling list in the province; the record's organ is registered there."""
    code = document["data"]["list"][0]["AUDIT_ITEM"]["dept_code"]
    if code not in world.organs:
        await world.run("UPDATE qingdan.organ SET credit_code = :code WHERE id = :id", code=code,
                        id=world.organs[PROVINCE_ORGAN])  # fmt: skip
    await world.run("UPDATE qingdan.organ SET region_code = :region WHERE id = :id", region=PROVINCE,
                    id=world.organs[PROVINCE_ORGAN])  # fmt: skip
    return await world.new_list("implementation", PROVINCE, world.organs[PROVINCE_ORGAN])


async def bring(world: ImportWorld, document: Any, **more: Any) -> Any:
    done = await world.imported(
        orjson.dumps(document), headers={**world.token(), "content-type": "application/octet-stream"}, **ASKED | more
    )
    assert done["state"] == "succeeded", done["error"]
    return done["result"]


async def exported(world: ImportWorld, list_id: UUID) -> dict[str, Any]:
    answer = await world.client.get(f"/catalog/v1/lists/{list_id}/aggregates", headers=world.token())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("document", [record(), invented()], ids=["at hand", "invented"])
async def test_a_full_record_comes_in_whole_and_goes_out_in_its_own_shape_without_loss(
    world: ImportWorld, document: dict[str, Any]
) -> None:
    list_id = await prepare(world, document)
    result = await bring(world, document)
    assert (result["counts"]["added"], result["counts"]["rejected"]) == (1, 0), result
    [item] = await world.items("implementation")
    written = await exported(world, list_id)
    assert written["data"]["list"] == document["data"]["list"]
    assert written.keys() == document.keys() - {"_note"}
    assert written["data"].keys() == document["data"].keys()
    alone = await world.client.get(f"/catalog/v1/items/{item['id']}/aggregate", headers=world.token())
    assert alone.json()["data"]["list"] == document["data"]["list"]
    again = await bring(world, written)
    assert again["counts"]["unchanged"] == 1, again["differences"]


@pytest.mark.parametrize("depth", [45, 60, 300])
async def test_a_document_nested_without_end_is_a_refused_row_and_holds_back_no_other(
    world: ImportWorld, depth: int
) -> None:
    document = invented()
    await prepare(world, document)
    [sound] = document["data"]["list"]
    deep = orjson.dumps(sound).replace("新字段".encode().join([b'"', b'"']), b"[" * depth + b"]" * depth)
    whole = b"[" + orjson.dumps(sound) + b"," + deep + b"]"
    done = await world.imported(whole, headers={**world.token(), "content-type": "application/octet-stream"}, **ASKED)
    assert done["state"] == "succeeded", done["error"]
    told = [row["原因"] for row in await rejected(world, done["id"])]
    if depth > 50:
        assert done["result"]["counts"]["added"] == 1
        assert [("嵌套超过50层" in one) for one in told] == [True]
    else:
        assert not any("嵌套" in one for one in told)


@pytest.mark.parametrize("document", [record(), invented()], ids=["at hand", "invented"])
async def test_every_field_that_an_element_knows_is_in_the_element(
    world: ImportWorld, document: dict[str, Any]
) -> None:
    await prepare(world, document)
    await bring(world, document)
    [item] = await world.items("implementation")
    elements = item["elements"]
    profiles = await world.run("SELECT elements FROM qingdan.element_profile WHERE kind = 'implementation'"
                               " ORDER BY number")  # fmt: skip
    known = {element["key"] for row in profiles[:2] for element in row["elements"]}
    given = document["data"]["list"][0]
    for single in MAPPING.singles:
        for field in single.fields:
            raw = given.get(single.table, {}).get(field.name)
            if field.element in known and raw not in (None, "") and field.form != "organ_name":
                assert field.element in elements, f"{field.name} has no place but {field.element} is known"
    assert elements["materials"][0]["name"] == given["AUDIT_MATERIAL"][0]["material_name"]
    assert elements["basis"][0]["document"] == given["AUDIT_ITEM_BYLAW"][0]["law_name"]
    assert elements["statutory_limit"] == {"amount": 20, "unit": "working_day"}
    assert elements["implementing_body"] == str(world.organs[PROVINCE_ORGAN])


async def test_what_is_the_peers_own_is_never_public(world: ImportWorld) -> None:
    await prepare(world, invented())
    await bring(world, invented())
    [item] = await world.items("implementation")
    facts = ListFacts(item["list_id"], "implementation", "实施清单", "实施清单", PROVINCE, "某省")
    body = public_body(Entry(item["id"], 1, item["effective_from"], item["elements"]), facts, Profile())
    assert body is not None
    assert "peer_fields" in item["elements"]
    assert "peer_fields" not in body["elements"]
    assert "surprise" not in orjson.dumps(body).decode()


async def test_a_change_here_goes_out_and_the_peers_own_fields_stay(world: ImportWorld) -> None:
    list_id = await prepare(world, invented())
    await bring(world, invented())
    changed = copy.deepcopy(invented())
    changed["data"]["list"][0]["AUDIT_ITEM"] |= {"promise_day": "4", "task_version": "4"}
    tried = await bring(world, changed, dry_run="true")
    assert tried["counts"]["changed"] == 1
    assert {"promised_limit", "peer_fields"} == set(tried["changed_elements"])
    assert (await exported(world, list_id))["data"]["list"] == invented()["data"]["list"]
    await bring(world, changed)
    assert (await exported(world, list_id))["data"]["list"] == changed["data"]["list"]


async def test_records_that_are_none_are_refused_one_by_one_and_a_broken_file_as_a_whole(world: ImportWorld) -> None:
    await prepare(world, invented())
    nameless = copy.deepcopy(invented()["data"]["list"][0])
    nameless["AUDIT_ITEM"]["task_name"] = ""
    poisoned = copy.deepcopy(invented()["data"]["list"][0])
    poisoned["AUDIT_ITEM"] |= {"surprise": "空\x00字符"}
    result = await bring(world, [invented()["data"]["list"][0], {"x": 1}, nameless, 5, None, poisoned])
    assert (result["counts"]["added"], result["counts"]["rejected"]) == (1, 5)
    rejected = await world.client.get(result["rejects"], headers=world.token())
    assert "not_a_document" not in rejected.text
    assert "不是事项文档" in rejected.text
    assert "空字符" in rejected.text
    octets = {**world.token(), "content-type": "application/octet-stream"}
    done = await world.imported(b'{"data": [', headers=octets, **ASKED)
    assert done["state"] == "failed"
    assert "JSON" in done["error"]


async def test_documents_with_what_is_not_public_go_to_the_region_alone(world: ImportWorld) -> None:
    list_id = await prepare(world, invented())
    for who, path, status in (
        (world.token(Grant("compiler", CITY)), f"/catalog/v1/lists/{list_id}/aggregates", 403),
        (world.token(), f"/catalog/v1/lists/{list_id}/aggregates?profile=guangdong_permits_2021", 422),
        (world.token(), f"/catalog/v1/lists/{world.lists['permit', PROVINCE]}/aggregates", 422),
        (world.token(), f"/catalog/v1/items/{list_id}/aggregate", 404),
    ):
        assert (await world.client.get(path, headers=who)).status_code == status
