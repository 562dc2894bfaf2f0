"""One change published as one publication: proved by a script, shown by a channel, printed as a guide."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from deploy.demo.outside import until
from deploy.demo.screen import Story
from deploy.demo.story import CODE, NATIONAL_NAME
from deploy.demo.world import CITY, World
from deploy.simulator import channel
from shared.system import ROOT

# The simulated channel listens on the loopback and is looked at each second.
CONFIGURED = {"QINGDAN_CHANNEL_ALLOWED_NETWORKS": "127.0.0.0/8", "QINGDAN_CHANNEL_CHECK_SECONDS": "1"}
CHANNEL = "guangzhou-portal"
# The source says nothing of how applications are handled; made up, so that a guide has steps to draw.
STEPS = [
    {"name": name, "stage": stage, "limit": {"amount": 1, "unit": "working_day"}}
    for name, stage in (("受理", "accept"), ("审查", "review"), ("决定", "decide"))
]
# What the website shows, and what somebody makes of it.
RIGHT, WRONG = NATIONAL_NAME, NATIONAL_NAME.replace("一般", "全部")


def describe_handling(world: World) -> None:
    """While the list is still compiled, its lead adds the steps of one entry."""
    item = world.admin.get(f"/catalog/v1/items/{_item(world)}")
    body = {"elements": {"process_steps": STEPS}, "reason": "演示：办理流程"}
    world.people["province-lead"].patch(f"/catalog/v1/items/{item['id']}", body, f'"{item["version"]}"')


def show(world: World, story: Story, adjustment: str) -> None:
    """What the adjustment published, where it stands, and what an applicant reads."""
    _publication(world, story, adjustment)
    _channel(world, story)
    _guide(world, story)


def _publication(world: World, story: Story, adjustment: str) -> None:
    """The script of the documentation computes all hashes again, from what anybody can download."""
    (publication,) = world.admin.get("/publish/v1/publications", adjustment=adjustment)["items"]
    folder = world.place.state / "publication"
    folder.mkdir(exist_ok=True)
    document = folder / "publication.json"
    document.write_bytes(world.admin.download(f"/publish/v1/publications/{publication['number']}"))
    files = []
    for part in publication["parts"]:
        files.append(folder / f"{part['list_id']}.jsonl")
        content = world.admin.download(f"/publish/v1/lists/{part['list_id']}/open-data?revision={part['revision']}")
        files[-1].write_bytes(content)
    command = [sys.executable, str(ROOT / "docs" / "verify_publication.py"), str(document), *map(str, files)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    story.claim(
        verified.returncode == 0 and len(files) > 1,
        f"publication {publication['number']}: {len(files)} lists together or not at all; a script of its own computes"
        f" its hash {publication['hash'][:8]} and those of all lists",
    )
    files[0].write_bytes(files[0].read_bytes().replace("责任".encode(), "权利".encode()))
    forged = subprocess.run(command, capture_output=True, text=True, check=False)
    story.claim(forged.returncode == 1, "one word changed in one of the files: the script says so")


def _channel(world: World, story: Story) -> None:
    """A website reads its copy from us; somebody changes what it shows, the reconciliation finds it."""
    list_id = world.lists["permit", CITY]
    with channel.running() as server:
        began = time.perf_counter()
        world.admin.post(
            "/publish/v1/channels",
            {
                "code": CHANNEL, "name": "市政府门户网站（模拟）", "kind": "portal", "region_code": CITY,
                "read_url": server.url, "list_kinds": ["permit"],
            },
        )  # fmt: skip
        address = f"{world.system.url('publish')}/publish/v1/lists/{list_id}/copies/data.json?channel={CHANNEL}"

        def stands(state: str) -> Any:
            def copy() -> Any:
                return next(iter(world.admin.get(f"/publish/v1/channels/{CHANNEL}/copies")["items"]), {})

            return until(copy, lambda found: found.get("state") == state)

        server.shown.follows[list_id] = address
        shown, now = stands("current"), world.admin.get(f"/publish/v1/lists/{list_id}")
        story.claim(
            shown.get("state") == "current" and shown["shown_hash"] == now["hash"],
            f"the city's website shows revision {shown.get('shown_revision')}, read back byte for byte, hash"
            f" {now['hash'][:8]}, after {time.perf_counter() - began:.1f} s",
        )
        del server.shown.follows[list_id]
        server.shown.copies[list_id] = server.shown.copies[list_id].replace(RIGHT.encode(), WRONG.encode(), 1)
        tampered = stands("differs")
        server.shown.follows[list_id] = address
        story.claim(
            tampered.get("state") == "differs" and stands("current").get("state") == "current",
            f"tampered with there, {RIGHT[:2]} made {WRONG[:2]}, the right hash left: found, and right again later",
        )
        world.admin.post(f"/publish/v1/channels/{CHANNEL}/pause")


def _item(world: World) -> str:
    """The entry whose guide is shown."""
    listed = f"/catalog/v1/lists/{world.lists['implementation', CITY]}/items"
    return str(world.admin.get(listed, code=CODE, limit=1)["items"][0]["id"])


def _guide(world: World, story: Story) -> None:
    """The guide of the changed entry, as page and as print, made from what is published."""
    folder = world.place.state / "guides"
    folder.mkdir(exist_ok=True)
    written = {}
    for suffix in ("html", "pdf"):
        written[suffix] = world.admin.download(f"/publish/v1/items/{_item(world)}/guide.{suffix}")
        (folder / f"guide.{suffix}").write_bytes(written[suffix])
    page = written["html"].decode()
    story.claim(
        "<svg" in page and NATIONAL_NAME in page and written["pdf"].startswith(b"%PDF"),
        f"its service guide (办事指南) with flow chart, HTML and PDF ({len(written['pdf']) // 1024} KB): look at"
        f" {os.path.relpath(folder)}/guide.html",
    )
