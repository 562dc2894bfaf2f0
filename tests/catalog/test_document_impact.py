"""What a change of a document means for the entries that rest on it: findings, impact, days that come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.catalog.documents.consumers import BASES, DOCUMENTS
from services.catalog.documents.impact.service import settle_days
from shared import clock
from tests.catalog.documents_world import LAW, act, basis, correct, declare, drain, entered, open_findings, registered
from tests.catalog.register_world import CITY, COUNTY, PROVINCE, RegisterWorld
from tests.statements import counted


async def test_a_document_of_another_place_or_another_number_is_not_meant(register: RegisterWorld) -> None:
    await declare(register)
    await entered(register, "permit", register.permit(1, basis=[basis("测试管理办法", number="测政〔2019〕5号")]))
    other = await registered(register, title="测试管理办法", number="测政〔2021〕9号", region_code=COUNTY)
    elsewhere = await registered(register, title="食品安全法", issued="2001", region_code="130922-KFQ")
    for document in (other, elsewhere):
        await act(register, document, "repealed")
    await drain(register)
    assert await open_findings(register, "K23") == []
    assert (await register.get(f"/documents/{other['id']}/impact")).json()["items"] == []


@pytest.mark.req("TH-51")
@pytest.mark.parametrize(
    ("name", "said"), [("repealed", "已废止"), ("voided", "已宣布失效"), ("suspended", "已暂停施行")]
)
async def test_a_basis_on_a_document_that_is_no_longer_in_force_is_a_finding(
    register: RegisterWorld, name: str, said: str
) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    [item] = await entered(register, "permit", register.permit(1))
    await drain(register)
    assert await open_findings(register, "K23") == []
    by = await registered(register, title="关于清理文件的决定")
    await act(register, law, name, by_document_id=by["id"], reason="文件清理")
    await drain(register)
    [finding] = await open_findings(register, "K23")
    assert (finding["item_id"], finding["element"], finding["severity"]) == (item, "basis", "error")
    assert f"食品安全法》{said}（2026-01-01），见《关于清理文件的决定》" in finding["message"]
    assert finding["actual"][0]["path"] == "/basis/0"
    assert finding["due_at"] > finding["opened_at"]
    await correct(register, item, {"basis": [basis("中华人民共和国行政许可法", "第十二条")]})
    await drain(register)
    assert await open_findings(register, "K23") == []
    assert len(await register.events("finding.closed")) >= 1


@pytest.mark.req("TH-42", "TH-51")
async def test_of_a_law_with_many_entries_officials_get_one_line_with_the_entries_behind_it(
    register: RegisterWorld,
) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    both = [basis(article="第三十五条"), basis(article="第三十九条")]
    ids = await entered(register, "permit", *(register.permit(number, basis=both) for number in range(1, 5)))
    await act(register, law, "repealed")
    await drain(register)
    [line] = (await register.get("/documents/concerns")).json()["items"]
    assert (line["title"], line["condition_title"], line["entries"], line["lists"], line["organs"]) == (
        LAW["title"], "已废止", 4, 1, 1,
    )  # fmt: skip
    assert (line["day"], line["overdue"], line["due_at"] is not None) == ("2026-01-01", 0, True)
    behind = (await register.client.get(line["href"], headers=register.admin)).json()["items"]
    assert {one["item_id"] for one in behind} == set(ids)
    assert behind[0]["articles"] == ["35", "39"]
    path = f"/documents/{law['id']}/concerns"
    first = (await register.get(f"{path}?limit=3")).json()
    rest = (await register.get(f"{path}?limit=3&cursor={first['next']}")).json()
    assert [*first["items"], *rest["items"]] == behind
    market = register.organs["青县市场监督管理局"]
    assert (await register.get(f"/documents/concerns?organ={market}")).json()["items"] == []
    elsewhere = register.token(("auditor", "440000000000"))
    for asked in ("/documents/concerns", path):
        assert (await register.get(asked, who=elsewhere)).json()["items"] == []
    for asked in (f"{path}?condition=nothing", f"{path}?cursor=WyJ4Il0", "/documents/concerns?cursor=WyJ4IiwieSJd"):
        assert (await register.get(asked)).status_code == 422


async def test_a_new_entry_that_rests_on_a_repealed_document_is_found(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    await act(register, law, "repealed")
    await drain(register)
    await entered(register, "permit", register.permit(1))
    await drain(register)
    assert len(await open_findings(register, "K23")) == 1


async def test_of_two_editions_the_one_in_force_counts(register: RegisterWorld) -> None:
    await declare(register)
    old = await registered(register, **LAW)
    await registered(register, **LAW | {"issued": "2021-04-29"})
    await entered(register, "permit", register.permit(1))
    await act(register, old, "repealed")
    await drain(register)
    assert await open_findings(register, "K23") == []


async def test_a_new_edition_counts_from_its_day_and_the_old_one_until_then(register: RegisterWorld) -> None:
    await declare(register)
    day = datetime.now(UTC).astimezone(clock.ZONE).date() + timedelta(days=10)
    old = await registered(register, **LAW)
    await registered(register, **LAW | {"issued": "2021-04-29", "effective_from": day.isoformat()})
    await entered(register, "permit", register.permit(1))
    await drain(register)
    assert await open_findings(register, "K23") == []
    await act(register, old, "repealed", day.isoformat())
    await drain(register)
    assert await open_findings(register, "K23") == []
    for later in (9, 10, 12):
        clock.use(lambda later=later: datetime.now(UTC) + timedelta(days=later))
        await settle_days(register.engine)
        clock.use(None)
        assert await open_findings(register, "K23") == [], later


@pytest.mark.req("TH-42")
async def test_a_law_leads_to_every_entry_of_every_list_that_cites_it(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    entry = register.permit(1)
    permit, _ = await entered(register, "permit", entry, register.permit(2, basis=[basis(article="第三十九条")]))
    [power] = await entered(register, "power", entry)
    market = register.permit(7, materials=[{"name": "健康证明", "necessity": "required",
                                            "basis": "《食品安全法》第四十五条第二款"}])  # fmt: skip
    [third] = await entered(register, "implementation", market)
    await drain(register)
    path = f"/documents/{law['id']}/impact"
    whole = (await register.get(path)).json()["items"]
    assert {one["list_kind"] for one in whole} == {"permit", "power", "implementation"}
    article = (await register.get(f"{path}?article=第三十五条")).json()["items"]
    assert {one["item_id"] for one in article} >= {permit, power}
    assert all(one["article"] == "35" for one in article)
    assert {one["organ_name"] for one in article} == {"青县行政审批局"}
    [prose] = (await register.get(f"{path}?article=第四十五条")).json()["items"]
    assert (prose["item_id"], prose["path"], prose["article"]) == (third, "/materials/0/basis", "45.2")
    first = (await register.get(f"{path}?limit=2")).json()
    rest = (await register.get(f"{path}?limit=50&cursor={first['next']}")).json()
    assert [*first["items"], *rest["items"]] == whole
    assert (await register.get(f"{path}?kind=power")).json()["items"][0]["item_id"] == power
    assert (await register.get(f"{path}?article=没有")).json()["code"] == "article_number"


async def test_who_has_no_role_in_a_region_does_not_see_its_entries(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    await entered(register, "permit", register.permit(1))
    await drain(register)
    path = f"/documents/{law['id']}/impact"
    for place, count in ((PROVINCE, 1), (CITY, 1), (COUNTY, 1), ("440000000000", 0)):
        found = await register.get(path, who=register.token(("auditor", place)))
        assert len(found.json()["items"]) == count, place


@pytest.mark.req("TH-42", "TH-51")
async def test_an_amended_article_concerns_those_who_cite_it_until_they_have_followed(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    items = await entered(
        register, "permit", register.permit(1), register.permit(2, basis=[basis(article="第三十九条")]),
        register.permit(3, basis=[basis(article="")| {"kind": "implement"}, basis("行政许可法", "第二条")]),
    )  # fmt: skip
    await drain(register)
    await act(register, law, "amended", articles=["第三十五条"])
    await drain(register)
    found = {one["item_id"]: one for one in await open_findings(register, "K23")}
    assert set(found) == {items[0], items[2]}, "who cites the article, or the law as a whole"
    assert found[items[0]]["severity"] == "warn"
    await correct(register, items[0], {"basis": [basis(), basis("行政许可法", "第十二条")]})
    await correct(register, items[2], {"name": "换了名称的许可"})
    await drain(register)
    assert {one["item_id"] for one in await open_findings(register, "K23")} == {items[2]}
    await act(register, law, "repealed", "2026-02-01", articles=["第三十九条"])
    await drain(register)
    late = {one["item_id"]: one for one in await open_findings(register, "K23")}
    assert "第三十九条已删除" in late[items[1]]["message"]
    assert late[items[1]]["severity"] == "error"


async def test_an_event_that_comes_again_opens_nothing_twice(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    await entered(register, "permit", *[register.permit(number) for number in range(1, 6)])
    await act(register, law, "repealed")
    await drain(register)
    opened = len(await register.events("finding.opened"))
    await act_again(register)
    await drain(register)
    await settle_days(register.engine)
    assert len(await open_findings(register, "K23")) == 5
    assert len(await register.events("finding.opened")) == opened


async def act_again(world: RegisterWorld) -> None:
    """Set the consumer back, as after a restore: it reads all of its events again."""
    async with world.owner.begin() as connection:
        await connection.execute(
            text("UPDATE qingdan.consumer SET position = 0 WHERE name = :name"), {"name": DOCUMENTS.name}
        )


async def test_a_repeal_announced_for_a_later_day_is_told_on_that_day(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    await entered(register, "permit", register.permit(1))
    today = datetime.now(UTC).astimezone(clock.ZONE).date()
    await act(register, law, "repealed", (today + timedelta(days=10)).isoformat())
    await drain(register)
    assert await open_findings(register, "K23") == []
    clock.use(lambda: datetime.now(UTC) + timedelta(days=9))
    await settle_days(register.engine)
    assert await open_findings(register, "K23") == []
    clock.use(lambda: datetime.now(UTC) + timedelta(days=12))
    await settle_days(register.engine)
    clock.use(None)
    assert len(await open_findings(register, "K23")) == 1


async def test_a_document_that_expires_or_is_corrected_is_followed(register: RegisterWorld) -> None:
    await declare(register)
    body = LAW | {"expires_on": "2025-12-31"}
    law = await registered(register, **body)
    [item] = await entered(register, "permit", register.permit(1))
    await drain(register)
    [finding] = await open_findings(register, "K23")
    assert "有效期已届满（2026-01-01）" in finding["message"]
    answer = await register.put(f"/documents/{law['id']}", LAW, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    await drain(register)
    assert await open_findings(register, "K23") == []
    later = await register.put(f"/documents/{law['id']}", LAW | {"effective_from": "2099-01-01"},
                               headers={"If-Match": '"2"'})  # fmt: skip
    assert later.status_code == 200
    await drain(register)
    [early] = await open_findings(register, "K23")
    assert (early["severity"], early["item_id"]) == ("warn", item)
    renamed = await register.put(
        f"/documents/{law['id']}", LAW | {"title": "全然不同的法律"}, headers={"If-Match": '"3"'}
    )
    assert renamed.status_code == 200
    await drain(register)
    assert await open_findings(register, "K23") == [], "nothing rests on it any more"


async def test_a_permit_set_by_a_provincial_rule_is_warned_of_and_ends_after_a_year(register: RegisterWorld) -> None:
    await declare(register)
    rule = await registered(register, title="测试省许可管理规定", kind="provincial_rule",
                            number="测试省人民政府令第382号", issued="2025-03-01",
                            effective_from="2025-04-01", region_code=PROVINCE)  # fmt: skip
    row = basis("测试省许可管理规定", "第三条", document_kind="provincial_rule")
    temporary, _ = await entered(
        register, "permit", register.permit(1, basis=[row]), register.permit(2, basis=[row, basis()])
    )
    said = {}
    for day, count in (("2026-01-15", 0), ("2026-02-01", 1), ("2026-04-01", 1), ("2026-04-02", 1)):
        noon = datetime.fromisoformat(f"{day}T12:00:00+08:00")
        clock.use(lambda noon=noon: noon)
        await drain(register)
        await settle_days(register.engine)
        found = await open_findings(register, "V30")
        assert len(found) == count, day
        said[day] = found[0]["severity"] if found else None
        assert all(one["item_id"] == temporary for one in found)
    assert list(said.values()) == [None, "warn", "warn", "error"]
    clock.use(None)
    answer = await register.put(
        f"/documents/{rule['id']}", {"title": "测试省许可管理条例", "kind": "local_regulation", "issued": "2026-04-03",
                                     "number": "测试省人民政府令第382号", "region_code": PROVINCE},
        headers={"If-Match": '"1"'},
    )  # fmt: skip
    assert answer.status_code == 200
    await drain(register)
    assert await open_findings(register, "V30") == []


async def test_a_batch_of_entries_costs_a_few_statements(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    await entered(register, "permit", *[register.permit(number) for number in range(1, 401)])
    await drain(register, DOCUMENTS)
    with counted(register.engine) as sent:
        await drain(register, BASES)
    assert len(sent) < 20, sent
    await act(register, law, "repealed")
    with counted(register.engine) as sent:
        await drain(register, DOCUMENTS)
    assert len(sent) < 20, sent
    assert len(await open_findings(register, "K23")) == 400
