"""The story of 建设项目环境影响报告表审批 (440113106002): one adjustment sets it right, every list follows."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.demo.first_edition import settle
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
PATIENCE_SECONDS = 60


@dataclass
class Follower(threading.Thread):
    """Reads the public feed and notes when each entry of an adjustment arrived."""

    url: str
    after: int
    seen: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    wanted: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        """Follow until told to stop."""
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as client:
            while not self.done.is_set():
                try:
                    answer = client.get("/publish/v1/feed", params={"after": self.after, "limit": 500, "wait": 1})
                    answer.raise_for_status()
                except httpx.HTTPError:
                    time.sleep(0.05)  # the service is being started again; the position is ours
                    continue
                arrived = time.perf_counter()
                for event in answer.json():
                    self.after = int(event["sequence"])
                    self.seen.append((arrived, event))

    def of(self, adjustment: str) -> list[tuple[float, dict[str, Any]]]:
        """Entries that go back to an adjustment."""
        return [
            (at, event) for at, event in list(self.seen)
            if (event.get("data") or {}).get("adjustment") == adjustment and "item" in event["data"]
        ]  # fmt: skip


def feed_end(world: World) -> int:
    """The number of the feed's last entry."""
    after = 0
    while True:
        events = httpx.get(
            f"{world.system.url('publish')}/publish/v1/feed", params={"after": after, "limit": 500}, trust_env=False
        ).json()
        if not events:
            return after
        after = int(events[-1]["sequence"])


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
                row["elements"]["name"][:34],
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
            "procedure": "short",
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
    state = _wait(world.people["bureau-compiler"], path, "signing,returned")
    if state["state"] != "signing":
        raise RuntimeError(f"submission returned: {state['validation']}")
    for post in ("bureau-principal", "zone-principal"):
        world.people[post].post(f"{path}/sign", {"seal": {"reference": "演示签章"}})
    refused = _refusal(lambda: world.people["bureau-compiler"].post(f"{path}/review", {"outcome": "pass"}))
    story.claim(refused == "own_compilation", "the compiler also holds the reviewer's role - and is refused (403)")
    world.people["city-reviewer"].post(f"{path}/review", {"outcome": "pass", "opinion": "与省级一致"})


def decide(world: World, adjustment: str) -> float:
    """The government decides; returns the instant of its answer."""
    decision = {"meeting": "演示会议", "date": "2026-03-02", "number": "演示〔2026〕7号"}
    world.people["city-decider"].post(f"/workflow/v1/adjustments/{adjustment}/decide", {"decision": decision})
    return time.perf_counter()


def follow_live(world: World, story: Story, adjustment: str, expected: int) -> None:
    """Decide while the worker is killed in the middle of the cascade; every list follows all the same."""
    follower = Follower(world.system.url("publish"), feed_end(world))
    follower.start()
    world.system.kill("catalog-consumers")
    # It will die after writing the cascade and before remembering that it did: nothing of that may be left behind.
    world.system.start("catalog-consumers", crash_point="before-position")
    world.wait_listening("catalog", since=clock.now())
    decided = decide(world, adjustment)
    end = time.monotonic() + PATIENCE_SECONDS
    while world.system.processes["catalog-consumers"].alive and time.monotonic() < end:
        time.sleep(0.005)
    killed = time.perf_counter()
    nothing = not follower.of(adjustment)
    world.system.start("catalog-consumers")
    story.say(f"decided; the worker was killed {_ms(killed - decided)} later, in the middle of the cascade")
    story.claim(nothing, "nothing of the half-done cascade is to be seen")
    while len(follower.of(adjustment)) < expected and time.monotonic() < end:
        time.sleep(0.002)
    follower.done.set()
    _show_arrivals(world, story, follower.of(adjustment), killed)
    story.claim(len(follower.of(adjustment)) == expected, f"all {expected} entries of the preview arrived, once each")


def follow_undisturbed(world: World, story: Story) -> None:
    """A second, small change without any accident: how fast the lists follow."""
    follower = Follower(world.system.url("publish"), feed_end(world))
    follower.start()
    row = next(row for row in rows_of(world, CITY) if row["elements"]["handling_item"] == "02")
    adjustment = _run_through(world, row, {"basis": [*BASIS, _detail()]})
    decided = decide(world, adjustment)
    end = time.monotonic() + PATIENCE_SECONDS
    expected = 4  # permit, power, catalogue, implementation show the basis
    while len(follower.of(adjustment)) < expected and time.monotonic() < end:
        time.sleep(0.001)
    follower.done.set()
    _show_arrivals(world, story, follower.of(adjustment), decided)
    story.claim(len(follower.of(adjustment)) == expected, "the lists that show the basis followed, the others did not")


def zone_tries_again(world: World, story: Story) -> None:
    """The zone asks for the material again: refused with the superior's row."""
    row = rows_of(world, ZONE)[0]
    materials = [*row["elements"]["materials"], {"name": EXTRA, "necessity": "required"}]
    zone = world.organs[ZONE_COMMITTEE]
    compiler = world.people["zone-compiler"]
    opened = compiler.post(
        "/workflow/v1/adjustments",
        {
            **_header("空港经济区增加申请材料"),
            "organ_id": zone,
            "changes": [{"operation": "modify", "item_id": row["id"], "elements": {"materials": materials}}],
        },
    )
    path = f"/workflow/v1/adjustments/{opened['id']}"
    compiler.post(f"{path}/submit")
    state = _wait(compiler, path, "signing,returned")
    for finding in (state["validation"] or {"findings": []})["findings"]:
        story.say(f"{finding.get('rule')} {finding.get('message')}")
    story.claim(state["state"] == "returned", "the zone's submission is returned: it asks for more than its superior")
    compiler.post(f"{path}/withdraw", {"reason": "演示：不再增加申请材料"})


def _run_through(world: World, row: dict[str, Any], elements: dict[str, Any]) -> str:
    opened = world.people["bureau-compiler"].post(
        "/workflow/v1/adjustments",
        {
            **_header("补充实施依据"),
            "organ_id": world.organs[CITY_BUREAU],
            "changes": [{"operation": "modify", "item_id": row["id"], "elements": elements}],
        },
    )
    path = f"/workflow/v1/adjustments/{opened['id']}"
    world.people["bureau-compiler"].post(f"{path}/submit")
    state = _wait(world.people["bureau-compiler"], path, "signing,returned")
    if state["state"] != "signing":
        raise RuntimeError(f"submission returned: {state['validation']}")
    world.people["bureau-principal"].post(f"{path}/sign", {"seal": {"reference": "演示签章"}})
    world.people["city-reviewer"].post(f"{path}/review", {"outcome": "pass"})
    settle(world)
    return str(opened["id"])


def _header(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "trigger": "LOCAL_INITIATIVE",
        "trigger_reference": "演示",
        "legal_basis": "《中华人民共和国环境影响评价法》第二十二条",
        "reason": "演示",
        "procedure": "short",
    }


def _detail() -> dict[str, str]:
    return {
        "document": "建设项目环境保护管理条例",
        "article": "第九条",
        "kind": "implement",
        "document_kind": "regulation",
        "issuer": "国务院",
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


def _wait(who: Person, path: str, states: str) -> dict[str, Any]:
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


def _show_arrivals(world: World, story: Story, arrivals: list[tuple[float, dict[str, Any]]], since: float) -> None:
    by_list: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for at, event in arrivals:
        by_list.setdefault(event["data"]["list_id"], []).append((at, event))
    story.table(
        ["list", "entries", "elements", "after", "revision", "hash of the list"],
        [
            (
                world.title(list_id),
                len(events),
                ", ".join(sorted({name for _, event in events for name in event["data"]["changed"]}))[:40],
                _ms(max(at for at, _ in events) - since),
                events[-1][1]["data"]["revision"],
                str(events[-1][1]["data"]["list_hash"])[:12],
            )
            for list_id, events in by_list.items()
        ],
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _limit(limit: dict[str, Any] | None) -> str:
    units = {"working_day": "working days", "natural_day": "calendar days"}
    return f"{limit['amount']} {units[limit['unit']]}" if limit else "-"
