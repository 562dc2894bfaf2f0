"""The directory and the responsibility list of Tonghua in 2016, over HTTP on running processes.

Departments report to the legal office and the reform office, both agree, both take it on file; the directory follows.
By the end of June the responsibility list and the methods of supervision; then handling records are held against the
directory, and the supervision bureau reads everything and verifies the sealed log with nothing but Python.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.demo.people import Refused
from shared.system import ROOT
from tests.journeys.notices import tonghua
from tests.journeys.notices.acts import (
    ADJUSTMENTS,
    CAMPAIGNS,
    LEGAL,
    OBLIGATIONS,
    acts_of,
    due_day,
    enact,
    new_list,
    once_done,
    owed,
    refused,
    steps,
)
from tests.journeys.notices.tonghua import CITY, EARLIER, NAMES
from tests.journeys.trial import Trial, trial

FREIGHT, STATION, TAXI, REPAIR = NAMES
NEW = "网络预约出租汽车经营许可"
VIOLATIONS = "/workflow/v1/violations"

# Alone a story takes half a minute; beside other work on the machine several.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def city(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trial]:
    """The city with its directory at the beginning of 2016."""
    folder = tmp_path_factory.mktemp("tonghua")
    with trial(cluster, valkey, template_database, folder, "2016-01-04 09:00") as system:
        tonghua.settle_in(system)
        yield system


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What earlier chapters leave to later ones: ids by name."""
    return {}


@pytest.mark.req("TH-46")
def test_what_the_state_cancels_leaves_the_directory_when_both_offices_agree(city: Trial, told: dict[str, Any]) -> None:
    city.at("2016-03-01 09:00")
    change = {"operation": "cancel", "item_id": city.permits[STATION]}
    opened = city.open(change, who="jiaotong", organ="transport", trigger="SUPERIOR_CANCEL", trigger_reference=EARLIER)
    told["cancelled"] = id_ = opened["id"]
    city.submit(id_, "jiaotong")
    assert refused(city, "fazhi", f"{ADJUSTMENTS}/{id_}/legality", LEGAL)["status"] == 409, "nobody has signed"
    city.act("jiaotong-zr", id_, "sign", {"seal": {"reference": "档案号 2016-002"}})
    waiting = {one["for_role"] for one in city.admin.get(f"{ADJUSTMENTS}/{id_}")["waiting"]}
    assert waiting == {"reviewer", "legality_reviewer"}, "both offices at once"
    assert refused(city, "jiaotong", f"{ADJUSTMENTS}/{id_}/legality", LEGAL)["status"] == 403
    city.act("shengai", id_, "review", {"outcome": "pass", "opinion": "属上级取消"})
    decision = {"decision": {"meeting": "市政府第3次常务会议", "date": "2016-03-01", "number": "通政审〔2016〕3号"}}
    early = refused(city, "shizf", f"{ADJUSTMENTS}/{id_}/decide", decision)
    assert (early["status"], early["allowed"]) == (409, ["legality"]), "one of the two is not enough"
    city.act("fazhi", id_, "legality", LEGAL)
    city.act("shizf", id_, "decide", decision)
    told_of = city.until(
        lambda: (page := city.admin.get(f"{ADJUSTMENTS}/{id_}"))["published_at"] and page, "it is not published"
    )
    assert (told_of["kind"], told_of["trigger"]) == ("cancel", "SUPERIOR_CANCEL")
    city.until(lambda: set(tonghua.directory(city)) == {FREIGHT, TAXI, REPAIR}, "the directory still shows it")


@pytest.mark.req("TH-46")
def test_it_is_complete_only_with_the_receipts_of_both_offices(city: Trial, told: dict[str, Any]) -> None:
    id_ = told["cancelled"]
    filings = {step["recipient"]: due_day(step) for step in steps(city, id_, act="file")}
    assert filings == {"法制办": "2016-03-31", "审改领导小组办公室": "2016-03-31"}
    city.at("2016-03-10 09:00")
    path = f"{ADJUSTMENTS}/{id_}"
    assert refused(city, "jiaotong", f"{path}/filings", tonghua.receipt("法制办", "2016-03-10"))["status"] == 403
    city.act("shengai", id_, "filings", tonghua.receipt("法制办", "2016-03-09"))
    half = city.admin.get(path)
    assert (half["filed_at"], half["complete"]) == (None, False)
    other = tonghua.receipt("法制办", "2016-03-10") | {"receipt_number": "另一号"}
    assert refused(city, "shengai", f"{path}/filings", other)["code"] == "already_filed"
    city.act("shengai", id_, "filings", tonghua.receipt("审改领导小组办公室", "2016-03-10"))
    whole = city.admin.get(path)
    assert whole["filed_at"] is not None
    assert {step["recipient"] for step in whole["steps"] if step["act"] == "file" and step["record"]} == set(filings)


@pytest.mark.req("TH-02", "TH-43", "TH-45")
def test_what_is_devolved_added_or_changed_is_shown_as_it_is_now(city: Trial, told: dict[str, Any]) -> None:
    city.at("2016-04-05 09:00")
    devolved = {"operation": "modify", "item_id": city.permits[REPAIR], "elements": {"level": "3,4"}}
    first = city.open(devolved, who="jiaotong", organ="transport", trigger="LOCAL_INITIATIVE",
                      trigger_reference=EARLIER, title="下放机动车维修经营许可")  # fmt: skip
    added = {"operation": "add", "list_id": city.lists["permit", CITY], "elements": tonghua.permit(city, NEW, 9)}
    changed = {"operation": "modify", "item_id": city.permits[TAXI], "elements": {"conditions": ["有符合条件的车辆"]}}
    second = city.open(added, changed, who="jiaotong", organ="transport", trigger="PROCESS_CHANGE",
                       trigger_reference=EARLIER, title="新增并调整要素")  # fmt: skip
    for one in (first, second):
        tonghua.approved(city, one["id"], "2016-04-05")
    pages = [city.admin.get(f"{ADJUSTMENTS}/{one['id']}") for one in (first, second)]
    assert [page["kind"] for page in pages] == ["devolve", "add"]
    assert {page["procedure_code"] for page in pages} == {"two_offices"}
    template = city.admin.get("/workflow/v1/procedure-templates/two_offices")
    assert "法制办" in template["source"]
    shown = city.until(lambda: (rows := tonghua.directory(city)).get(NEW) and rows, "the new one is not public")
    assert set(shown) == {FREIGHT, TAXI, REPAIR, NEW}
    told["items"] = {name: row["id"] for name, row in shown.items()}
    page = city.public(f"/items/{shown[TAXI]['id']}").json()["elements"]
    assert page["conditions"] == ["有符合条件的车辆"]
    assert city.elements(shown[REPAIR]["id"])["level"] == "3,4"


@pytest.mark.req("TH-10", "TH-30")
def test_list_and_methods_are_due_at_the_end_of_june(city: Trial, told: dict[str, Any]) -> None:
    listed = new_list(city, "shengai", "responsibility", CITY, "reform", "transport")
    planned = city.posts["shengai"].post(CAMPAIGNS, tonghua.plan(city))
    told["campaign"] = city.posts["shengai"].post(f"{CAMPAIGNS}/{planned['id']}/start")["id"]
    (duties,) = owed(city, "shengai", told["campaign"], subject="list")
    papers = {one["organ_name"]: one for one in owed(city, "shengai", told["campaign"], subject="document")}
    assert {due_day(one) for one in (duties, *papers.values())} == {"2016-06-30"}
    city.at("2016-06-20 09:00")
    paper = {"title": "交通运输行政职权事中事后监督管理办法", "reference": "档案号 2016-61", "sha256": "61" * 32}
    mine = papers[tonghua.ORGANS["transport"][0]]["id"]
    assert city.posts["jiaotong"].post(f"{OBLIGATIONS}/{mine}/submit", paper)["late"] is False
    tonghua.compile_duties(city, listed)
    enact(city, "shizf", listed, "市政府第9次常务会议", "2016-06-17", "通政〔2016〕9号")
    assert once_done(city, "shengai", duties["id"])["late"] is False
    city.at("2016-07-01 09:00")
    (late,) = owed(city, "shengai", told["campaign"], overdue="true", milestone="2")
    assert late["organ_name"] == tonghua.ORGANS["commerce"][0]
    city.until(lambda: "overdue" in acts_of(city, "shengai", late["id"]), "the lateness was not told")


@pytest.mark.req("TH-29")
def test_a_limit_warns_in_grades_across_the_national_day_and_then_is_a_violation(
    city: Trial, told: dict[str, Any]
) -> None:
    city.at("2016-09-26 10:00")
    told["platform"] = platform = tonghua.Platform(city, city.admin)
    code = city.elements(told["items"][FREIGHT])["implementation_code"]
    (row,) = platform.tell(tonghua.record(city, "2016-0001", code, FREIGHT, "2016-09-26T10:00:00+08:00"))
    # 1 to 7 October are free, 8 and 9 October, a weekend, are worked.
    assert (row["standing"], row["violations"], due_day(row)) == ("in_use", [], "2016-10-13")
    path = f"/workflow/v1/handling-records/{row['id']}"
    for moment, grade in (
        ("2016-09-28 09:00", None),
        ("2016-10-05 09:00", "share_50"),
        ("2016-10-12 09:00", "share_80"),
    ):
        city.at(moment)
        city.settle()
        tonghua.warned(city, path, grade)
    city.at("2016-10-14 09:00")
    shown = tonghua.warned(city, path, "overdue")
    said = [one["grade"] for one in shown["warnings"] if one["told_at"]]
    assert said == ["share_50", "share_80", "share_100", "overdue"]
    (found,) = city.posts["shengai"].all_of(VIOLATIONS, region=CITY)
    assert (found["kind"], found["number"], found["item_id"]) == ("limit_exceeded", "2016-0001", told["items"][FREIGHT])


@pytest.mark.req("TH-49")
def test_what_is_carried_out_without_being_in_the_directory_names_leader_and_handler(
    city: Trial, told: dict[str, Any]
) -> None:
    gone = city.item(city.permits[STATION])["elements"]["implementation_code"]
    unknown = gone[:-3] + "999"
    accepted = "2016-10-14T09:10:00+08:00"
    rows = told["platform"].tell(
        tonghua.record(city, "2016-0002", gone, STATION, accepted),
        tonghua.record(city, "2016-0003", unknown, "电动三轮车营运审批", accepted),
    )
    assert [(row["standing"], row["violations"]) for row in rows] == [
        ("cancelled", ["cancelled"]), ("unlisted", ["unlisted"]),
    ]  # fmt: skip
    found = {one["number"]: one for one in city.posts["shengai"].all_of(VIOLATIONS, region=CITY)}
    for number in ("2016-0002", "2016-0003"):
        assert (found[number]["severity"], found[number]["responsible"]) == ("serious", tonghua.RESPONSIBLE)
        assert found[number]["organ_name"] == tonghua.ORGANS["transport"][0]
    (seen,) = [one for one in city.posts["jiaotong"].all_of(VIOLATIONS, region=CITY, organ=city.organs["transport"])
               if one["number"] == "2016-0003"]  # fmt: skip
    assert seen["responsible"] is None, "persons are shown to those who supervise alone"
    feed = city.public("/feed", params={"after": 0, "limit": 500}).text
    assert not any(word in feed for word in ("violation", "TH0001", "TH0317"))


def test_a_correction_notice_is_owed_within_two_working_days_and_the_clock_knows_the_holiday(
    city: Trial, told: dict[str, Any]
) -> None:
    due = city.posts["shengai"].get(
        f"/workflow/v1/calendars/{CITY}/due-day", start="2016-09-30", amount=tonghua.WITHIN["amount"],
        unit=tonghua.WITHIN["unit"],
    )  # fmt: skip
    assert (due["due_on"], due["provisional"]) == ("2016-10-09", False)
    limits = {"thresholds": [50, 80, 100], "complaint_limits": {"hotline_12345": tonghua.WITHIN}}
    city.admin.put(f"/workflow/v1/oversight/settings/{CITY}", limits, '"0"')
    city.at("2016-12-30 15:00")
    complaint = city.posts["shengai"].post("/workflow/v1/complaints", {
        "source": "hotline_12345", "reference": "20161230001", "region_code": CITY, "item_id": told["items"][TAXI],
        "subject": "inaction", "text": "材料不全未一次性书面告知",
    })  # fmt: skip
    assert due_day(complaint) == "2017-01-04", "31 December to 2 January are free"
    city.at("2017-01-05 09:00")
    city.until(lambda: "overdue" in acts_of(city, "shengai", complaint["id"]), "the lateness was not told")


@pytest.mark.req("TH-50", "TH-53")
def test_the_supervision_bureau_reads_everything_changes_nothing_and_verifies_the_log(
    city: Trial, told: dict[str, Any]
) -> None:
    bureau = city.posts["jiancha"]
    types = {one["type"] for one in bureau.all_of("/workflow/v1/audit/events", region=CITY)}
    assert {"adjustment.filed", "violation.found", "campaign.started", "complaint.received"} <= types
    about = bureau.all_of("/workflow/v1/audit/events", region=CITY, adjustment=told["cancelled"])
    assert [one["type"] for one in about if one["type"] == "adjustment.filed"] == ["adjustment.filed"] * 2
    assert bureau.get(f"{ADJUSTMENTS}/{told['cancelled']}")["decision"]["number"] == "通政审〔2016〕3号"
    (seen, *_) = bureau.all_of(VIOLATIONS, region=CITY, kind="unlisted")
    assert seen["responsible"] == tonghua.RESPONSIBLE
    assert refused(city, "jiancha", f"{VIOLATIONS}/{seen['id']}/dismiss", {"reason": "试"})["status"] == 403
    with pytest.raises(Refused) as other:
        city.posts["shengai"].get("/workflow/v1/audit/events")
    assert other.value.status == 403
    newest = city.ask("SELECT max(position) FROM qingdan.event")
    (seal,) = city.until(
        lambda: [one for one in city.public("/seals").json()["items"][:1] if one["to"] >= newest], "nothing is sealed"
    )
    exported, key = city.calendar.parent / "log.jsonl", city.calendar.parent / "seal.pem"
    first = max(1, seal["number"] - 30)
    exported.write_bytes(tonghua.exported(city, "jiancha", first, seal["number"]))
    key.write_text(city.public("/seal-key").json()["public_key"])
    assert "as sealed" in verify(exported, key, 0)
    exported.write_bytes(exported.read_bytes().replace(b"complaint.received", b"complaint.receiv3d", 1))
    assert "as sealed" not in verify(exported, key, 1)


def verify(exported: Any, key: Any, expected: int) -> str:
    """What the stand-alone script says of an export, with nothing of the product in its path."""
    script = [sys.executable, "-I", str(ROOT / "docs" / "verify_log.py"), str(exported), str(key)]
    answer = subprocess.run(script, cwd=exported.parent, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == expected, answer.stdout + answer.stderr
    return answer.stdout
