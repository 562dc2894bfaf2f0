"""The permit lists of Zezhou of 2022, over HTTP on running processes: claimed, reviewed together, reported, decided.

The reform office organises the claim of what is listed above; the county government decides, the list is public and the
city's office has its copy by the end of 2022, the township's list beside it. Later a change above opens work with a due
date, organs dispute who supervises, and a disguised permit is put right late.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.notices import zezhou
from tests.journeys.notices.acts import (
    ADJUSTMENTS,
    CAMPAIGNS,
    LEGAL,
    PASS,
    TASKS,
    acts_of,
    due_day,
    enact,
    enter,
    messages,
    once_done,
    owed,
    refused,
    steps,
)
from tests.journeys.notices.zezhou import COUNTY, FOOD, FREIGHT, HOMESTEAD, HYGIENE, PORT, TOWN
from tests.journeys.stage import GROUNDS
from tests.journeys.trial import Trial, trial

ORDERS, SUSPECTS = "/workflow/v1/rectification-orders", "/catalog/v1/disguised-permits"
DECIDED = {"meeting": "县政府第20次常务会议", "date": "2022-12-01", "number": "泽政审〔2022〕20号"}

# Alone a story takes half a minute; beside other work on the machine several.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def county(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trial]:
    """The county in October 2022."""
    folder = tmp_path_factory.mktemp("zezhou")
    with trial(cluster, valkey, template_database, folder, "2022-10-08 09:00") as system:
        zezhou.settle_in(system)
        yield system


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What earlier chapters leave to later ones: ids by name."""
    return {}


@pytest.mark.req("ZZ-03")
def test_the_reform_office_plans_and_offers_each_organ_what_is_listed_above(
    county: Trial, told: dict[str, Any]
) -> None:
    county.at("2022-10-10 09:00")
    planned = county.posts["shengai"].post(CAMPAIGNS, zezhou.plan(county))
    told["campaign"] = county.posts["shengai"].post(f"{CAMPAIGNS}/{planned['id']}/start")["id"]
    lists = {one["region_code"]: one for one in owed(county, "shengai", told["campaign"], subject="list")}
    assert {code: due_day(one) for code, one in lists.items()} == {COUNTY: "2022-12-31", TOWN: "2022-12-31"}
    told["lists"] = {code: one["id"] for code, one in lists.items()}
    how = {"source_kinds": ["base_catalogue"], "item_types": ["01"], "due_days": 30, "required": True,
           "source": zezhou.NOTICE, **GROUNDS}  # fmt: skip
    county.posts["shengai"].put(f"/catalog/v1/claim-plans/{COUNTY}/permit", how, '"0"')
    county.settle()
    offered = zezhou.claims(county, COUNTY)
    assert {name: one["state"] for name, one in offered.items()} == {
        FOOD: "claimed", FREIGHT: "offered", HYGIENE: "offered", PORT: "offered", HOMESTEAD: "offered",
    }  # fmt: skip
    assert set(zezhou.claims(county, TOWN)) == {HOMESTEAD}, "each level what it exercises"
    # Thirty days, the day of the offer not counted, until the last second of the last one.
    assert {one["due_at"] for name, one in offered.items() if name != FOOD} == {"2022-11-09T15:59:59Z"}
    for name, organ in ((FREIGHT, "traffic"), (PORT, "traffic"), (HYGIENE, "health"), (HOMESTEAD, "rural")):
        zezhou.answer(county, "shengai", "assign", offered[name], organ_id=county.organs[organ], reason="按三定规定")
    county.settle()
    (task,) = county.posts["jiaotong"].get(TASKS, kind="claim")["items"]
    assert due_day(task) == "2022-11-09"
    told["claim"] = task["id"]


@pytest.mark.req("ZZ-10")
def test_organs_claim_say_why_not_or_dispute_and_the_government_decides(county: Trial, told: dict[str, Any]) -> None:
    county.at("2022-10-20 09:00")
    offered = zezhou.claims(county, COUNTY)
    zezhou.answer(county, "jiaotong", "claim", offered[FREIGHT], organ_id=county.organs["traffic"])
    zezhou.answer(county, "nongye", "claim", offered[HOMESTEAD], organ_id=county.organs["rural"])
    without = refused(county, "jiaotong", "/catalog/v1/claims/exclude", {"claim_ids": [offered[PORT]["id"]]})
    assert without["status"] == 422
    zezhou.answer(county, "jiaotong", "exclude", offered[PORT], reason="本县不临江海，无港口")
    path = f"/catalog/v1/claims/{offered[HYGIENE]['id']}"
    objection = {"opinion": "公共场所卫生已随机构改革划出", "proposed_organ_id": county.organs["market"]}
    county.posts["weijian"].post(f"{path}/dispute", objection)
    county.settle()
    told["dispute"] = county.until(
        lambda: county.posts["xianzf"].get(TASKS, kind="claim")["items"], "the dispute lies before nobody"
    )[0]["id"]
    record = {"meeting": "县政府第18次常务会议", "date": "2022-10-26", "number": "泽政审〔2022〕18号"}
    verdict = {"outcome": "claimed", "organ_id": county.organs["market"], "decision": record}
    assert refused(county, "shengai", f"{path}/decide", verdict)["status"] == 403
    county.at("2022-10-26 16:00")
    county.posts["xianzf"].post(f"{path}/decide", verdict)
    county.settle()
    after = zezhou.claims(county, COUNTY)
    assert {name: one["state"] for name, one in after.items()} == {
        FOOD: "claimed", FREIGHT: "claimed", HYGIENE: "claimed", HOMESTEAD: "claimed", PORT: "not_applicable",
    }  # fmt: skip
    assert (after[HYGIENE]["organ_id"], after[HYGIENE]["decision"]["number"]) == (
        county.organs["market"], record["number"],
    )  # fmt: skip
    assert {name for name, one in after.items() if one["pending"]} == {FREIGHT, HYGIENE, HOMESTEAD}, "not listed yet"


@pytest.mark.req("ZZ-02", "ZZ-09")
def test_the_list_is_reviewed_together_and_reported_to_the_city_before_the_decision(
    county: Trial, told: dict[str, Any]
) -> None:
    county.at("2022-11-07 09:00")
    told["adjustment"] = id_ = zezhou.joint(county)
    path = f"{ADJUSTMENTS}/{id_}"
    county.act("shengai", id_, "review", PASS)
    assert refused(county, "fazhi", f"{path}/legality", LEGAL)["status"] == 409, "health has not agreed"
    county.act("weijian", id_, "review", PASS)
    county.act("fazhi", id_, "legality", LEGAL)
    early = refused(county, "xianzf", f"{path}/decide", {"decision": DECIDED | {"date": "2022-11-07"}})
    assert (early["status"], early["allowed"]) == (409, ["report"])
    package = county.posts["shengai"].get(f"{path}/report-package")
    assert (len(package["changes"]), package["receipt"]["organ_id"]) == (3, county.organs["market"])
    county.at("2022-11-21 10:00")
    told["report"] = {"sent_on": "2022-11-08", "receipt_number": "晋市审改收〔2022〕12号", "receipt_date": "2022-11-18"}
    county.act("shengai", id_, "report", told["report"])
    (step,) = steps(county, id_, act="report")
    assert (step["state"], step["record"]["receipt_number"]) == ("passed", told["report"]["receipt_number"])
    assert step["record"]["content_hash"] == package["receipt"]["content_hash"]


@pytest.mark.req("ZZ-11", "ZZ-03")
def test_the_government_decides_the_list_is_public_and_the_city_has_its_copy(
    county: Trial, told: dict[str, Any]
) -> None:
    id_, listed = told["adjustment"], county.lists["permit", COUNTY]
    county.at("2022-12-01 15:00")
    county.act("xianzf", id_, "decide", {"decision": DECIDED})
    county.wait_for(id_, "effective")
    met = once_done(county, "shengai", told["lists"][COUNTY])
    assert (met["late"], met["decided_at"] <= met["published_at"]) == (False, True)
    county.until(
        lambda: {FOOD, FREIGHT, HYGIENE, HOMESTEAD} == set(zezhou.public(county, listed)), "the list is not public"
    )
    county.settle()
    closed = {name for name, one in zezhou.claims(county, COUNTY).items() if one["closed_at"]}
    assert closed >= {FREIGHT, HYGIENE, HOMESTEAD}
    zezhou.accept(county, county.lists["power", COUNTY])
    page = county.until(
        lambda: (now := county.admin.get(f"{ADJUSTMENTS}/{id_}"))["published_at"] and now, "it is not published"
    )
    assert page["filed_at"] is None
    (copy,) = steps(county, id_, act="file")
    assert (copy["recipient"], due_day(copy)) == (zezhou.ORGANS["city"][0], "2022-12-31")
    county.at("2022-12-05 09:00")
    county.act("shengai", id_, "filings", {"receipt_number": "晋市审改备〔2022〕40号", "date": "2022-12-05"})
    assert county.admin.get(f"{ADJUSTMENTS}/{id_}")["filed_at"] is not None


@pytest.mark.req("ZZ-03")
def test_the_township_has_its_list_by_the_end_of_the_year_and_the_countys_covers_it(
    county: Trial, told: dict[str, Any]
) -> None:
    listed = county.lists["permit", TOWN]
    county.at("2022-12-20 09:00")
    record = {"decision": {"meeting": "县政府第21次常务会议", "date": "2022-12-19", "number": "泽政审〔2022〕21号"}}
    problem = refused(county, "xianzf", f"/catalog/v1/lists/{listed}/enact", record)
    assert (problem["code"], problem["left"]) == ("claims_open", 1)
    offered = zezhou.claims(county, TOWN)[HOMESTEAD]
    zezhou.answer(county, "zhen", "claim", offered, organ_id=county.organs["town"])
    enter(county, "zhen", listed, [zezhou.entry(county, HOMESTEAD, "town", "5")])
    county.settle()
    enact(county, "xianzf", listed, "县政府第21次常务会议", "2022-12-19", "泽政审〔2022〕21号")
    assert once_done(county, "shengai", told["lists"][TOWN])["late"] is False
    covered = county.admin.all_of(f"/catalog/v1/lists/{county.lists['permit', COUNTY]}/covered-items")
    assert {one["region_code"] for one in covered} == {COUNTY, TOWN}
    assert county.admin.all_of("/catalog/v1/findings", region_code=TOWN, rule="K20_TOWN", state="open") == []
    county.at("2023-01-01 09:00")
    assert owed(county, "shengai", told["campaign"], overdue="true", subject="list") == []


def test_a_change_above_opens_the_countys_work_with_a_day_and_linked_lists_follow(
    county: Trial, told: dict[str, Any]
) -> None:
    county.at("2023-02-01 09:00")
    zezhou.above_changes(county, {"operation": "cancel", "item_id": county.permits[FREIGHT]}, "2023-02-01")
    (draft,) = zezhou.drafts(county, county.lists["permit", COUNTY])
    assert draft["elements"] == {"state": "cancelled"}
    (task,) = county.posts["shengai"].get(TASKS, kind="linkage_draft")["items"]
    assert (due_day(task), task["overdue"]) == ("2023-03-03", False)
    county.at("2023-03-02 09:00")
    county.until(lambda: "warned" in acts_of(county, "shengai", task["id"]), "nobody was warned the day before")
    county.at("2023-03-03 17:30")
    assert county.posts["shengai"].get(f"{TASKS}/{task['id']}")["overdue"] is False, "the day is not over"
    county.at("2023-03-04 09:00")
    county.until(lambda: "overdue" in acts_of(county, "shengai", task["id"]), "the lateness was not told")
    assert len(messages(county, "shengai", "overdue", "linkage_draft")) == 1
    zezhou.accept(county, county.lists["permit", COUNTY])
    zezhou.accept(county, county.lists["power", COUNTY])
    for kind in ("permit", "power"):
        listed = county.lists[kind, COUNTY]
        county.until(lambda listed=listed: FREIGHT not in zezhou.public(county, listed), f"{kind} did not follow")
    assert county.posts["shengai"].get(TASKS, kind="linkage_draft")["items"] == []


@pytest.mark.req("ZZ-53")
def test_a_dispute_about_who_supervises_locks_the_element_until_the_government_has_decided(
    county: Trial, told: dict[str, Any]
) -> None:
    found = county.admin.all_of("/catalog/v1/items", code=zezhou.base_code(FOOD))
    (row,) = [one for one in found if (one["kind"], one["region_code"]) == ("permit", COUNTY)]
    path = f"/catalog/v1/items/{row['id']}/supervision"
    organs = [county.organs["market"], county.organs["health"]]
    about = {"organ_ids": organs, "question": "集中用餐单位的食品安全由哪个部门监管"}
    dispute = county.posts["weijian"].post(f"{path}/disputes", about)
    assert refused(county, "shichang", f"{path}/disputes", about)["code"] == "dispute_open"
    changed = {"operation": "modify", "item_id": row["id"], "elements": {"supervising_body": organs[1]}}
    tried = county.open(changed, who="shichang", organ="market")["id"]
    locked = refused(county, "shichang", f"{ADJUSTMENTS}/{tried}/submit")
    assert (locked["status"], locked["code"]) == (409, "element_disputed")
    waiting = county.until(
        lambda: county.posts["xianzf"].get(TASKS, kind="dispute")["items"], "the dispute lies before nobody"
    )
    assert [one["href"] for one in waiting] == [f"/catalog/v1/supervision/disputes/{dispute['id']}"]
    decide = f"/catalog/v1/supervision/disputes/{dispute['id']}/decide"
    record = {"meeting": "县政府第24次常务会议", "date": "2023-03-03", "number": "泽政审〔2023〕24号"}
    verdict = {"supervising_body": organs[0], "joint_bodies": [organs[1]], "decision": record}
    assert refused(county, "shengai", decide, verdict)["status"] == 403
    ended = county.posts["xianzf"].post(decide, verdict)
    assert (ended["state"], ended["decision"]["number"]) == ("decided", record["number"])
    county.until(
        lambda: not county.posts["xianzf"].get(TASKS, kind="dispute")["items"], "the task of the government stays"
    )
    (determined, *_) = county.admin.get(path)["items"]
    assert determined["supervising_body"] == organs[0]


@pytest.mark.req("ZZ-32", "ZZ-62")
def test_a_disguised_permit_is_ordered_to_stop_and_rises_level_by_level_while_it_is_late(
    county: Trial, told: dict[str, Any]
) -> None:
    county.at("2023-03-13 09:00")
    county.operation(county.posts["shengai"].post(f"{SUSPECTS}/scans", {"region_code": COUNTY}))
    (suspect,) = county.posts["shengai"].all_of(SUSPECTS, within=COUNTY)
    wish = {
        "subject": f"suspect/{suspect['id']}", "number": "泽整〔2023〕3号", "requirement": "停止以备案名义实施的审批",
        "remedy": "stop", "severity": "serious", "due_on": "2023-04-10",
    }  # fmt: skip
    assert refused(county, "shengai", ORDERS, wish)["code"] == "not_judged"
    county.posts["shengai"].post(
        f"{SUSPECTS}/{suspect['id']}/verdict", {"verdict": "disguised", "reason": "未经备案不得经营"}
    )
    told["order"] = order = county.posts["shengai"].post(ORDERS, wish)
    path = f"{ORDERS}/{order['id']}"
    (task,) = county.posts["shichang"].get(TASKS, kind="rectification")["items"]
    assert (task["id"], due_day(task)) == (order["id"], "2023-04-10")
    county.at("2023-04-07 09:00")
    county.until(lambda: "warned" in acts_of(county, "shengai", task["id"]), "nobody was warned before")
    assert county.posts["shengai"].get(path)["escalation"] == 0
    for moment, level, who in (("2023-04-11 09:00", 1, "xianzf"), ("2023-04-19 09:00", 2, "shi")):
        county.at(moment)
        zezhou.rises(county, path, level)
        (above,) = county.posts[who].get(TASKS, kind="rectification")["items"]
        assert order["id"] in above["subject"]
    measure = {"measure": "accountability", "basis": "县政府督查通报〔2023〕2号", "reason": "逾期未整改"}
    county.posts["xianzf"].post(f"{path}/measures", measure)
    assert county.posts["shichang"].get(path)["measures"] is None, "who was held to account is not shown to everybody"


@pytest.mark.req("ZZ-29", "ZZ-62")
def test_it_is_put_right_only_when_the_list_shows_it(county: Trial, told: dict[str, Any]) -> None:
    path = f"{ORDERS}/{told['order']['id']}"
    county.at("2023-04-20 09:00")
    proof = {
        "statement": "已停止实施并公告",
        "evidence": [{"title": "公告", "reference": "泽市监发〔2023〕8号", "sha256": "8a" * 32}],
    }
    county.posts["shichang"].post(f"{path}/report", proof)
    assert refused(county, "shengai", f"{path}/accept", {"reason": "核验"})["code"] == "not_rectified"
    zezhou.stopped(county, told["order"]["item_id"])
    closed = county.posts["shengai"].post(f"{path}/accept", {"reason": "已核验，整改到位"})
    assert [one["act"] for one in closed["history"]] == [
        "issued", "escalated", "escalated", "reported", "accepted",
    ]  # fmt: skip
    for who in ("xianzf", "shi", "shichang"):
        assert county.posts[who].get(TASKS, kind="rectification")["items"] == []
