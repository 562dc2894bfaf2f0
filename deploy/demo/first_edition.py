"""The first edition: permits are imported, rules prepare the other lists, their authorities accept and enact."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

from deploy.demo.people import Person
from deploy.demo.screen import Story
from deploy.demo.world import DATA, DUTIES, FURTHER, GROUNDS, KINDS, PROVINCE, REGIONS, World, read

# Matters of investment projects; the source does not mark them, so the demo does.
INVESTMENT = ("440113106", "440116005", "440116006", "440112035")
MARKS_PROFILE = "demo_investment_marks"
PATIENCE_SECONDS = 120
# Layers below the permit list are three deep; one round more shows that nothing is left.
MOST_ROUNDS = 8


def import_lists(world: World, story: Story) -> None:
    """Import catalogue and permits; the same file again changes nothing."""
    lead = world.people["province-lead"]
    rows = []
    for name, profile in (("catalog.csv", "guangdong_catalog_2021"), ("permits.csv", "guangdong_permits_2021")):
        started = time.perf_counter()
        counts = _import(world, lead, name, profile)
        seconds = time.perf_counter() - started
        rows.append((name, counts["rows"], counts["added"], counts["rejected"], f"{seconds:.1f} s"))
        story.claim(counts["added"] == counts["rows"] == len(read(name)), f"{name}: every row was taken")
    story.table(["file", "rows", "added", "rejected", "time"], rows)
    again = _import(world, lead, "permits.csv", "guangdong_permits_2021", dry_run=True)
    story.claim(again["unchanged"] == again["rows"], "the same file again is an empty difference")
    _mark_investment(world, story, lead)


def accept_drafts(world: World, story: Story) -> None:
    """Accept what the rules prepared, list by list, until nothing is prepared any more."""
    lead, taken = world.people["province-lead"], dict.fromkeys(world.lists.values(), 0)
    for _ in range(MOST_ROUNDS):
        settle(world)
        accepted = 0
        for list_id in world.lists.values():
            answer = lead.post(
                "/catalog/v1/drafts/accept",
                {"list_id": list_id, "limit": 5000, "reason": "演示：以清单牵头单位身份确认"},
            )
            taken[list_id] += answer["accepted"]
            accepted += answer["accepted"]
        if accepted == 0:
            break
    rows = [(title, *(taken[world.lists[kind, region]] for region in REGIONS)) for kind, title in KINDS.items()]
    rows.append((FURTHER[DUTIES[0]], "-", "-", taken[world.lists[DUTIES]]))
    story.table(["drafts accepted", "province", "city", "zone"], rows[1:])
    story.claim(sum(taken.values()) > 0, f"{sum(taken.values())} entries of 7 kinds of list grew out of 510 permits")


def enact(world: World, story: Story) -> None:
    """The governments decide; from now on the lists are public and change by adjustments only."""
    for section in ("boundary", "public_service", "supervision"):
        body = {"section": section, "reason": "演示：源数据没有此类事项"}
        world.people["province-lead"].post(f"/catalog/v1/lists/{world.lists[DUTIES]}/declarations", body)
    deciders = {"province": world.people["province-decider"], "city": world.people["city-decider"]}
    for (_, region), list_id in world.lists.items():
        who = deciders["province" if region == PROVINCE else "city"]
        decision = {"meeting": "演示会议", "date": "2026-01-05", "number": "演示〔2026〕1号"}
        who.post(f"/catalog/v1/lists/{list_id}/enact", {"decision": decision, **GROUNDS})
    settle(world)
    published = world.admin.get("/publish/v1/lists", limit=200)["items"]
    entries = sum(one["entries"] for one in published)
    story.claim(len(published) == len(world.lists), f"{len(published)} lists published, {entries} entries")
    refused = _import(world, world.people["province-lead"], "permits.csv", "guangdong_permits_2021", refusable=True)
    story.claim(refused == "409", "a file can no longer be imported: a list in force changes by adjustments only")


def settle(world: World) -> None:
    """Wait until every consumer has taken note of everything."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if world.idle():
            return
        time.sleep(0.05)
    raise RuntimeError("consumers did not come to rest")


def _import(
    world: World, who: Person, name: str, profile: str, *, dry_run: bool = False, refusable: bool = False,
    content: bytes | None = None,
) -> Any:  # fmt: skip
    fields = {"profile": profile, "region_code": PROVINCE, "dry_run": str(dry_run).lower(), **GROUNDS}
    answer = who.upload("/catalog/v1/imports", name, content or (DATA / name).read_bytes(), fields)
    if answer.status_code == 409 and refusable:
        return "409"
    if answer.status_code != 202:
        raise RuntimeError(f"import of {name} refused: {answer.text}")
    operation_id = answer.json()["operation_id"]
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        run = who.get(f"/catalog/v1/imports/{operation_id}")
        if run["state"] in ("succeeded", "failed", "cancelled"):
            break
        time.sleep(0.1)
    if run["state"] != "succeeded":
        raise RuntimeError(f"import of {name}: {run['state']} {run['error']}")
    return run["counts"]


def _mark_investment(world: World, story: Story, who: Person) -> None:
    """Mark the permits that belong to investment projects, by a second import with a profile of its own."""
    world.admin.post("/catalog/v1/mapping-profiles", _marks_profile())
    rows = [row for row in read("permits.csv") if row["catalog_code"].startswith(INVESTMENT)]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*rows[0], "investment", "project_stage"])
    writer.writeheader()
    writer.writerows(row | {"investment": "1", "project_stage": "9"} for row in rows)
    counts = _import(world, who, "investment.csv", MARKS_PROFILE, content=text.getvalue().encode())
    story.claim(counts["changed"] == len(rows), f"{len(rows)} permits of investment projects marked, for this demo")


def _marks_profile() -> dict[str, Any]:
    return {
        "code": MARKS_PROFILE,
        "title": "演示：标注投资项目审批事项",
        "source": "guangdong_2021",
        "list_kinds": ["permit"],
        "target": "organ",
        "columns": [
            {"element": "name", "columns": ["task_name"], "transform": "text", "required": True},
            {"element": "base_code", "columns": ["catalog_code"], "transform": "base_code", "required": True},
            {"element": "handling_item", "columns": ["task_code"], "transform": "handling_item"},
            {"element": "implementing_body", "columns": ["uscc"], "transform": "organ", "required": True},
            {"element": "investment", "columns": ["investment"], "transform": "boolean"},
            {"element": "project_stage", "columns": ["project_stage"], "transform": "text"},
        ],
    }
