"""Zhuolu County in 2017: its offices, departments and lists, and the plan of the notice of 20 August."""

from __future__ import annotations

from typing import Any

from tests.journeys import entries
from tests.journeys.county import enter, new_list
from tests.journeys.stage import GROUNDS
from tests.journeys.trial import Trial

PROVINCE, CITY, COUNTY = "130000000000", "130700000000", "130731000000"
REGIONS = (
    ("130000", "河北省", "province", "administrative", None),
    ("130700", "张家口市", "city", "administrative", "130000"),
    ("130731", "涿鹿县", "county", "administrative", "130700"),
)
ORGANS: dict[str, tuple[str, ...]] = {
    "reform": ("涿鹿县行政审批制度改革领导小组办公室", "department", COUNTY),
    "approval": ("涿鹿县行政审批局", "department", COUNTY),
    "legal": ("涿鹿县人民政府法制办公室", "department", COUNTY),
    "finance": ("涿鹿县财政局", "department", COUNTY),
    "health": ("涿鹿县卫生和计划生育局", "department", COUNTY),
    "transport": ("涿鹿县交通运输局", "department", COUNTY),
    "disease_control": ("涿鹿县疾病预防控制中心", "institution_with_administrative_duties", COUNTY, "health"),
}
POSTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "sheng-01": ("清单维护岗", [("list_authority", COUNTY, None)]),
    "shengai": ("审改办审核岗", [("reviewer", COUNTY, None)]),
    "shengai-zong": ("审改办综合岗", [("list_authority", COUNTY, "reform")]),
    "caizheng": ("财政局会审岗", [("joint_reviewer", COUNTY, "finance")]),
    "shenpi": ("行政审批局论证岗", [("assessor", COUNTY, "approval")]),
    "fazhi": ("法制办审查岗", [("legality_reviewer", COUNTY, "legal")]),
    "xianzhengfu": ("县政府审定岗", [("decider", COUNTY, None)]),
    "weiji-bianzhi": ("卫计局编制岗", [("compiler", COUNTY, "health")]),
    "weiji-juzhang": ("卫计局主要负责人", [("principal", COUNTY, "health")]),
    "jiaotong-bianzhi": ("交通局编制岗", [("compiler", COUNTY, "transport")]),
    "jiaotong-juzhang": ("交通局主要负责人", [("principal", COUNTY, "transport")]),
    "jikong-bianzhi": (
        "疾控中心编制岗",
        [
            ("compiler", COUNTY, "disease_control"),
            ("legality_reviewer", COUNTY, "legal"),
        ],
    ),
}
SOURCE = "涿政办函〔2017〕21号"
KINDS = ("catalogue", "implementation")
# (name, number, organ): what the departments handle when the campaign begins.
MATTERS = (
    ("公共场所卫生许可", 1, "health"),
    ("饮用水供水单位卫生许可", 2, "health"),
    ("道路货物运输经营许可", 3, "transport"),
)
HANDED_OVER = {"meeting": "县政府第6次常务会议", "date": "2017-06-15", "number": "涿政发〔2017〕9号"}
TEMPLATE = "zhuolu_2017"
# The last days of the three stages: all that is not named here belongs to the second.
REVIEWED_BY = "2017-09-20"
DUE = {"sign": "2017-08-31", "decide": "2017-09-30", "publish": "2017-09-30"}


def settled(trial: Trial) -> None:
    """The county with its offices and posts, and the lists in force that the campaign puts in order."""
    trial.register(REGIONS)
    trial.found(ORGANS)
    trial.appoint(POSTS)
    _charge(trial)
    departments = ("health", "transport", "disease_control")
    for kind in ("permit", "power", *KINDS):
        new_list(trial, kind, COUNTY, "reform", *departments)
    permits = [
        entries.permit(name, number, organ=trial.organs[organ], code=trial.codes[organ], **entries.HANDLING)
        for name, number, organ in MATTERS
    ]
    enter(trial, trial.lists["permit", COUNTY], permits, "sheng-01")
    trial.accept_all(*(trial.lists[kind, COUNTY] for kind in ("power", *KINDS)))
    for list_id in trial.lists.values():
        trial.posts["xianzhengfu"].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": HANDED_OVER, **GROUNDS})
    trial.settle()


def _charge(trial: Trial) -> None:
    """Which organ does what, as the notice says (五): the county adapts the shipped chain and binds it."""
    for organ, role in (("finance", "joint_reviewer"), ("approval", "assessor"), ("legal", "legality_reviewer")):
        body = {"region_code": COUNTY, "role": role, "organ_id": trial.organs[organ], "source": SOURCE}
        trial.admin.post("/workflow/v1/role-bindings", body)
    trial.admin.post("/workflow/v1/procedure-templates", adapted(trial))
    trial.bind(TEMPLATE, "add", "modify", "suspend", "resume", "cancel", region=COUNTY)


def adapted(trial: Trial) -> dict[str, Any]:
    """The shipped chain with public comment, as Zhuolu asks it: a week of comment, its own days, no filing."""
    shipped = trial.admin.get("/workflow/v1/procedure-templates/full_with_public_comment")
    told = {"limit_working_days", "number"}  # what the answer adds to what was given
    steps = {step["code"]: {key: step[key] for key in step.keys() - told} for step in shipped["steps"]}
    del steps["report"], steps["file"]
    steps["legality"]["next"] = "decide"
    steps["publish"]["next"] = None
    steps["comment"]["least_days"] = 7
    for code, step in steps.items():
        step["limit"] = {"unit": "fixed_date", "day": DUE.get(code, REVIEWED_BY)}
    return {
        "code": TEMPLATE, "title": "涿鹿县政务服务事项清单编制程序", "region_code": COUNTY, "kinds": shipped["kinds"],
        "steps": list(steps.values()), "source": SOURCE,
    }  # fmt: skip


def plan() -> dict[str, Any]:
    """The work plan of the notice: three stages, submissions by the end of the first, lists by the end of the last."""
    phases = [
        {"number": 1, "title": "清理优化阶段", "act": "submission", "starts_on": "2017-08-20", "ends_on": "2017-08-31"},
        {"number": 2, "title": "集中审核阶段", "act": "review", "starts_on": "2017-09-01", "ends_on": "2017-09-20"},
        {"number": 3, "title": "公开公布阶段", "act": "publication", "starts_on": "2017-09-21",
         "ends_on": "2017-09-30"},
    ]  # fmt: skip
    shared: dict[str, Any] = {"kinds": list(KINDS), "levels": ["county"]}
    milestones = [
        shared | {"number": 1, "phase": 1, "title": "报送清单", "subject": "submission", "unit": "member",
                  "due_on": "2017-08-31"},
        shared | {"number": 2, "phase": 3, "title": "公开公布清单", "subject": "list", "unit": "lead",
                  "due_on": "2017-09-30", "completion": "adjusted"},
    ]  # fmt: skip
    return {
        "region_code": COUNTY, "title": "全面编制公开政务服务事项目录清单和实施清单", "source": SOURCE,
        "starts_on": "2017-08-20", "due_on": "2017-09-30", "phases": phases, "milestones": milestones,
    }  # fmt: skip
