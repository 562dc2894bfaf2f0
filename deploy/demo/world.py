"""The register of the demo: regions, organs, lists and the posts that act, all through the API."""

from __future__ import annotations

import asyncio
import csv
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.demo import repository
from deploy.demo.people import Person
from shared.installation import Place
from shared.system import System

DATA = Path(__file__).parent / "data"
NATION, PROVINCE, CITY, ZONE = "000000000000", "440000000000", "440100000000", "440199000000"
REGIONS = (PROVINCE, CITY, ZONE)
PLACES = {PROVINCE: "广东省", CITY: "广州市", ZONE: "广州空港经济区"}
ZONE_COMMITTEE = "114401005799639727"
CITY_BUREAU = "11440100MB2C93184J"
CITY_PLANNING = "11440100MB2C91103Q"
CITY_JUSTICE = "11440100007483180K"
CITY_HOUSING = "11440100007482612P"
KINDS = {
    "permit": "行政许可事项清单",
    "power": "行政权力清单",
    "catalogue": "政务服务事项目录清单",
    "implementation": "政务服务事项实施清单",
    "follow_up_supervision": "后续监管清单",
    "internet_supervision": "“互联网+监管”事项清单",
    "investment_approval": "投资项目审批事项清单",
}
# The zone keeps a responsibility list as well: a duty for each of its powers, and sections that are declared empty.
DUTIES = ("responsibility", ZONE)
FURTHER = {"base_catalogue": "政务服务事项基本目录", "responsibility": "责任清单"}
GROUNDS = {"reason": "演示：首次登记", "legal_basis": "演示数据，非正式文件"}
# Real organs that are not in the source, since they held no permits of their own; they lead the lists.
LEADS = {PROVINCE: "广东省政务服务数据管理局", CITY: "广州市政务服务数据管理局"}

# Who acts: a post, and its roles in a region, for an organ by its credit code.
POSTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "province-lead": ("省清单牵头单位岗", [("list_authority", PROVINCE, None)]),
    "bureau-compiler": ("市生态环境局编制岗", [("compiler", CITY, CITY_BUREAU), ("reviewer", CITY, None)]),
    "bureau-principal": ("市生态环境局负责人岗", [("principal", CITY, CITY_BUREAU)]),
    "planning-principal": ("市规划和自然资源局负责人岗", [("principal", CITY, CITY_PLANNING)]),
    "zone-compiler": ("空港经济区编制岗", [("compiler", ZONE, ZONE_COMMITTEE)]),
    "zone-principal": ("空港经济区负责人岗", [("principal", ZONE, ZONE_COMMITTEE)]),
    "city-reviewer": ("市审改办审核岗", [("reviewer", CITY, None)]),
    "county-reviewer": ("天河区审改办审核岗", [("reviewer", "440106000000", None)]),
    "housing-reviewer": ("市住房城乡建设局会审岗", [("joint_reviewer", CITY, CITY_HOUSING)]),
    "city-legal": ("市司法局合法性审查岗", [("legality_reviewer", CITY, CITY_JUSTICE)]),
    "city-decider": ("市政府审定岗", [("decider", CITY, None)]),
    "province-decider": ("省政府审定岗", [("decider", PROVINCE, None)]),
}

PATIENCE_SECONDS = 60


@dataclass
class World:
    """What was registered, by the keys the story uses."""

    system: System
    place: Place
    admin: Person
    organs: dict[str, str] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    lists: dict[tuple[str, str], str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def idle(self) -> bool:
        """True when every consumer stands at the head of the log."""
        return asyncio.run(repository.consumers_at_rest(self.place.database_url))

    def wait_listening(self, service: str, *, since: datetime) -> None:
        """Wait until a process of the service that started later listens to the bell."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if asyncio.run(repository.is_listening(self.place.database_url, service, since)):
                return
            time.sleep(0.02)

    def title(self, list_id: str) -> str:
        """A list as people call it."""
        kind, region = next(key for key, value in self.lists.items() if value == list_id)
        return f"{PLACES[region]} {KINDS.get(kind) or FURTHER[kind]}"


def read(name: str) -> list[dict[str, str]]:
    """Rows of a file of the demo."""
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def build(system: System, place: Place) -> World:
    """Register everything the story needs."""
    password = (place.secrets / "account-admin.password").read_text().strip()
    world = World(system, place, Person(system, "admin", password))
    _regions(world)
    _organs(world)
    _lists(world)
    _people(world)
    return world


def _regions(world: World) -> None:
    rows = [{**row, "parent_code": row["parent_code"] or None} for row in read("regions.csv")]
    answer = world.admin.put("/catalog/v1/regions", {"items": rows, **GROUNDS})
    if answer["rejected"]:
        raise RuntimeError(f"regions refused: {answer['errors'][:3]}")


def _organs(world: World) -> None:
    rows = [_organ(row) for row in read("organs.csv") if "V" not in row["uscc"]]
    answer = world.admin.put("/catalog/v1/organs", {"items": rows, **GROUNDS})
    if answer["rejected"]:
        raise RuntimeError(f"organs refused: {answer['errors'][:3]}")
    world.organs = answer["ids"]
    for region, name in LEADS.items():
        body = {"name": name, "kind": "department", "region_code": region, **GROUNDS}
        world.leads[region] = world.admin.post("/catalog/v1/organs", body)["id"]
    world.leads[ZONE] = world.organs[ZONE_COMMITTEE]


def _organ(row: dict[str, str]) -> dict[str, Any]:
    zone = row["uscc"] == ZONE_COMMITTEE
    party = row["dept_name"].startswith("中共")
    return {
        "name": row["dept_name"],
        "credit_code": row["uscc"],
        "kind": "zone_committee" if zone else "party_body" if party else "department",
        "region_code": ZONE if zone else f"{row['area_code']}000000",
        "administrative_subject": True,
        # Customs, maritime safety and post answer to the nation, not to the province.
        "vertical": row["dept_name"].startswith("中华人民共和国") or "邮政管理局" in row["dept_name"],
    }


def _lists(world: World) -> None:
    permits = {row["uscc"] for row in read("permits.csv")}
    by_region: dict[str, set[str]] = {region: set() for region in REGIONS}
    for row in read("organs.csv"):
        if row["uscc"] in permits:
            region = ZONE if row["uscc"] == ZONE_COMMITTEE else f"{row['area_code']}000000"
            by_region[region].add(world.organs[row["uscc"]])
    wanted = [("base_catalogue", PROVINCE), DUTIES, *((kind, region) for region in REGIONS for kind in KINDS)]
    for kind, region in wanted:
        body = {
            "kind": kind,
            "region_code": region,
            "lead_organ_id": world.leads[region],
            "member_organ_ids": sorted(by_region[region]),
            **GROUNDS,
        }
        world.lists[kind, region] = world.admin.post("/catalog/v1/lists", body)["id"]


def _people(world: World) -> None:
    for login, (title, roles) in POSTS.items():
        held = [(role, region, world.organs[code] if code else None) for role, region, code in roles]
        password = f"{secrets.token_urlsafe(12)}-Qd7"
        world.admin.post(
            "/catalog/v1/accounts",
            {
                "login": login,
                "name": title,
                "password": password,
                "organ_id": next((organ for _, _, organ in held if organ), None),
                "roles": [{"role": role, "region_code": region, "organ_id": organ} for role, region, organ in held],
                **GROUNDS,
            },
        )
        path = world.place.secrets / f"account-{login}.password"
        path.touch(mode=0o600)
        path.write_text(password)
        world.people[login] = Person(world.system, login, password)
