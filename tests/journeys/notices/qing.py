"""Qing County in 2017: who leads which list, what is in force when the plan begins, and the plan of June."""

from __future__ import annotations

from typing import Any

from tests.journeys import entries
from tests.journeys.county import enter, new_list
from tests.journeys.stage import GROUNDS
from tests.journeys.trial import Trial

PROVINCE, CITY, COUNTY = "130000000000", "130900000000", "130922000000"
ZONE, TOWN = "130922-KFQ", "130922103000"
REGIONS = (
    ("130000", "河北省", "province", "administrative", None),
    ("130900", "沧州市", "city", "administrative", "130000"),
    ("130922", "青县", "county", "administrative", "130900"),
    ("130922103", "马厂镇", "township", "administrative", "130922"),
    (ZONE, "青县经济开发区", "county", "zone", "130922"),
)
ORGANS: dict[str, tuple[str, ...]] = {
    "staffing": ("青县机构编制委员会办公室", "department", COUNTY),
    "approval": ("青县行政审批局", "department", COUNTY),
    "market": ("青县市场监督管理局", "department", COUNTY),
    "finance": ("青县财政局", "department", COUNTY),
    "development": ("青县发展和改革局", "department", COUNTY),
    "commerce": ("青县商务和工业信息化局", "department", COUNTY),
    "legal": ("青县人民政府法制办公室", "department", COUNTY),
    "environment": ("青县环境保护局", "department", COUNTY),
    "safety": ("青县安全生产监督管理局", "department", COUNTY),
    "zone": ("青县经济开发区管理委员会", "zone_committee", ZONE),
    "town": ("青县马厂镇人民政府", "township", TOWN),
    "province": ("河北省机构编制委员会办公室", "department", PROVINCE),
}
# Kind -> lead organ: the seven lists the county has, and those it is to make (the attachment of the notice is lost).
EXISTING = {
    "power": "staffing", "responsibility": "staffing", "permit": "approval", "intermediary_service": "approval",
    "follow_up_supervision": "market", "prohibited_investment": "development", "charge": "finance",
}  # fmt: skip
NEW = {
    "enforcement": "legal", "random_inspection": "market", "catalogue": "approval", "implementation": "approval",
    "proof": "approval", "environment_responsibility": "environment", "work_safety_responsibility": "safety",
}  # fmt: skip
LEADS = sorted({*EXISTING.values(), *NEW.values()})
ZONE_KINDS = ("power", "responsibility", "intermediary_service")
POSTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "sheng-01": ("清单维护岗", [("list_authority", PROVINCE, None), ("decider", PROVINCE, None)]),
    "qingdan": ("清单牵头岗", [("list_authority", COUNTY, None)]),
    "fangguanfu": ("放管服组（县编办）", [("coordination_group", COUNTY, None)]),
    "bianban": ("编办审核岗", [("reviewer", COUNTY, None)]),
    "zhengfu": ("县政府审定岗", [("decider", COUNTY, None)]),
    "fazhi": ("法制办审查岗", [("legality_reviewer", COUNTY, "legal")]),
    "bianzhi": ("审批局编制岗", [("compiler", COUNTY, "approval")]),
    "juzhang": ("审批局主要负责人", [("principal", COUNTY, "approval")]),
    "kaifaqu": ("开发区管委会综合岗", [("reviewer", ZONE, None)]),
    "machang": ("马厂镇综合岗", [("list_authority", TOWN, "town"), ("decider", TOWN, None)]),
    **{f"{organ}-qiantou": ("清单牵头岗", [("list_authority", COUNTY, organ)]) for organ in (*LEADS, "commerce")},
}
SOURCE = "青县完善清单管理制度工作方案（2017年6月）"
BEFORE = {"meeting": "县政府常务会议", "date": "2017-05-20", "number": "青政发〔2017〕7号"}
PERMITS = (("食品经营许可", 1), ("公共场所卫生许可", 2))
# Only a law or an administrative regulation may ask a fee for a permit.
LAW = [{"document": "中华人民共和国价格法", "article": "第四十七条", "kind": "set", "document_kind": "law"}]


def settled(trial: Trial) -> None:
    """The county, its town and its zone, with seven lists in force and the new ones begun."""
    trial.register(REGIONS)
    trial.found(ORGANS)
    trial.appoint(POSTS)
    for kind, lead in {**EXISTING, **NEW}.items():
        new_list(trial, kind, COUNTY, lead, "approval", "market", "environment", "safety")
    organ, code = trial.organs["approval"], trial.codes["approval"]
    permits = [entries.permit(name, number, organ=organ, code=code, **entries.HANDLING) for name, number in PERMITS]
    trial.permits = dict(zip((name for name, _ in PERMITS), write(trial, "permit", COUNTY, *permits), strict=True))
    for kind in EXISTING:
        if kind != "permit":
            fill(trial, kind, permits[0])
    trial.accept_all(*(trial.lists[kind, COUNTY] for kind in (*EXISTING, *NEW)))
    declare_nothing(trial, COUNTY)
    for kind in EXISTING:
        enact(trial, "zhengfu", kind, COUNTY, BEFORE)
    _charge(trial)
    trial.settle()


def _charge(trial: Trial) -> None:
    """Who files, who reviews legality, who organises the zone's lists, and when a superior's list has to be followed.

    The procedure of the provincial rule is the shipped one; the province's text gives the county no other.
    """
    for organ, role in (("staffing", "filing_recipient"), ("legal", "legality_reviewer")):
        body = {"region_code": COUNTY, "role": role, "organ_id": trial.organs[organ], "source": SOURCE}
        trial.admin.post("/workflow/v1/role-bindings", body)
    trial.bind("full", "add", "modify", "suspend", "resume", "cancel", region=COUNTY)
    for kind in ZONE_KINDS:
        leads = {"lead_organ_id": trial.organs["commerce"], "assisting_organ_ids": [trial.organs["development"]]}
        trial.admin.put(f"/catalog/v1/matrix/{ZONE}/{kind}", {**leads, **GROUNDS}, '"0"')
    rule = {
        "title": "省级公开一个月内编制公开本级清单", "region_code": COUNTY, "trigger": "list.enacted",
        "trigger_level": "province", "levels": ["county"], "amount": 1, "unit": "calendar_month",
        "role": "list_authority", "task_title": "编制并公开本级清单", "source": SOURCE, "active": True,
    }  # fmt: skip
    trial.admin.put("/workflow/v1/deadline-rules/qing_new_list", rule, '"0"')


def province_publishes(trial: Trial, kind: str, decision: dict[str, str], row: dict[str, Any]) -> None:
    """The province puts a list of its own into force, with one entry of its own level."""
    new_list(trial, kind, PROVINCE, "province")
    write(trial, kind, PROVINCE, row | {"implementing_body": trial.organs["province"], "level": "2"})
    enact(trial, "sheng-01", kind, PROVINCE, decision)
    trial.settle()


def makes_lists_of(trial: Trial, region: str, lead: str, kinds: tuple[str, ...]) -> None:
    """A town or a zone compiles its first lists: a power of its own, the duty behind it, and what else it must have."""
    for kind in kinds:
        new_list(trial, kind, region, lead, "zone" if region == ZONE else lead)
    body = trial.organs["zone" if region == ZONE else "town"]
    power = {
        "name": "备案事项", "item_type": "10", "level": "4" if region == ZONE else "5", "implementing_body": body,
        "basis": entries.basis("第十条"), "base_code": entries.base_code(40, "10"), "state": "in_use",
    }  # fmt: skip
    write(trial, "power", region, power)
    if "intermediary_service" in kinds:
        about = {"base_code": entries.base_code(1), "permit_name": PERMITS[0][0], "implementing_body": body}
        write(trial, "intermediary_service", region, about | {"name": "规划咨询", "basis": entries.basis("第十一条")})
    trial.accept_all(*(trial.lists[kind, region] for kind in kinds))
    declare_nothing(trial, region)


def write(trial: Trial, kind: str, region: str, *rows: dict[str, Any]) -> list[str]:
    """Entries of a list that is being compiled."""
    return enter(trial, trial.lists[kind, region], list(rows), "sheng-01")


def fill(trial: Trial, kind: str, permit: dict[str, Any]) -> None:
    """One entry of a kind that does not follow from the permits by itself."""
    rows = further(trial, permit)
    if kind in rows:
        write(trial, kind, COUNTY, rows[kind])


def further(trial: Trial, permit: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A complete entry of each kind that people write themselves."""
    about = {key: permit[key] for key in ("base_code", "implementing_body")} | {"permit_name": permit["name"]}
    basis = {"basis": entries.basis("第九条")}
    duty = {"duty_content": ["组织检查"], **basis}
    return {
        "intermediary_service": about | basis | {"name": "经营场所检测"},
        "charge": about | {"basis": LAW, "name": "占道费", "category": "administrative_fee", "standard": "每日1元",
                                   "collecting_body": trial.organs["finance"], "item_type": "01"},
        "prohibited_investment": basis | {"name": "炼油", "industry_code": "C2511", "prohibition": "禁止新建"},
        "enforcement": basis | {"name": "对无证经营的处罚", "item_type": "02",
                                "implementing_body": trial.organs["market"]},
        "random_inspection": basis | {"name": "食品销售抽查", "inspection_object": "食品经营者", "item_type": "06",
                                      "inspection_ratio": "5", "inspection_frequency": "每年1次",
                                      "inspection_methods": ["on_site"], "implementing_body": trial.organs["market"]},
        "proof": about | basis | {"name": "无犯罪记录证明", "issued_by": "公安机关", "replacement": "commitment"},
        "environment_responsibility": duty | {"name": "大气污染防治监管责任",
                                              "implementing_body": trial.organs["environment"]},
        "work_safety_responsibility": duty | {"name": "危险化学品安全监管责任",
                                              "implementing_body": trial.organs["safety"]},
    }  # fmt: skip


def declare_nothing(trial: Trial, region: str) -> None:
    """Of the responsibility list's four sections those that hold nothing are declared empty."""
    list_id = trial.lists["responsibility", region]
    for section in trial.admin.get(f"/catalog/v1/lists/{list_id}/sections")["items"]:
        if section["state"] == "empty":
            body = {"section": section["section"], "reason": "经核对，没有此类事项"}
            trial.posts["sheng-01"].post(f"/catalog/v1/lists/{list_id}/declarations", body)


def enact(trial: Trial, who: str, kind: str, region: str, decision: dict[str, str]) -> None:
    """The government puts a list into force."""
    list_id = trial.lists[kind, region]
    trial.posts[who].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": decision, **GROUNDS})


def plan(trial: Trial) -> dict[str, Any]:
    """The plan of the notice with its days (四（三）, 五（三）)."""
    county: dict[str, Any] = {"levels": ["county"]}
    lists = county | {"subject": "list", "unit": "lead"}
    existing = [kind for kind in EXISTING if kind not in ("power", "responsibility")]
    return {
        "region_code": COUNTY, "title": "完善清单管理制度", "source": SOURCE, "starts_on": "2017-06-20",
        "due_on": "2017-11-30", "report_day": 5,
        "milestones": [
            county | {"number": 1, "title": "新编清单工作方案备案", "subject": "plan", "unit": "lead",
                      "kinds": list(NEW), "due_on": "2017-07-05", "filing": True},
            county | {"number": 2, "title": "总体实施方案备案", "subject": "plan", "unit": "region",
                      "due_on": "2017-07-05", "filing": True},
            lists | {"number": 3, "title": "规范调整权力清单、责任清单并备案", "kinds": ["power", "responsibility"],
                     "levels": ["county", "township"], "due_on": "2017-09-30", "completion": "adjusted",
                     "filing": True},
            lists | {"number": 4, "title": "规范调整其他现有清单并备案", "kinds": existing, "due_on": "2017-10-31",
                     "completion": "adjusted", "filing": True},
            lists | {"number": 5, "title": "编制公开开发区清单", "kinds": list(ZONE_KINDS), "region_kinds": ["zone"],
                     "due_on": "2017-10-31", "completion": "enacted", "attachment": "落实措施"},
            lists | {"number": 6, "title": "编制公开新的清单", "kinds": list(NEW), "due_on": "2017-11-30",
                     "completion": "enacted"},
        ],
        "targets": [
            {"list_class": "comprehensive", "at_least": 10, "due_on": "2017-12-31",
             "together": [["catalogue", "implementation"]]},
            {"list_class": "special", "at_least": 2, "due_on": "2017-12-31", "together": []},
        ],
    }  # fmt: skip
