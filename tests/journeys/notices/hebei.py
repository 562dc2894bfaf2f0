"""The province of the notice of 2 December 2014, with a city and a county below it, and what they list as duties.

Facts and dates are those of 冀政办函〔2014〕100号;
who sits where and what the departments list is made up.
"""

from __future__ import annotations

from typing import Any

from tests.journeys.notices.acts import PASS, TASKS, charge, enter, new_list
from tests.journeys.stage import GROUNDS
from tests.journeys.trial import Trial

PROVINCE, CITY, COUNTY = "130000000000", "130900000000", "130922000000"
NOTICE = "《关于建立责任清单制度的实施方案》（冀政办函〔2014〕100号）"
PUBLIC_BY = {PROVINCE: "2015-03-31", CITY: "2015-06-30", COUNTY: "2015-06-30"}
SECTIONS = ("duty", "boundary", "public_service", "supervision")
REGIONS = (
    ("130000", "河北省", "province", "administrative", None),
    ("130900", "沧州市", "city", "administrative", "130000"),
    ("130922", "青县", "county", "administrative", "130900"),
)
ORGANS = {
    "staffing": ("河北省机构编制委员会办公室", "department", PROVINCE),
    "environment": ("河北省环境保护厅", "department", PROVINCE),
    "housing": ("河北省住房和城乡建设厅", "department", PROVINCE),
    "station": ("河北省环境监测中心站", "institution_with_administrative_duties", PROVINCE),
    "city_staffing": ("沧州市机构编制委员会办公室", "department", CITY),
    "county_staffing": ("青县机构编制委员会办公室", "department", COUNTY),
}
POSTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "bianban": ("省编委办审核岗", [("reviewer", PROVINCE, None)]),
    "bianban-02": ("省编委办审核岗", [("reviewer", PROVINCE, "staffing")]),
    "qiantou": ("省责任清单牵头岗", [("list_authority", PROVINCE, "staffing")]),
    "huanbao": ("环保厅编制岗", [("compiler", PROVINCE, "environment")]),
    "huanbao-zr": ("环保厅负责人岗", [("principal", PROVINCE, "environment")]),
    "zhujian": ("住建厅编制岗", [("compiler", PROVINCE, "housing")]),
    "zhujian-zr": ("住建厅负责人岗", [("principal", PROVINCE, "housing")]),
    "jiance": ("监测中心站编制岗", [("compiler", PROVINCE, "station")]),
    "shengzf": ("省政府审定岗", [("decider", PROVINCE, None)]),
    "shi-bianban": ("市编委办岗", [("reviewer", CITY, None), ("list_authority", CITY, "city_staffing")]),
    "shizf": ("市政府审定岗", [("decider", CITY, None)]),
    "xian-bianban": ("县编委办审核岗", [("reviewer", COUNTY, None)]),
    "xian-qiantou": ("县责任清单牵头岗", [("list_authority", COUNTY, "county_staffing")]),
    "xianzf": ("县政府审定岗", [("decider", COUNTY, None)]),
}


def settle_in(trial: Trial) -> None:
    """Regions, organs, posts, the procedure of the notice, and a list in four sections at each level."""
    trial.register(REGIONS)
    trial.found(ORGANS)
    station = {"name": ORGANS["station"][0], "kind": ORGANS["station"][1], "region_code": PROVINCE,
               "credit_code": trial.codes["station"], "administrative_subject": True,
               "supervising_credit_code": trial.codes["environment"]}  # fmt: skip
    trial.admin.put("/catalog/v1/organs", {"items": [station], **GROUNDS})
    trial.appoint(POSTS)
    charge(trial, PROVINCE, NOTICE, reviewer="staffing")
    trial.bind("staffing_office", "add", "modify", "cancel", region=PROVINCE)
    new_list(trial, "qiantou", "responsibility", PROVINCE, "staffing", "environment", "housing")
    new_list(trial, "shi-bianban", "responsibility", CITY, "city_staffing")
    new_list(trial, "xian-qiantou", "responsibility", COUNTY, "county_staffing")


def declare_empty(trial: Trial, who: str, list_id: str, *sections: str) -> None:
    """Nothing is listed in sections yet, and somebody answers for it."""
    for section in sections:
        body = {"section": section, "reason": "框架先行公布，内容由各部门梳理后报送"}
        trial.posts[who].post(f"/catalog/v1/lists/{list_id}/declarations", body)


def duty(trial: Trial, organ: str, name: str, category: str = "special_business") -> dict[str, Any]:
    """A duty of an organ as it stands in the first section of the list."""
    basis = [{"document": "中华人民共和国环境保护法", "article": "第十条", "kind": "set", "document_kind": "law"}]
    return {"section": "duty", "name": name, "implementing_body": trial.organs[organ], "duty_category": category,
            "basis": basis}  # fmt: skip


def plan(trial: Trial) -> dict[str, Any]:
    """What the notice arranges: three days for the province, one for cities and counties."""
    listed = {"kinds": ["responsibility"], "subject": "list", "unit": "lead"}
    return {
        "region_code": PROVINCE, "title": "建立责任清单制度", "source": NOTICE, "starts_on": "2014-12-03",
        "due_on": "2015-07-31",
        "phases": [
            {"number": 1, "title": "部门梳理报送", "act": "submission", "starts_on": "2014-12-03",
             "ends_on": "2015-01-15"},
            {"number": 2, "title": "审核反馈", "act": "review", "starts_on": "2015-01-16", "ends_on": "2015-02-28"},
            {"number": 3, "title": "审定公布", "act": "publication", "starts_on": "2015-03-01",
             "ends_on": "2015-06-30"},
        ],
        "milestones": [
            {"number": 1, "title": "省级部门报送责任清单", "subject": "submission", "kinds": ["responsibility"],
             "levels": ["province"], "unit": "member", "due_on": "2015-01-15", "phase": 1},
            {"number": 2, "title": "公布省级部门责任清单", "levels": ["province"], "due_on": "2015-03-31", "phase": 3,
             "completion": "adjusted", **listed},
            {"number": 3, "title": "公布市、县责任清单", "levels": ["city", "county"], "due_on": "2015-06-30",
             "phase": 3, "completion": "enacted", **listed},
        ],
    }  # fmt: skip


def county_plan(superior: str, due_on: str) -> dict[str, Any]:
    """What the county arranges for itself under the province's plan."""
    return {
        "region_code": COUNTY, "title": "青县建立责任清单制度", "source": "青县政府办公室通知",
        "starts_on": "2015-01-05",
        "due_on": "2015-07-31", "superior_id": superior,
        "milestones": [
            {"number": 1, "title": "公布县级部门责任清单", "subject": "list", "kinds": ["responsibility"],
             "levels": ["county"], "unit": "lead", "completion": "enacted", "due_on": due_on},
        ],
    }  # fmt: skip


def opened(trial: Trial, who: str, organ: str, name: str) -> str:
    """An adjustment that adds a duty of an organ to the province's list."""
    listed = trial.lists["responsibility", PROVINCE]
    added = {"operation": "add", "list_id": listed, "elements": duty(trial, organ, name)}
    about = {"trigger_reference": NOTICE, "legal_basis": NOTICE, "reason": "梳理部门职责"}
    answer = trial.open(added, who=who, title=f"报送责任事项：{name}", organ=organ, **about)
    return str(answer["id"])


def gives_to_a_colleague(trial: Trial, adjustment: str) -> None:
    """The office gives the review to a person, and it is in that person's workload (HB-32)."""
    (task,) = trial.posts["bianban"].get(TASKS, adjustment_id=adjustment)["items"]
    accounts = {one["login"]: one["id"] for one in trial.admin.all_of("/catalog/v1/accounts")}
    given = {"account_id": accounts["bianban-02"], "reason": "熟悉环境保护职责"}
    trial.posts["bianban"].post(f"{TASKS}/{task['id']}/assign", given)
    assert [one["id"] for one in trial.posts["bianban-02"].get(TASKS, assignee="me")["items"]] == [task["id"]]
    load = trial.posts["bianban"].get("/workflow/v1/workload", region_code=PROVINCE)["items"]
    assert [one["open"] for one in load if one["assignee_id"] == accounts["bianban-02"]] == [1]


def fed_back(trial: Trial, who: str, adjustment: str, opinion: str) -> None:
    """The staffing office has reviewed and feeds back to the department."""
    (item,) = {change["item_id"] for change in trial.admin.get(f"/workflow/v1/adjustments/{adjustment}")["changes"]}
    said = [{"item_id": item, "element": "name", "opinion": opinion}]
    trial.act(who, adjustment, "review", PASS | {"opinion": opinion, "element_opinions": said})


def decided(day: str) -> dict[str, Any]:
    """The record of the province's decision."""
    return {"decision": {"meeting": "省政府第46次常务会议", "date": day, "number": "冀政审〔2015〕21号"}}


def published(trial: Trial, list_id: str) -> list[dict[str, Any]]:
    """Entries of a list as the public sees them."""
    found: list[dict[str, Any]] = trial.public(f"/lists/{list_id}/items").json()["items"]
    return found


def compiled(trial: Trial, who: str, region: str, organ: str, name: str) -> None:
    """A list is filled while it is compiled; its other sections stand empty, and somebody answers for it."""
    listed = trial.lists["responsibility", region]
    enter(trial, who, listed, [duty(trial, organ, name, "other")])
    declare_empty(trial, who, listed, *SECTIONS[1:])


def risen(trial: Trial, who: str, task: str) -> list[str]:
    """The task, if it has risen to somebody."""
    found = trial.posts[who].all_of(TASKS, escalated="true")
    return [one["id"] for one in found if one["id"] == task]
