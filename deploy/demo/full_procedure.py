"""The full procedure: a matter passes to another organ - two seals, parallel review, legality, clocks, a receipt."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from deploy.demo.first_edition import settle
from deploy.demo.people import Refused
from deploy.demo.screen import Story
from deploy.demo.story import header, wait_for
from deploy.demo.world import CITY, CITY_BUREAU, CITY_HOUSING, CITY_JUSTICE, CITY_PLANNING, World
from shared import clock

CODE = "440113106003"
LEGAL = {"verdict": "legal", "opinion": "主体适格，内容合法"}


def bind_offices(world: World) -> None:
    """Who does the legality review and who is heard, in this city: data, not program."""
    for role, organ in (("legality_reviewer", CITY_JUSTICE), ("joint_reviewer", CITY_HOUSING)):
        world.admin.post(
            "/workflow/v1/role-bindings",
            {"region_code": CITY, "role": role, "organ_id": world.organs[organ], "source": "演示"},
        )


def show(world: World, story: Story) -> str:
    """From the compiler to the receipt; returns the adjustment."""
    bind_offices(world)
    page = world.admin.get(f"/catalog/v1/lists/{world.lists['permit', CITY]}/items", code=CODE, limit=1)
    before = world.admin.get(f"/catalog/v1/items/{page['items'][0]['id']}")
    adjustment = _open(world, story, before)
    path = f"/workflow/v1/adjustments/{adjustment}"
    sign(world, path)
    _clocks(world, story, adjustment)
    _review(world, story, path)
    decision = {"meeting": "演示会议", "date": "2026-03-02", "number": "演示〔2026〕9号"}
    world.people["city-decider"].post(f"{path}/decide", {"decision": decision})
    settle(world)
    _accept(world, story, adjustment)
    today = clock.now().astimezone(clock.ZONE).date().isoformat()
    receipt = {"receipt_number": "演示备〔2026〕1号", "date": today}
    filed = world.people["city-reviewer"].post(f"{path}/filings", receipt)
    _timeline(world, story, path)
    story.claim(bool(filed["filed_at"]), "filed with the office above: the receipt is on record")
    _codes(world, story, before)
    return adjustment


def _open(world: World, story: Story, before: dict[str, Any]) -> str:
    compiler = world.people["bureau-compiler"]
    opened = compiler.post(
        "/workflow/v1/adjustments",
        {
            **header("海洋工程建设项目海洋环境影响报告表审批：划转实施机关"),
            "trigger": "ORG_REFORM",
            "organ_id": world.organs[CITY_BUREAU],
            "participants": [world.organs[CITY_PLANNING]],
            "changes": [
                {
                    "operation": "transfer",
                    "item_id": before["id"],
                    "elements": {"implementing_body": world.organs[CITY_PLANNING]},
                }
            ],
        },
    )
    path = f"/workflow/v1/adjustments/{opened['id']}"
    compiler.post(f"{path}/submit")
    state = wait_for(compiler, path, "signing,returned")
    if state["state"] != "signing":
        raise RuntimeError(f"submission returned: {state['validation']}")
    story.say(f"{opened['number']}: a transfer is decided by the full procedure, whatever the compiler would prefer")
    return str(opened["id"])


def sign(world: World, path: str) -> None:
    """Both principals sign, each with a document of their archive."""
    for post in ("bureau-principal", "planning-principal"):
        document = hashlib.sha256(f"演示 {post}".encode()).hexdigest()
        world.people[post].post(f"{path}/sign", {"seal": {"reference": f"演示档案 {post}", "sha256": document}})


def _clocks(world: World, story: Story, adjustment: str) -> None:
    """The review's limit waits for an expert opinion and is extended; what is due when follows."""
    reviewer = world.people["city-reviewer"]
    running = reviewer.get("/workflow/v1/clocks", adjustment_id=adjustment, state="running")["items"]
    mine = next(one for one in running if one["role"] == "reviewer")
    address = f"/workflow/v1/clocks/{mine['id']}"
    basis = "《中华人民共和国行政许可法》第四十五条"
    paused = reviewer.post(f"{address}/pause", {"reason": "演示：专家论证", "basis": basis})
    resumed = reviewer.post(f"{address}/resume", {"reason": "演示：论证结束"})
    extended = reviewer.post(f"{address}/extend", {"amount": 5, "reason": "演示：涉及两部门"})
    story.say(
        f"review: {mine['amount']} working days, due {_day(mine['due_at'])}; {paused['state_title']} for an expert"
        f" opinion, {resumed['state_title']}, 5 days more: due {_day(extended['due_at'])}"
    )
    later = extended["due_at"] > mine["due_at"] and paused["state"] == "paused"
    story.claim(later, f"{len(running)} reviews run in parallel, each with its own clock by the working-day calendar")


def _review(world: World, story: Story, path: str) -> None:
    world.people["city-reviewer"].post(f"{path}/review", {"outcome": "pass", "opinion": "划转依据充分"})
    refused = None
    try:
        world.people["city-legal"].post(f"{path}/legality", LEGAL)
    except Refused as early:
        refused = early.status
    story.claim(refused == 409, "no legality review while one of the parallel reviewers has still to agree (409)")
    world.people["housing-reviewer"].post(f"{path}/review", {"outcome": "pass", "opinion": "无不同意见"})
    world.people["city-legal"].post(f"{path}/legality", LEGAL)


def _accept(world: World, story: Story, adjustment: str) -> None:
    """What the linkage rules leave for people lies in the inbox of the lists' authority and is accepted at once."""
    lead = world.people["province-lead"]
    tasks = lead.all_of("/workflow/v1/tasks", kind="linkage_draft", adjustment_id=adjustment)
    if tasks:
        ids = [task["subject"].removeprefix("draft/") for task in tasks]
        answer = lead.post("/catalog/v1/drafts/accept", {"ids": ids, "reason": "演示：随划转调整"})
        story.say(f"inbox of the lists' authority: drafts {len(tasks)}, accepted in one go {answer['accepted']}")
    settle(world)


def _timeline(world: World, story: Story, path: str) -> None:
    steps = world.admin.get(path)["steps"]
    story.table(
        ["step", "who", "state", "due"],
        [
            (step["title"], step["role"], step["state"], _day(step["due_at"]) if step["due_at"] else "-")
            for step in steps
        ],
    )
    waits = [step["title"] for step in steps if step["state"] not in ("passed", "void")]
    story.claim(not waits, "every step is on record, publication with the revisions of all lists")


def _codes(world: World, story: Story, before: dict[str, Any]) -> None:
    old = before["elements"]["implementation_code"]
    after = world.admin.get(f"/catalog/v1/items/{before['id']}")["elements"]["implementation_code"]
    answer = world.admin.get(f"/publish/v1/codes/{old}")
    named = {entry["successor"]["code"] for entry in answer["entries"] if entry["successor"]}
    story.say(f"{old} -> {after}")
    story.claim(not answer["valid"] and named == {after}, "the old code is valid no longer and names its successor")


def _day(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(clock.ZONE).date().isoformat()
