"""A development zone has no code of the state and hangs under its county: own lists, own posts, own limits."""

from __future__ import annotations

import pytest

from deploy.demo.people import Refused
from tests.journeys import entries
from tests.journeys.county import new_post
from tests.journeys.stage import CITY, COUNTY, DECISION, NATION, PROVINCE, SPARE, ZONE, Stage, modify

STEPS = [
    {"code": "sign", "title": "管委会签署", "act": "sign", "role": "principal", "next": "review"},
    {"code": "review", "title": "开发区审核", "act": "review", "role": "reviewer",
     "limit": {"amount": 3, "unit": "working_day"}, "next": "decide"},
    {"code": "decide", "title": "开发区审定", "act": "decide", "role": "decider"},
]  # fmt: skip
PROCEDURE = {
    "code": "zone_procedure", "title": "开发区动态调整程序", "region_code": ZONE, "steps": STEPS,
    "kinds": ["add", "modify", "suspend", "resume", "cancel"], "source": "青县经济开发区管理办法",
}  # fmt: skip


@pytest.mark.req("QX-25")
def test_a_zone_changes_its_own_lists_with_its_own_posts_and_limits(stage: Stage) -> None:
    zone = stage.admin.get(f"/catalog/v1/regions/{ZONE}")
    assert (zone["kind"], zone["parent_code"]) == ("zone", COUNTY)
    assert zone["ancestors"][:3] == [COUNTY, CITY, PROVINCE]
    assert zone["ancestors"][3:] in ([], [NATION])
    stage.admin.post("/workflow/v1/procedure-templates", PROCEDURE)
    stage.bind("zone_procedure", "add", region=ZONE)
    reviewer = new_post(stage, "kfq-shenhe", "开发区审核岗", [("reviewer", ZONE, None)])
    decider = new_post(stage, "kfq-shending", "开发区审定岗", [("decider", ZONE, None)])
    added = entries.permit("备用事项50", SPARE[0], organ=stage.organs["zone"], code=stage.codes["zone"])
    opened = stage.open(
        {"operation": "add", "list_id": stage.lists["permit", ZONE], "elements": added},
        who="kfq-bianzhi", organ="zone", title="开发区承接许可",
    )  # fmt: skip
    assert opened["region_code"] == ZONE
    path = f"/workflow/v1/adjustments/{opened['id']}"
    stage.submit(opened["id"], "kfq-bianzhi")
    stage.act("kfq-fuze", opened["id"], "sign", {"seal": {"reference": "档案号 开发区-001"}})
    step = next(each for each in stage.admin.get(path)["steps"] if each["act"] == "review")
    assert step["limit_working_days"] == 3
    assert step["due_at"] is not None
    task = next(each for each in reviewer.get("/workflow/v1/tasks")["items"] if each["adjustment_id"] == opened["id"])
    assert (task["region_code"], task["overdue"]) == (ZONE, False)
    reviewer.post(f"{path}/review", {"outcome": "pass"})
    decider.post(f"{path}/decide", {"decision": DECISION | {"meeting": "管委会主任办公会"}})
    assert stage.wait_for(opened["id"], "effective", "conflict")["state"] == "effective"
    stage.settle()
    shown = stage.public(f"/lists/{stage.lists['permit', ZONE]}/items").json()
    assert "备用事项50" in [row["name"] for row in shown["items"]]


@pytest.mark.req("QX-25", "QX-06")
def test_posts_of_the_zone_do_nothing_in_the_county(stage: Stage) -> None:
    permit = stage.permits["药品零售许可"]
    with pytest.raises(Refused) as refused:
        stage.open(modify(permit, name="药品经营许可"), who="kfq-bianzhi", organ="zone")
    assert refused.value.status in (403, 422)
    with pytest.raises(Refused) as refused:
        stage.open(modify(permit, name="药品经营许可"), who="kfq-bianzhi", organ="approval")
    assert (refused.value.status, refused.value.problem["code"]) == (403, "not_compiler")
    body = {"code": "zone_grab", **{key: value for key, value in PROCEDURE.items() if key != "code"}}
    with pytest.raises(Refused) as refused:
        stage.posts["kfq-bianzhi"].post("/workflow/v1/procedure-templates", body)
    assert refused.value.status == 403
