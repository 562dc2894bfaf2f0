"""What stands around the lists: duties that follow powers, claims, a merger, a law, an annex, a search."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

from deploy.demo.first_edition import settle
from deploy.demo.full_procedure import LEGAL, sign
from deploy.demo.screen import Story
from deploy.demo.story import CODE, DETAIL, NATIONAL_NAME, header, wait_for
from deploy.demo.world import CITY, CITY_BUREAU, CITY_PLANNING, DUTIES, GROUNDS, PROVINCE, ZONE, World
from shared import clock

COUNTY = "440106000000"
COUNTY_MATTERS: list[dict[str, Any]] = [
    {"name": name, "base_code": code, "item_type": "01", "level": "4", "state": "in_use",
     "basis": [{"document": law, "article": article, "kind": "set", "document_kind": "law"}]}
    for name, code, law, article in (
        ("固定资产投资项目节能审查", "000104002000", "中华人民共和国节约能源法", "第十五条"),
        ("林木采伐许可证核发", "000164213000", "中华人民共和国森林法", "第五十六条"),
    )
]  # fmt: skip
PATIENCE_SECONDS = 30


def show(world: World, story: Story) -> None:
    """Six small acts, each checked against what the services answer."""
    _duties(world, story)
    _claims(world, story)
    _merger(world, story)
    _law(world, story)
    _annex(world, story)
    _search(world, story)


def _duties(world: World, story: Story) -> None:
    """The zone's duties were drafted from its powers; the one behind the renamed power has followed."""
    duties = world.admin.all_of(f"/catalog/v1/lists/{world.lists[DUTIES]}/items")
    covered = world.admin.get(f"/catalog/v1/lists/{world.lists[DUTIES]}/duty-coverage")
    named = [
        world.admin.get(f"/catalog/v1/items/{row['id']}")["elements"]["power_name"]
        for row in duties if row["base_code"] == CODE
    ]  # fmt: skip
    story.claim(
        covered["powers_without_duty"]["count"] == 0 and named == [NATIONAL_NAME],
        f"{len(duties)} duties of the zone were drafted from its powers; the one of {CODE} follows the new name",
    )


def list_county_matters(world: World) -> None:
    """The source ends with the city: two national permits of counties join the province's catalogue before it is
    enacted, so that a county has something to claim."""
    body = {"items": [{"elements": elements} for elements in COUNTY_MATTERS], **GROUNDS}
    path = f"/catalog/v1/lists/{world.lists['base_catalogue', PROVINCE]}/items"
    answer = world.people["province-lead"].post(path, body)
    if answer["rejected"]:
        raise RuntimeError(f"matters refused: {answer['rows']}")


def _claims(world: World, story: Story) -> None:
    """A county plans to claim the permits of the province's catalogue: one is claimed, one does not apply."""
    organ = {"name": "广州市天河区发展和改革局", "kind": "department", "region_code": COUNTY, **GROUNDS}
    bureau = world.admin.post("/catalog/v1/organs", organ)["id"]
    plan = {"source_kinds": ["base_catalogue"], "item_types": ["01"], "due_days": 30, "required": True,
            "source": "演示方案", **GROUNDS}  # fmt: skip
    world.admin.put(f"/catalog/v1/claim-plans/{COUNTY}/permit", plan, etag='"0"')
    settle(world)
    offered = {one["superior_name"]: one["id"] for one in world.admin.all_of("/catalog/v1/claims", region=COUNTY)}
    county = world.people["county-reviewer"]
    for act, name, more in (
        ("claim", COUNTY_MATTERS[0]["name"], {"organ_id": bureau}),
        ("exclude", COUNTY_MATTERS[1]["name"], {"reason": "演示：本区无此类林木"}),
    ):
        county.post(f"/catalog/v1/claims/{act}", {"claim_ids": [offered[name]], **GROUNDS, **more})
    rows = world.admin.all_of("/catalog/v1/claims/metrics", region=COUNTY)
    told = {name: sum(row[name] for row in rows) for name in ("total", "claimed", "not_applicable", "pending")}
    story.claim(
        told == {"total": len(COUNTY_MATTERS), "claimed": 1, "not_applicable": 1, "pending": 1},
        f"a county is offered {told['total']} permits of the province's list: 1 claimed (own entry to come), 1 not"
        f" applicable, rate {(told['claimed'] + told['not_applicable']) / told['total']:.0%}",
    )


def _law(world: World, story: Story) -> None:
    """A regulation is repealed, for the demo: every entry of every list that rests on it is found."""
    document = {"title": DETAIL["document"], "kind": "regulation", "issuer": DETAIL["issuer"], **GROUNDS}
    registered = world.admin.post("/catalog/v1/documents", document)
    path = f"/catalog/v1/documents/{registered['id']}"
    resting = {row["item_id"]: row["list_id"] for row in world.admin.all_of(f"{path}/impact")}
    today = clock.now().astimezone(clock.ZONE).date().isoformat()
    world.admin.post(f"{path}/status-changes", {"act": "repealed", "from": today, **GROUNDS})
    settle(world)
    found = {one["item_id"] for one in world.admin.all_of("/catalog/v1/findings", rule="K23", state="open")}
    story.claim(
        bool(resting) and found == set(resting),
        f"《{DETAIL['document']}》 repealed (made up): {len(found)} entries of {len(set(resting.values()))} lists rest"
        " on it, each a finding",
    )


def _merger(world: World, story: Story) -> None:
    """The bureau merges into another organ, for the demo: one adjustment moves every entry of every list."""
    former, heir = world.organs[CITY_BUREAU], world.organs[CITY_PLANNING]
    compiler = world.people["bureau-compiler"]
    opened = compiler.post(
        "/workflow/v1/adjustments",
        {
            **header("演示：机构改革"),
            "trigger": "ORG_REFORM",
            "organ_id": former,
            "participants": [heir],
            "changes": [],
        },
    )
    path = f"/workflow/v1/adjustments/{opened['id']}"
    moved = compiler.post(f"{path}/changes", {"reform": {"from_organs": [former], "to_organ": heir}})
    compiler.post(f"{path}/submit")
    state = wait_for(compiler, path, "signing,returned")
    if state["state"] != "signing":
        raise RuntimeError(f"submission returned: {state['validation']}")
    sign(world, path)
    for reviewer in ("city-reviewer", "housing-reviewer"):
        world.people[reviewer].post(f"{path}/review", {"outcome": "pass", "opinion": "同意"})
    world.people["city-legal"].post(f"{path}/legality", LEGAL)
    decision = {"meeting": "演示会议", "date": "2026-03-02", "number": "演示〔2026〕10号"}
    world.people["city-decider"].post(f"{path}/decide", {"decision": decision})
    settle(world)
    address = f"/catalog/v1/organs/{former}"
    version = world.admin.get(address)["version"]
    today = clock.now().astimezone(clock.ZONE).date().isoformat()
    closing = {"kind": "merged", "successors": [heir], "since": today, **GROUNDS}
    world.admin.put(f"{address}/successors", closing, f'"{version}"')
    bodies = [world.admin.get(f"/catalog/v1/items/{change['item_id']}") for change in moved["changes"]]
    lists = {row["list_id"] for row in bodies}
    story.claim(
        {row["elements"]["implementing_body"] for row in bodies} == {heir}
        and world.admin.get(address)["state"] == "abolished",
        f"an organ merges into another (made up): {len(bodies)} entries of {len(lists)} lists move in one adjustment",
    )


def _annex(world: World, story: Story) -> None:
    """The zone's permit list as its published annex."""
    began = time.perf_counter()
    path = f"/catalog/v1/lists/{world.lists['permit', ZONE]}"
    content = world.admin.download(f"{path}/annex.docx")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("word/document.xml").decode()
    names = [row["name"] for row in world.admin.all_of(f"{path}/items", state="in_use")]
    story.claim(
        bool(names) and all(name in text for name in names),
        f"annex of the zone's permit list as DOCX: {len(content) // 1024} KB, all {len(names)} entries in it,"
        f" {time.perf_counter() - began:.1f} s",
    )


def _search(world: World, story: Story) -> None:
    """The public search knows the national name as soon as its reader has taken note of it."""
    words, end = "一般建设项目环境影响评价", time.monotonic() + PATIENCE_SECONDS
    asked: dict[str, Any] = {"q": words, "region": CITY, "kind": "permit", "limit": 10}
    while True:
        hits = world.admin.get("/publish/v1/search", **asked)["items"]
        if len(hits) == 3 or time.monotonic() > end:
            break
        time.sleep(0.05)
    story.claim(
        len(hits) == 3 and all(hit["name"].startswith(NATIONAL_NAME) for hit in hits),
        f"search “{words}”: {len(hits)} permits of the city and its zone under the national name",
    )
