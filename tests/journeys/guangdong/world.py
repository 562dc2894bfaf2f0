"""A province, its capital, a district, a town and a development zone on the running system: register, posts, lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.people import Person
from services.workflow.procedures.kinds import KINDS
from tests.journeys import entries
from tests.journeys.guangdong import data
from tests.journeys.stage import GROUNDS, PASSWORD, Stage

PROVINCE, CITY, COUNTY = "440000000000", "440100000000", "440117000000"
TOWN, ZONE = "440117101000", "440117-KFQ"
LEVELS = {PROVINCE: "2", CITY: "3", COUNTY: "4", TOWN: "5", ZONE: "4"}
# The files go down to districts; town and zone are real places, the town's code is that of the official statistics.
BELOW = {TOWN: ("温泉镇", "township", "administrative"), ZONE: ("从化经济开发区", "county", "zone")}
# Organs that lead the lists, and those of the levels the files do not hold. Their credit codes are made up.
LEADS = {
    PROVINCE: "广东省政务服务数据管理局", CITY: "广州市政务服务数据管理局", COUNTY: "从化区政务服务数据管理局",
    TOWN: "温泉镇人民政府", ZONE: "从化经济开发区管理委员会",
}  # fmt: skip
KIND_OF_LEAD = {TOWN: "township", ZONE: "zone_committee"}
# Who decides on the lists of a region: the town's are the district's matter.
DECIDING = {PROVINCE: PROVINCE, CITY: CITY, COUNTY: COUNTY, TOWN: COUNTY, ZONE: COUNTY}
ROLES = {"compiler": "编制岗", "principal": "负责人岗", "reviewer": "审改办审核岗", "decider": "政府审定岗",
         "list_authority": "清单牵头岗"}  # fmt: skip
MEETING = {"meeting": "政府常务会议", "date": "2026-01-05", "number": "府发〔2026〕1号"}


@dataclass
class Guangdong:
    """What the chapters of the journey share: the system, who acts, and what was registered."""

    stage: Stage
    organs: dict[str, str] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    lists: dict[tuple[str, str], str] = field(default_factory=dict)
    posts: dict[tuple[str, str], Person] = field(default_factory=dict)

    def who(self, role: str, region: str) -> Person:
        """The post that acts for a region: its reviewer, its decider, whoever leads its lists."""
        place = region if role == "list_authority" else DECIDING[region]
        return self._post(role, place, None)

    def officer(self, role: str, organ: str) -> Person:
        """The post that compiles or signs for an organ."""
        return self._post(role, self.places[organ], organ)

    def _post(self, role: str, place: str, organ: str | None) -> Person:
        """The account of a post; it is made when it first acts."""
        if (role, organ or place) not in self.posts:
            login = f"{role.replace('_', '-')}-{self.codes[organ] if organ else place}".lower()
            granted = [{"role": role, "region_code": place, "organ_id": organ}]
            body = {"login": login, "name": ROLES[role], "password": PASSWORD, "organ_id": organ, "roles": granted}
            self.stage.admin.post("/catalog/v1/accounts", body | GROUNDS)
            self.posts[role, organ or place] = Person(self.stage.system, login, PASSWORD)
        return self.posts[role, organ or place]

    def new_list(self, kind: str, region: str, members: Sequence[str] = ()) -> str:
        """A list that is being compiled, led by the region's lead organ."""
        body = {"kind": kind, "region_code": region, "lead_organ_id": self.leads[region],
                "member_organ_ids": sorted(members), **GROUNDS}  # fmt: skip
        self.lists[kind, region] = self.stage.admin.post("/catalog/v1/lists", body)["id"]
        return self.lists[kind, region]

    def bring(self, region: str, profile: str, lines: Sequence[Mapping[str, str]]) -> dict[str, int]:
        """Upload a table for the lists of a region; what became of its rows."""
        fields = {"profile": profile, "region_code": region, **GROUNDS}
        who = self.who("list_authority", region)
        answer = who.upload("/catalog/v1/imports", "table.csv", data.table(lines), fields)
        assert answer.status_code == 202, answer.text
        done = self.stage.operation(answer.json())
        assert done["state"] == "succeeded", done["error"]
        counts: dict[str, int] = who.get(f"/catalog/v1/imports/{answer.json()['operation_id']}")["counts"]
        return counts

    def enter(self, kind: str, region: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Write entries into a list that is being compiled; their ids."""
        path = f"/catalog/v1/lists/{self.lists[kind, region]}/items"
        body = {"items": [{"elements": row} for row in rows], **GROUNDS}
        answer = self.who("list_authority", region).post(path, body)
        assert answer["rejected"] == 0, answer["rows"]
        return [row["item_id"] for row in answer["rows"]]

    def correct(self, region: str, item_id: str, elements: Mapping[str, Any]) -> None:
        """Correct an entry of a list that is being compiled."""
        path = f"/catalog/v1/items/{item_id}"
        match = {"If-Match": f'"{self.stage.item(item_id)["version"]}"'}
        self.who("list_authority", region)._send("PATCH", path, json={"elements": elements, **GROUNDS}, headers=match)

    def enact(self, kind: str, region: str) -> None:
        """The government decides on a list; it is in force and public."""
        path = f"/catalog/v1/lists/{self.lists[kind, region]}/enact"
        self.who("decider", region).post(path, {"decision": MEETING, **GROUNDS})
        self.stage.settle()

    def items(self, kind: str, region: str, **where: Any) -> list[dict[str, Any]]:
        """Entries of a list as its people read them."""
        return self.stage.admin.all_of(f"/catalog/v1/lists/{self.lists[kind, region]}/items", **where)

    def findings(self, region: str, **where: Any) -> list[dict[str, Any]]:
        """Open findings of a region."""
        return self.stage.admin.all_of("/catalog/v1/findings", region_code=region, state="open", **where)

    def drafts(self, region: str, **where: Any) -> list[dict[str, Any]]:
        """Open drafts for the lists of a region."""
        return self.stage.admin.all_of("/catalog/v1/drafts", region_code=region, state="open", **where)

    def published(self, kind: str, region: str) -> dict[str, dict[str, Any]]:
        """Entries of a list as citizens read them, by id."""
        path, shown = f"/lists/{self.lists[kind, region]}/items", {}
        given: dict[str, Any] = {"limit": 200}
        while True:
            answer = self.stage.public(path, params=given)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            shown |= {row["id"]: row for row in page["items"]}
            if page["next"] is None:
                return shown
            given["cursor"] = page["next"]

    def accept(self, region: str) -> int:
        """Whoever leads the lists of a region accepts what is prepared for them, until nothing is left."""
        total = 0
        while True:
            self.stage.settle()
            taken = 0
            for list_id in [id_ for (_, place), id_ in self.lists.items() if place == region]:
                body = {"list_id": list_id, "limit": 1000, "reason": "经核对一致"}
                taken += self.who("list_authority", region).post("/catalog/v1/drafts/accept", body)["accepted"]
            if not taken:
                return total
            total += taken


def register(stage: Stage) -> Guangdong:
    """Regions, organs and the procedure of the province, as the files have them."""
    world = Guangdong(stage)
    stage.admin.put("/catalog/v1/regions", {"items": list(_regions()), **GROUNDS})
    rows = [*_organs(), *_leads()]
    answer = stage.admin.put("/catalog/v1/organs", {"items": rows, **GROUNDS})
    assert answer["rejected"] == 0, answer["errors"]
    world.organs = answer["ids"]
    world.codes = {id_: code for code, id_ in world.organs.items()}
    world.places = {world.organs[row["credit_code"]]: row["region_code"] for row in rows}
    world.leads = {region: world.organs[_lead_code(region)] for region in LEADS}
    stage.bind("short", *KINDS, region=PROVINCE)
    return world


def _regions() -> Iterator[dict[str, Any]]:
    named = {row["area_code12"]: row["name"] for row in data.rows(data.REGIONS)}
    above = {PROVINCE: None, CITY: PROVINCE, COUNTY: CITY}
    for (code, parent), level in zip(above.items(), ("province", "city", "county"), strict=True):
        yield {"code": code, "name": named[code], "level": level, "kind": "administrative", "parent_code": parent}
    for code, (name, level, kind) in BELOW.items():
        yield {"code": code, "name": name, "level": level, "kind": kind, "parent_code": COUNTY}


def _organs() -> Iterator[dict[str, Any]]:
    acting = {row["uscc"] for row in data.rows(data.PERMITS)}
    for row in data.rows(data.ORGANS):
        if row["uscc"] in acting:
            yield {"name": row["dept_name"], "credit_code": row["uscc"], "kind": "department",
                   "region_code": f"{row['area_code']}000000", "administrative_subject": True}  # fmt: skip


def _lead_code(region: str) -> str:
    return entries.organ_code(region, f"0000001{'ABCDE'[list(LEADS).index(region)]}")


def _leads() -> Iterator[dict[str, Any]]:
    for region, name in LEADS.items():
        yield {"name": name, "credit_code": _lead_code(region), "kind": KIND_OF_LEAD.get(region, "department"),
               "region_code": region, "administrative_subject": True}  # fmt: skip


def decided(
    world: Guangdong, region: str, title: str, changes: Mapping[str, Sequence[Mapping[str, Any]]],
    *, fill: Mapping[str, Any] | None = None, **header: Any,
) -> dict[str, Any]:  # fmt: skip
    """An adjustment of a region from its opening to its effect in every list.

    `changes` by organ: the first one leads, each compiles its own and signs. `fill` is said beside changes, e.g. a
    reform.
    """
    leading, *others = changes
    told = {"trigger": "LOCAL_INITIATIVE", "trigger_reference": "清单编制工作方案", "legal_basis": "国办发〔2022〕2号",
            "reason": title, "title": title} | header  # fmt: skip
    body = {**told, "organ_id": leading, "region_code": region, "participants": others, "changes": changes[leading]}
    opened = world.officer("compiler", leading).post("/workflow/v1/adjustments", body)
    path = f"/workflow/v1/adjustments/{opened['id']}"
    for organ in others:
        if changes[organ]:
            world.officer("compiler", organ).post(f"{path}/changes", {"changes": changes[organ]})
    if fill:
        world.officer("compiler", leading).post(f"{path}/changes", fill)
    carried(world, region, path, list(changes))
    found: dict[str, Any] = world.stage.admin.get(path)
    return found


def carried(world: Guangdong, region: str, path: str, organs: Sequence[str]) -> None:
    """From submission to effect: all organs sign, the region reviews and decides."""
    stage, adjustment = world.stage, path.rsplit("/", 1)[1]
    world.officer("compiler", organs[0]).post(f"{path}/submit")
    checked = stage.wait_for(adjustment, "signing", "returned")
    assert checked["state"] == "signing", checked["validation"]
    for organ in organs:
        seal = {"reference": f"档案号 {world.codes[organ]}"}
        world.officer("principal", organ).post(f"{path}/sign", {"organ_id": organ, "seal": seal})
    world.who("reviewer", region).post(f"{path}/review", {"outcome": "pass", "opinion": "一致"})
    world.who("decider", region).post(f"{path}/decide", {"decision": MEETING})
    done = stage.wait_for(adjustment, "effective", "conflict")
    assert done["state"] == "effective", done
    stage.settle()
