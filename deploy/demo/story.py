"""The story of 建设项目环境影响报告表审批 (440113106002): one adjustment sets it right, every list follows."""

from __future__ import annotations

import time
from typing import Any

from deploy.demo.people import Person, Refused
from deploy.demo.screen import Story
from deploy.demo.world import CITY, CITY_BUREAU, PROVINCE, ZONE, ZONE_COMMITTEE, World
from shared import clock

CODE = "440113106002"
EXTRA = "公众参与说明"
NATIONAL_NAME = "一般建设项目环境影响评价审批（设区的市级权限）"
BASIS = [
    {
        "document": "中华人民共和国环境影响评价法",
        "article": "第二十二条",
        "kind": "set",
        "document_kind": "law",
        "issuer": "全国人民代表大会常务委员会",
    }
]
# What the second change adds.
DETAIL = {
    "document": "建设项目环境保护管理条例",
    "article": "第九条",
    "kind": "implement",
    "document_kind": "regulation",
    "issuer": "国务院",
}
PATIENCE_SECONDS = 60


def rows_of(world: World, region: str) -> list[dict[str, Any]]:
    """The permit's rows in a region, with their elements."""
    page = world.admin.get(f"/catalog/v1/lists/{world.lists['permit', region]}/items", code=CODE, limit=50)
    return [world.admin.get(f"/catalog/v1/items/{row['id']}") for row in page["items"]]


def show_suspicion(world: World, story: Story) -> None:
    """What the checker says about the city beside the superior's row."""
    story.table(
        ["region", "name", "materials", "statutory limit"],
        [
            (
                {PROVINCE: "province", CITY: "city", ZONE: "zone"}[region],
                row["elements"]["name"][:28],
                len(row["elements"]["materials"]),
                _limit(row["elements"]["statutory_limit"]),
            )
            for region in (PROVINCE, CITY, ZONE)
            for row in rows_of(world, region)
        ],
    )
    findings = [
        finding
        for row in rows_of(world, CITY)
        for finding in world.admin.all_of("/catalog/v1/findings", item_id=row["id"], state="open")
    ]
    for finding in findings:
        story.say(f"{finding['rule']} {finding['message']}")
    story.claim(
        any("疑似增加申请材料" in finding["message"] and EXTRA in finding["message"] for finding in findings),
        f"疑似增加申请材料：{EXTRA} - shown beside the superior's row",
    )


def open_adjustment(world: World, story: Story) -> str:
    """A joint adjustment of the city bureau and the zone's committee: materials, limit, basis and name."""
    bureau, zone = world.organs[CITY_BUREAU], world.organs[ZONE_COMMITTEE]
    opened = world.people["bureau-compiler"].post(
        "/workflow/v1/adjustments",
        {
            "title": "建设项目环境影响报告表审批：材料、时限与省级一致，采用全国统一名称",
            "organ_id": bureau,
            "region_code": CITY,
            "participants": [zone],
            "trigger": "SUPERIOR_LIST_CHANGE",
            "trigger_reference": "《法律、行政法规、国务院决定设定的行政许可事项清单》（国办发〔2022〕2号）",
            "legal_basis": "《中华人民共和国环境影响评价法》第二十二条",
            "reason": "删除超出省级的申请材料，法定时限与省级一致，采用全国统一名称",
            "changes": [_change(row) for row in rows_of(world, CITY)],
        },
    )
    world.people["zone-compiler"].post(
        f"/workflow/v1/adjustments/{opened['id']}/changes", {"changes": [_change(row) for row in rows_of(world, ZONE)]}
    )
    story.say(
        f"{opened['number']}: the bureau changes its 2 rows, the zone's committee its own; neither may the other's"
    )
    return str(opened["id"])


def preview(world: World, story: Story, adjustment: str) -> int:
    """What would follow, before anybody decides; returns the number of entries that would change."""
    answer = world.people["bureau-compiler"].post("/catalog/v1/preview", {"adjustment_id": adjustment})
    direct = {change["item_id"] for change in world.admin.get(f"/workflow/v1/adjustments/{adjustment}")["changes"]}
    followed = {row["item_id"] for row in answer["followed"]} | direct
    lists = {row["list_id"] for row in answer["followed"]}
    story.say(
        f"preview: {len(followed)} entries would change, {len(lists)} further lists follow by themselves;"
        f" {len(answer['left'])} matters would be left for people"
    )
    return len(followed)


def pass_procedure(world: World, story: Story, adjustment: str) -> None:
    """Submit, sign, review; the compiler's own approval is refused."""
    path = f"/workflow/v1/adjustments/{adjustment}"
    world.people["bureau-compiler"].post(f"{path}/submit")
    state = wait_for(world.people["bureau-compiler"], path, "signing,returned")
    if state["state"] != "signing":
        raise RuntimeError(f"submission returned: {state['validation']}")
    for post in ("bureau-principal", "zone-principal"):
        world.people[post].post(f"{path}/sign", {"seal": {"reference": "演示签章"}})
    refused = _refusal(lambda: world.people["bureau-compiler"].post(f"{path}/review", {"outcome": "pass"}))
    story.claim(refused == "own_compilation", "the compiler also holds the reviewer's role - and is refused (403)")
    world.people["city-reviewer"].post(f"{path}/review", {"outcome": "pass", "opinion": "与省级一致"})


def zone_tries_again(world: World, story: Story) -> None:
    """The zone asks for the material again: refused with the superior's row."""
    row = rows_of(world, ZONE)[0]
    materials = [*row["elements"]["materials"], {"name": EXTRA, "necessity": "required"}]
    zone = world.organs[ZONE_COMMITTEE]
    compiler = world.people["zone-compiler"]
    opened = compiler.post(
        "/workflow/v1/adjustments",
        {
            **header("空港经济区增加申请材料"),
            "organ_id": zone,
            "changes": [{"operation": "modify", "item_id": row["id"], "elements": {"materials": materials}}],
        },
    )
    path = f"/workflow/v1/adjustments/{opened['id']}"
    refused = _refusal(lambda: compiler.post(f"{path}/submit"))
    story.claim(refused == "material_not_justified", "a material nobody has argued for does not leave the department")
    heard = {"who": "演示单位", "date": clock.now().astimezone(clock.ZONE).date().isoformat(), "agreed": True}
    argued = {"item_id": row["id"], "material": EXTRA, "justification": "演示", "consulted": [heard]}
    compiler.post(f"{path}/material-justifications", {"justifications": [argued]})
    compiler.post(f"{path}/submit")
    state = wait_for(compiler, path, "signing,returned")
    for finding in (state["validation"] or {"findings": []})["findings"]:
        story.say(f"{finding.get('rule')} {finding.get('message')}")
    story.claim(state["state"] == "returned", "the zone's submission is returned: it asks for more than its superior")
    compiler.post(f"{path}/withdraw", {"reason": "演示：不再增加申请材料"})


def header(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "trigger": "LOCAL_INITIATIVE",
        "trigger_reference": "演示",
        "legal_basis": "《中华人民共和国环境影响评价法》第二十二条",
        "reason": "演示",
    }


def _change(row: dict[str, Any]) -> dict[str, Any]:
    radiation = "射线装置" in row["elements"]["name"]
    return {
        "operation": "modify",
        "item_id": row["id"],
        "elements": {
            "name": NATIONAL_NAME + ("（Ⅱ类射线装置核与辐射项目）" if radiation else ""),
            "materials": [one for one in row["elements"]["materials"] if one["name"] != EXTRA],
            "statutory_limit": {"amount": 30, "unit": "natural_day"},
            "basis": BASIS,
        },
    }


def wait_for(who: Person, path: str, states: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found: dict[str, Any] = who.get(path, wait_for=states, wait=10)
        if found["state"] in states.split(",") or time.monotonic() > end:
            return found


def _refusal(act: Any) -> str | None:
    try:
        act()
    except Refused as refused:
        return str(refused.problem["code"])
    return None


def _limit(limit: dict[str, Any] | None) -> str:
    units = {"working_day": "working days", "natural_day": "calendar days"}
    return f"{limit['amount']} {units[limit['unit']]}" if limit else "-"
