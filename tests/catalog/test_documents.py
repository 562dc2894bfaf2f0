"""The register of normative documents over HTTP: records, history, chains, links."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.documents_world import LAW, registered
from tests.catalog.register_world import CITY, COUNTY, PROVINCE, RegisterWorld

NOTICES = Path(__file__).parents[2].parent / "shared" / "domain" / "sources"
PLACES = {"HB": PROVINCE, "QX": COUNTY}


async def test_who_keeps_no_register_cannot_register_a_document(register: RegisterWorld) -> None:
    body = {"title": "青县测试办法", "kind": "normative", "region_code": COUNTY}
    compiler = register.token(("compiler", COUNTY))
    assert (await register.post("/documents", body, who=compiler)).status_code == 403
    county = register.token(("list_authority", COUNTY))
    assert (await register.post("/documents", body, who=county)).status_code == 201
    above = await register.post("/documents", body | {"region_code": PROVINCE}, who=county)
    assert (above.status_code, above.json()["code"]) == (403, "forbidden")
    nation = await register.post("/documents", body | {"region_code": None}, who=county)
    assert nation.status_code == 403


async def test_a_number_that_is_none_and_a_day_that_does_not_exist_are_refused(register: RegisterWorld) -> None:
    body = {"title": "测试", "kind": "normative"}
    number = await register.post("/documents", body | {"number": "没有文号"})
    assert (number.status_code, number.json()["errors"][0]["pointer"]) == (422, "/number")
    day = await register.post("/documents", body | {"issued": "2017-02-30"})
    assert (day.status_code, day.json()["errors"][0]["pointer"]) == (422, "/issued")
    assert (await register.post("/documents", body | {"title": "《》"})).status_code == 422
    assert (await register.post("/documents", body | {"region_code": "990000"})).json()["code"] == "region_unknown"


async def test_a_document_is_registered_once(register: RegisterWorld) -> None:
    await registered(register, number="青政办发〔2026〕1号")
    again = await register.post("/documents", {"title": "另名", "kind": "normative", "number": "青政办发[2026]1号"})
    assert (again.status_code, again.json()["code"]) == (409, "document_exists")
    await registered(register, **LAW)
    assert (await register.post("/documents", LAW)).status_code == 409
    await registered(register, **LAW | {"issued": "2021-04-29"})


@pytest.mark.req("ZL-01")
async def test_the_number_is_read_into_its_parts_with_approval_and_basis(register: RegisterWorld) -> None:
    made = await registered(
        register, title="测试县编制公开目录清单工作方案", number="测政办函[2017]21号", approval="县政府",
        region_code=COUNTY,
        based_on=["《某市关于加快推进的实施意见》（某政发〔2017〕5号）"],
    )  # fmt: skip
    parts = (made["number"], made["agency"], made["year"], made["serial"])
    assert parts == ("测政办函〔2017〕21号", "测政办函", 2017, 21)
    assert made["approval"] == "县政府"
    assert made["relations"][0]["cited"].endswith("（某政发〔2017〕5号）")
    found = (await register.get("/documents?number=测政办函（2017）21号")).json()["items"]
    assert [one["id"] for one in found] == [made["id"]]


@pytest.mark.req("HB-01")
async def test_the_meeting_that_adopted_a_document_is_kept_apart_from_its_issue(register: RegisterWorld) -> None:
    made = await registered(
        register, title="关于建立测试制度的实施方案", number="测政办函〔2014〕100号", issued="2014-12-02",
        region_code=PROVINCE,
        adoption={"meeting": "省政府第39次常务会议", "date": "2014-11-27"},
        addressees=["各设区市人民政府", "省政府各部门"],
    )  # fmt: skip
    read = (await register.get(f"/documents/{made['id']}")).json()
    assert read["adoption"] == {"meeting": "省政府第39次常务会议", "date": "2014-11-27"}
    assert (read["issued"], read["addressees"]) == ("2014-12-02", ["各设区市人民政府", "省政府各部门"])


@pytest.mark.req("QX-01")
async def test_a_date_may_lack_its_day_and_lists_and_deadlines_rest_on_the_document(register: RegisterWorld) -> None:
    made = await registered(
        register, title="测试县完善清单管理制度工作方案", issuer="县政府办公室", issued="2017-06", region_code=COUNTY,
        addressees=["各镇（乡）政府", "县直各有关部门"], full_text="一、目标要求\n年底前完成。",
        attachments=[{"name": "责任分工", "missing": True}, {"name": "任务表", "reference": "a:1", "sha256": "0" * 64}],
    )  # fmt: skip
    assert (made["issued"], len(made["attachments"]), made["full_text"][:2]) == ("2017-06", 2, "一、")
    list_id = await register.list_of("permit")
    unknown = {"subject": "list", "subject_id": made["id"]}
    assert (await register.post(f"/documents/{made['id']}/links", unknown)).status_code == 404
    for subject, subject_id in (("list", list_id), ("deadline", "month_after_province")):
        link = {"subject": subject, "subject_id": subject_id, "purpose": "notice", "reason": "工作方案"}
        assert (await register.post(f"/documents/{made['id']}/links", link)).status_code == 201
        assert (await register.post(f"/documents/{made['id']}/links", link)).status_code == 409
    [shown] = (await register.get(f"/lists/{list_id}/documents")).json()["items"]
    assert (shown["document_id"], shown["purpose"]) == (made["id"], "notice")
    linked = (await register.get(f"/documents/{made['id']}/links?limit=1")).json()
    rest = (await register.get(f"/documents/{made['id']}/links?limit=1&cursor={linked['next']}")).json()
    assert {one["subject"] for one in linked["items"] + rest["items"]} == {"list", "deadline"}
    gone = await register.send("DELETE", f"/documents/{made['id']}/links/list/{list_id}")
    assert gone.status_code == 204
    assert [event.refs["subject_id"] for event in await register.events("document.unlinked")] == [list_id]


@pytest.mark.req("QX-02")
async def test_the_chain_leads_from_the_county_over_the_city_to_the_province(register: RegisterWorld) -> None:
    county = await registered(
        register, title="测试县工作方案", region_code=COUNTY, based_on=["《测试市工作方案》（测市办〔2017〕229号）"]
    )
    assert county["relations"][0]["target_id"] is None, "the city's is not registered yet"
    city = await registered(register, title="测试市工作方案", number="测市办〔2017〕229号", region_code=CITY,
                            based_on=["《测试省推行清单的意见》"])  # fmt: skip
    province = await registered(
        register, title="测试省推行清单的意见", region_code=PROVINCE, based_on=["《测试县工作方案》"]
    )
    up = (await register.get(f"/documents/{county['id']}/chain")).json()["items"]
    assert [(one["depth"], one["level"], one["id"]) for one in up] == [
        (0, "county", county["id"]), (1, "city", city["id"]), (2, "province", province["id"]),
    ]  # fmt: skip
    down = (await register.get(f"/documents/{city['id']}/chain?direction=down")).json()["items"]
    assert [one["id"] for one in down] == [city["id"], county["id"], province["id"]], "a circle is walked once"


@pytest.mark.req("ZZ-01")
async def test_who_gets_a_copy_is_kept(register: RegisterWorld) -> None:
    made = await registered(register, title="测试通知", number="测政办发〔2022〕27号", issued="2022-12-28",
                            copied_to=["县委办公室", "人大常委会办公室", "法院"])  # fmt: skip
    assert made["copied_to"] == ["县委办公室", "人大常委会办公室", "法院"]


@pytest.mark.req("TH-01")
async def test_a_notice_goes_to_a_zone_that_is_a_region(register: RegisterWorld) -> None:
    made = await registered(
        register, title="测试意见", addressees=["各县（市、区）人民政府", "青县经济开发区管委会"], region_code=CITY,
        based_on=["《国务院测试通知》（国发〔2015〕6号）", "《省政府测试通知》（吉政办明电〔2015〕44号）"],
    )  # fmt: skip
    assert [one["type"] for one in made["relations"]] == ["based_on", "based_on"]
    zone = await registered(register, title="开发区实施方案", region_code="130922-KFQ", based_on=["《测试意见》"])
    assert zone["relations"][0]["target_id"] == made["id"]
    chain = (await register.get(f"/documents/{zone['id']}/chain")).json()["items"]
    assert [one["region_code"] for one in chain] == ["130922-KFQ", CITY]


async def test_a_correction_needs_the_version_and_leaves_the_former_state_readable(register: RegisterWorld) -> None:
    made = await registered(register, title="旧名称的办法", number="测政〔2020〕1号")
    path = f"/documents/{made['id']}"
    body = {"title": "新名称的办法", "kind": "normative", "number": "测政〔2020〕1号", "reason": "更正标题"}
    assert (await register.put(path, body)).status_code == 428
    assert (await register.put(path, body, headers={"If-Match": '"9"'})).status_code == 412
    changed = await register.put(path, body, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["title"]) == (200, '"2"', "新名称的办法")
    first = (await register.get(f"{path}/versions?limit=1")).json()
    second = (await register.get(f"{path}/versions?limit=1&cursor={first['next']}")).json()
    [new], [old] = first["items"], second["items"]
    assert (new["content"]["title"], new["reason"], new["operation"]) == ("新名称的办法", "更正标题", "updated")
    assert (old["content"]["title"], second["next"]) == ("旧名称的办法", None)
    event = (await register.events("document.updated"))[-1]
    assert event.elements == ["issuer", "title"]
    assert event.refs["former"]["title_key"] == "旧名称的办法"


async def test_documents_are_found_by_title_in_any_spelling_issuer_and_status(register: RegisterWorld) -> None:
    made = await registered(register, **LAW)
    await registered(register, title="另一办法", issuer="县政府")
    for query in ("q=食品安全法", "q=中华人民共和国食品安全法（2021年修正）", "issuer=常务委员会", "kind=law"):
        assert [one["id"] for one in (await register.get(f"/documents?{query}")).json()["items"]] == [made["id"]], query
    assert (await register.get("/documents?status=repealed")).json()["items"] == []
    page = (await register.get("/documents?limit=1")).json()
    rest = (await register.get(f"/documents?limit=1&cursor={page['next']}")).json()
    assert len({one["id"] for one in page["items"] + rest["items"]}) == 2


async def test_articles_are_found_in_the_text_and_can_be_set(register: RegisterWorld) -> None:
    text = (
        "第一章　总则\n第一条　为规范管理，制定本办法。\n第二条　本办法适用于本县。\n"
        "第二章　附则\n第二条之一　另有规定的除外。"
    )
    made = await registered(register, full_text=text)
    path = f"/documents/{made['id']}/articles"
    rows = (await register.get(path)).json()["items"]
    assert [(row["article"], row["content"]) for row in rows] == [
        ("1", "为规范管理，制定本办法。"), ("2", "本办法适用于本县。"), ("2-1", "另有规定的除外。"),
    ]  # fmt: skip
    wrong = {
        "items": [{"number": "条", "content": ""}, {"number": "第一条", "content": "a"}, {"number": "1", "content": ""}]
    }
    refused = await register.put(path, wrong, headers={"If-Match": '"1"'})
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/items/0/number", "/items/2/number"]
    new = {"items": [{"number": "第一条", "content": "新文本"}]}
    assert (await register.put(path, new, headers={"If-Match": '"1"'})).status_code == 200
    assert [row["content"] for row in (await register.get(path)).json()["items"]] == ["新文本"]


async def test_what_was_repealed_does_not_come_back(register: RegisterWorld) -> None:
    made = await registered(register)
    path = f"/documents/{made['id']}/status-changes"
    by = await registered(register, title="关于废止部分文件的决定")
    body = {"act": "repealed", "from": "2026-01-01", "by_document_id": by["id"], "reason": "文件清理"}
    changed = (await register.post(path, body)).json()
    assert (changed["status_title"], changed["status_from"], changed["status_by"]) == ("已废止", "2026-01-01", by["id"])
    back = await register.post(path, {"act": "reinstated", "from": "2026-02-01"})
    assert (back.status_code, back.json()["allowed"]) == (409, [])
    said = (await register.get(f"/documents/{by['id']}")).json()["relations"]
    assert [(one["type"], one["target_id"]) for one in said] == [("repeals", made["id"])]
    wrong = await register.post(f"/documents/{by['id']}/status-changes",
                                {"act": "voided", "from": "2026-01-01", "articles": ["第一条"]})  # fmt: skip
    assert wrong.json()["code"] == "whole_document"


async def test_a_text_is_made_readable_before_it_is_registered_and_nothing_is_stored(register: RegisterWorld) -> None:
    text = (
        "測政辦函〔2014〕9號\n各縣(區)人民政府:\n"
        "《關(guān)于試點(diǎn)的實(shí)施方案》已經(jīng)討論。"
        "郵箱密碼:abc12345\n點(diǎn)擊舉報(bào)。"
    )
    read = (await register.post("/documents/readings", {"text": text})).json()
    assert "《关于试点的实施方案》已经讨论。邮箱密码：******" in read["text"]
    assert (read["proposed"]["number"], read["masked"], read["dropped"]) == ("测政办函〔2014〕9号", 1, ["点击举报。"])
    assert (await register.get("/documents")).json()["items"] == []
    made = await registered(register, full_text=text)
    assert "abc12345" not in str(await register.events("document.registered")) + made["full_text"]


async def test_only_who_leads_a_list_says_what_it_rests_on(register: RegisterWorld) -> None:
    made = await registered(register)
    list_id = await register.list_of("permit")
    path, body = f"/documents/{made['id']}/links", {"subject": "list", "subject_id": list_id}
    other = register.token(("list_authority", COUNTY, register.organs["青县市场监督管理局"]))
    elsewhere = register.token(("list_authority", "440000000000"))
    for who in (other, elsewhere):
        assert (await register.post(path, body, who=who)).status_code == 403
    lead = register.token(("list_authority", COUNTY, register.organs["青县行政审批局"]))
    assert (await register.post(path, body, who=lead)).status_code == 201
    assert (await register.send("DELETE", f"{path}/list/{list_id}", who=other)).status_code == 403
    assert (await register.send("DELETE", f"{path}/list/{list_id}", who=lead)).status_code == 204


@pytest.mark.skipif(not NOTICES.is_dir(), reason="the five source notices are not beside the project")
@pytest.mark.req("QX-01", "ZL-01", "HB-01", "TH-01", "ZZ-01")
async def test_the_five_notices_load_as_documents(register: RegisterWorld) -> None:
    numbers = {}
    for path in sorted(NOTICES.glob("*.txt")):
        read = (await register.post("/documents/readings", {"text": path.read_text(encoding="utf-8")})).json()
        proposed = read["proposed"]
        assert proposed["title"], path.name
        assert proposed["addressees"], path.name
        place = PLACES.get(path.name[:2])
        body = proposed | {"kind": "normative", "full_text": read["text"], "region_code": place, "clean": False}
        made = await registered(register, **body)
        numbers[path.name[:2]] = (made["number"], made["issued"])
        for defect in ("(sh", "本站", "推荐访问", "密码：6"):
            assert defect not in made["full_text"], path.name
    assert numbers == {
        "HB": ("冀政办函〔2014〕100号", "2014-12-02"), "QX": (None, "2017-06"), "TH": (None, None),
        "ZL": ("涿政办函〔2017〕21号", "2017-08-20"), "ZZ": ("泽政办发〔2022〕27号", "2022-12-28"),
    }  # fmt: skip
