"""The end of the demo: nothing blocks, nothing waits, and what is published proves itself."""

from __future__ import annotations

import time
from datetime import timedelta

from deploy.demo.first_edition import settle
from deploy.demo.screen import Story
from deploy.demo.story import CODE
from deploy.demo.world import CITY, World
from shared import clock

WAIVER_DAYS = 90


def show(world: World, story: Story, adjustment: str) -> None:
    """Settle what waits for people, run the full check, look at the cascade ledger and the public entry."""
    _accept(world, story)
    _waive(world, story)
    settle(world)
    report = _full_check(world)
    blocking = world.admin.all_of("/catalog/v1/findings", state="open", severity="block")
    story.claim(report["state"] == "succeeded", f"full check: every linked pair of all {report['done']} rules")
    story.claim(not blocking, f"{len(blocking)} blocking findings are open")
    drafts = world.admin.all_of("/catalog/v1/drafts", state="open")
    story.claim(not drafts, f"{len(drafts)} drafts wait")
    state = world.admin.get(f"/workflow/v1/adjustments/{adjustment}")
    touched = sum(entry["touched"] for entry in state["cascade"])
    story.claim(state["complete"], f"cascade ledger (联动台账) complete: {touched} entries touched, nothing waiting")
    _published(world, story)


def _accept(world: World, story: Story) -> None:
    """What a specification asks of the handling is proposed to the implementation list; its authority accepts."""
    drafts = world.admin.all_of("/catalog/v1/drafts", state="open")
    if drafts:
        ids = [draft["id"] for draft in drafts]
        answer = world.people["province-lead"].post(
            "/catalog/v1/drafts/accept", {"ids": ids, "reason": "演示：经核对一致"}
        )
        story.say(f"changed specifications: {len(ids)} drafts of handling elements, accepted {answer['accepted']}")
    settle(world)


def _waive(world: World, story: Story) -> None:
    """Other rows of the 2021 copy have longer limits than the province: suspects, tolerated for some weeks."""
    lead = world.people["province-lead"]
    open_findings = world.admin.all_of("/catalog/v1/findings", state="open", severity="block")
    until = (clock.now().astimezone(clock.ZONE).date() + timedelta(days=WAIVER_DAYS)).isoformat()
    for finding in open_findings:
        lead.post(
            f"/catalog/v1/findings/{finding['id']}/waive",
            {"reason": "演示：2021年第三方数据中的疑似问题，限期核实", "expires_on": until},
        )
    if open_findings:
        sample = open_findings[0]["message"]
        story.say(f"{len(open_findings)} suspects of the 2021 copy waived by the list's authority until {until}, e.g.")
        story.say(f"  {sample}")


def _full_check(world: World) -> dict[str, object]:
    started = world.admin.post("/catalog/v1/check", {})
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found: dict[str, object] = world.admin.get(started["location"])
        if found["state"] in ("succeeded", "failed", "cancelled"):
            return found
        time.sleep(0.1)
    raise RuntimeError("the full check did not end")


def _published(world: World, story: Story) -> None:
    rows = [
        (one["title"], one["revision"], one["entries"], one["hash"][:16])
        for one in world.admin.get("/publish/v1/lists", limit=200)["items"]
        if one["region_code"] == CITY
    ]
    story.table(["published list", "revision", "entries", "hash"], rows)
    public = world.admin.get(f"/publish/v1/lists/{world.lists['permit', CITY]}/items", q="环境影响评价审批", limit=50)
    names = [row["name"] for row in public["items"]]
    story.claim(len(names) == 2, f"the public list shows {CODE} under its national name ({len(names)} rows)")
