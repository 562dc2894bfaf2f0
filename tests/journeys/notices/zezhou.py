"""Province, city, county and township of the notice of Zezhou of 2022, the matters above, and the county's procedure.

The dates are those of 泽政办发〔2022〕27号; which matters there are and who disputes them is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.codes.item_code import BaseCode
from tests.journeys import entries
from tests.journeys.notices.acts import PASS, charge, enact, enter, new_list
from tests.journeys.trial import Trial

PROVINCE, CITY, COUNTY, TOWN = "140000000000", "140500000000", "140525000000", "140525100000"
NOTICE = "泽政办发〔2022〕27号"
REGIONS = (
    ("140000", "山西省", "province", "administrative", None),
    ("140500", "晋城市", "city", "administrative", "140000"),
    ("140525", "泽州县", "county", "administrative", "140500"),
    ("140525100", "南村镇", "township", "administrative", "140525"),
)
ORGANS = {
    "above": ("山西省行政审批制度改革领导小组办公室", "department", PROVINCE),
    "city": ("晋城市行政审批制度改革领导小组办公室", "department", CITY),
    "reform": ("泽州县行政审批制度改革领导小组办公室", "department", COUNTY),
    "market": ("泽州县市场监督管理局", "department", COUNTY),
    "traffic": ("泽州县交通运输局", "department", COUNTY),
    "health": ("泽州县卫生健康和体育局", "department", COUNTY),
    "rural": ("泽州县农业农村局", "department", COUNTY),
    "justice": ("泽州县司法局", "department", COUNTY),
    "town": ("南村镇人民政府", "township", TOWN),
}
POSTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "sheng": ("省清单岗", [("list_authority", PROVINCE, None), ("compiler", PROVINCE, "above")]),
    "sheng-zr": ("省审改办负责人岗", [("principal", PROVINCE, "above")]),
    "sheng-shen": ("省审核岗", [("reviewer", PROVINCE, None)]),
    "shengzf": ("省政府审定岗", [("decider", PROVINCE, None)]),
    "shi": ("市审改办岗", [("reviewer", CITY, None), ("list_authority", CITY, None)]),
    "shizf": ("市政府审定岗", [("decider", CITY, None)]),
    "shengai": ("县审改办岗", [("reviewer", COUNTY, None), ("list_authority", COUNTY, None)]),
    "xianzf": ("县政府审定岗", [("decider", COUNTY, None)]),
    "fazhi": ("司法局审查岗", [("legality_reviewer", COUNTY, "justice")]),
    "shichang": ("市场监管局编制岗", [("compiler", COUNTY, "market")]),
    "shichang-zr": ("市场监管局负责人岗", [("principal", COUNTY, "market")]),
    "jiaotong": ("交通局编制岗", [("compiler", COUNTY, "traffic")]),
    "jiaotong-zr": ("交通局负责人岗", [("principal", COUNTY, "traffic")]),
    "nongye": ("农业农村局编制岗", [("compiler", COUNTY, "rural")]),
    "nongye-zr": ("农业农村局负责人岗", [("principal", COUNTY, "rural")]),
    "weijian": ("卫健局编制岗", [("compiler", COUNTY, "health"), ("joint_reviewer", COUNTY, "health")]),
    "zhen": ("南村镇编制岗", [("compiler", TOWN, "town"), ("list_authority", TOWN, "town")]),
}
MEMBERS = ("market", "traffic", "health", "rural")
# Matter -> (number, levels that exercise it): 3 the city, 4 the county, 5 the township.
MATTERS = {
    "食品经营许可": (1, "3,4"),
    "道路货物运输经营许可": (2, "4"),
    "公共场所卫生许可": (3, "4"),
    "港口经营许可": (4, "4"),
    "农村村民宅基地审批": (5, "4,5"),
}
FOOD, FREIGHT, HYGIENE, PORT, HOMESTEAD = MATTERS
# How a matter is handled; without it a claim stays open.
HANDLING = {
    "handling_kind": "committed", "process_steps": [{"name": "受理"}, {"name": "审查"}, {"name": "决定"}],
    "handling_place": "泽州县政务服务中心", "handling_hours": "工作日9:00-17:00", "consult_phone": "0356-0000000",
    "complaint_phone": "0356-12345",
}  # fmt: skip
BASIS = [{"document": "山西省行政许可条例", "kind": "set", "document_kind": "local_regulation", "article": "第六条"}]


def base_code(name: str) -> str:
    """Base code of a matter of the superior's list."""
    return BaseCode.generate(area="14", type_code="01", department="31", main=MATTERS[name][0]).value


def entry(trial: Trial, name: str, organ: str, level: str) -> dict[str, Any]:
    """A complete permit of an organ that follows the superior's matter."""
    base, code = base_code(name), trial.codes[organ]
    own = {"base_code": base, "implementation_code": f"{code}{level}{base}", "level": level, "basis": BASIS}
    return entries.permit(name, MATTERS[name][0], organ=trial.organs[organ], code=code) | own | HANDLING


def settle_in(trial: Trial) -> None:
    """What is there in October 2022: the superior's matters, the city's list, the county's list of the year before."""
    trial.register(REGIONS)
    trial.found(ORGANS)
    trial.appoint(POSTS)
    _procedures(trial)
    above = new_list(trial, "sheng", "base_catalogue", PROVINCE, "above")
    masters = [
        {"name": name, "base_code": base_code(name), "item_type": "01", "level": level, "basis": BASIS,
         "state": "in_use"} for name, (_, level) in MATTERS.items()
    ]  # fmt: skip
    ids = enter(trial, "sheng", above, masters)
    trial.permits = dict(zip(MATTERS, ids, strict=True))
    enact(trial, "shengzf", above, "省政府常务会议", "2022-10-08", "晋政办发〔2022〕75号")
    for region, who, organ, decider, level in (
        (CITY, "shi", "city", "shizf", "3"), (COUNTY, "shengai", "market", "xianzf", "4"),
    ):  # fmt: skip
        lead = "city" if region == CITY else "reform"
        members = () if region == CITY else MEMBERS
        listed = new_list(trial, who, "permit", region, lead, *members)
        enter(trial, who, listed, [entry(trial, FOOD, organ, level)])
        enact(trial, decider, listed, "政府常务会议", "2022-10-08", "〔2022〕1号")
    powers = new_list(trial, "shengai", "power", COUNTY, "reform", *MEMBERS)
    accept(trial, powers)
    enter(trial, "shengai", powers, [disguised(trial)])
    enact(trial, "xianzf", powers, "县政府常务会议", "2022-10-08", "泽政发〔2022〕2号")
    new_list(trial, "zhen", "permit", TOWN, "town")


def _procedures(trial: Trial) -> None:
    """The county copies the long procedure and leaves out what the notice does not ask; the province's is short."""
    trial.bind("short", "modify", "cancel", region=PROVINCE)
    full = trial.admin.get("/workflow/v1/procedure-templates/full_with_public_comment")
    after = {"sign": "review", "review": "legality", "legality": "report", "report": "decide", "decide": "publish",
             "publish": "file"}  # fmt: skip
    names = ("code", "title", "act", "role", "limit", "beside", "sealed", "optional", "least_days", "recipients")
    kept = [
        {name: step[name] for name in names} | {"next": after.get(step["code"])}
        for step in full["steps"] if step["code"] in {*after, "file", "joint_review"}
    ]  # fmt: skip
    body = {"code": "zezhou", "title": "泽州县清单认领审定程序", "region_code": COUNTY, "kinds": list(full["kinds"]),
            "steps": kept, "source": NOTICE}  # fmt: skip
    trial.admin.post("/workflow/v1/procedure-templates", body)
    trial.bind("zezhou", "add", "modify", "cancel", region=COUNTY)
    trial.bind("short", "suspend", region=COUNTY)
    charge(trial, COUNTY, NOTICE, reviewer="reform", joint_reviewer="health", legality_reviewer="justice",
           report_recipient="city", filing_recipient="city")  # fmt: skip


def accept(trial: Trial, list_id: str, who: str = "shengai") -> int:
    """The lead accepts what the rules have prepared for a list."""
    trial.settle()
    body = {"list_id": list_id, "limit": 1000, "reason": "与上级清单一致"}
    return int(trial.posts[who].post("/catalog/v1/drafts/accept", body)["accepted"])


def claims(trial: Trial, region: str, **where: Any) -> dict[str, Any]:
    """Claims of a region by the superior's name of the matter."""
    found = trial.admin.all_of("/catalog/v1/claims", region=region, **where)
    return {one["superior_name"]: one for one in found}


def answer(trial: Trial, who: str, act: str, claim: Mapping[str, Any], **more: Any) -> None:
    """Answer one offer, or assign it."""
    body = {"claim_ids": [claim["id"]], **more}
    assert trial.posts[who].post(f"/catalog/v1/claims/{act}", body)["done"] == 1


def plan(trial: Trial) -> dict[str, Any]:
    """What the notice arranges until the end of 2022."""
    return {
        "region_code": COUNTY, "title": "编制县、镇两级行政许可事项清单", "source": NOTICE, "starts_on": "2022-10-10",
        "due_on": "2022-12-31",
        "milestones": [
            {"number": 1, "title": "公布县、镇两级行政许可事项清单", "subject": "list", "kinds": ["permit"],
             "levels": ["county", "township"], "unit": "lead", "completion": "adjusted", "due_on": "2022-12-31"},
        ],
    }  # fmt: skip


def joint(trial: Trial) -> str:
    """Three organs add what they have claimed in one adjustment, and all of them sign; its id."""

    def added(name: str, organ: str) -> dict[str, Any]:
        elements = entry(trial, name, organ, "4")
        return {"operation": "add", "list_id": trial.lists["permit", COUNTY], "elements": elements}

    opened = trial.open(
        added(HYGIENE, "market"), who="shichang", organ="market",
        participants=[trial.organs[key] for key in ("traffic", "rural")],
        title="编制2022年版行政许可事项清单", trigger="SUPERIOR_LIST_CHANGE", trigger_reference="晋政办发〔2022〕75号",
    )  # fmt: skip
    path = f"/workflow/v1/adjustments/{opened['id']}"
    trial.posts["jiaotong"].post(f"{path}/changes", {"changes": [added(FREIGHT, "traffic")]})
    trial.posts["nongye"].post(f"{path}/changes", {"changes": [added(HOMESTEAD, "rural")]})
    trial.submit(opened["id"], "shichang")
    for who, organ in (("shichang-zr", "market"), ("jiaotong-zr", "traffic"), ("nongye-zr", "rural")):
        seal = {"reference": f"档案号 {organ}", "sha256": "c3" * 32}
        trial.posts[who].post(f"{path}/sign", {"organ_id": trial.organs[organ], "seal": seal})
    return str(opened["id"])


def above_changes(trial: Trial, change: Mapping[str, Any], day: str) -> str:
    """The province changes its list in one decision; the adjustment's id."""
    opened = trial.open(change, who="sheng", organ="above", title="省级清单动态调整", trigger="SUPERIOR_LIST_CHANGE",
                        trigger_reference="国务院决定")  # fmt: skip
    id_ = str(opened["id"])
    trial.submit(id_, "sheng")
    trial.act("sheng-zr", id_, "sign", {"seal": {"reference": "档案号 1"}})
    trial.act("sheng-shen", id_, "review", PASS)
    record = {"meeting": "省政府常务会议", "date": day, "number": "晋政审〔2023〕1号"}
    trial.act("shengzf", id_, "decide", {"decision": record})
    trial.wait_for(id_, "effective")
    trial.settle()
    return id_


def drafts(trial: Trial, list_id: str) -> Sequence[Any]:
    """What the rules have prepared for a list."""
    return trial.admin.all_of("/catalog/v1/drafts", list_id=list_id)


def disguised(trial: Trial) -> dict[str, Any]:
    """A measure that is called a filing and is none."""
    base = BaseCode.generate(area="14", type_code="10", department="31", main=77).value
    return {
        "name": "户外经营活动备案", "base_code": base, "implementation_code": f"{trial.codes['market']}4{base}",
        "item_type": "10", "level": "4", "implementing_body": trial.organs["market"], "basis": BASIS,
        "service_objects": ["enterprise"], "conditions": ["经营者经备案后方可从事户外经营活动"], "state": "in_use",
    }  # fmt: skip


def stopped(trial: Trial, item_id: str) -> str:
    """The market office stops a measure by the short procedure; the adjustment's id."""
    change = {"operation": "suspend", "item_id": item_id, "terms": {"condition": "依法取得设定依据"}}
    opened = trial.open(change, who="shichang", organ="market", title="停止实施户外经营活动备案",
                        trigger="RECTIFICATION", trigger_reference="责令整改")  # fmt: skip
    id_ = str(opened["id"])
    trial.submit(id_, "shichang")
    trial.act("shichang-zr", id_, "sign", {"seal": {"reference": "档案号 3"}})
    trial.act("shengai", id_, "review", PASS)
    record = {"meeting": "县政府常务会议", "date": "2023-04-20", "number": "泽政审〔2023〕4号"}
    trial.act("xianzf", id_, "decide", {"decision": record})
    trial.wait_for(id_, "effective")
    return id_


def public(trial: Trial, list_id: str) -> list[str]:
    """Names of what the public sees in use in a list."""
    shown = trial.public(f"/lists/{list_id}/items", params={"state": "in_use"}).json()
    return [row["name"] for row in shown["items"]]


def rises(trial: Trial, path: str, level: int) -> None:
    """Wait until an order has risen to a level."""
    trial.until(lambda: trial.posts["shengai"].get(path)["escalation"] == level, f"it does not rise to level {level}")
