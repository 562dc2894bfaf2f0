"""A small world: a province, a city and a zone, three departments, forty permits and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.codes.item_code import BaseCode
from shared.identifiers import new_id

NATION, PROVINCE, CITY, ZONE = "000000000000", "440000000000", "440100000000", "440100900000"
REGIONS = (
    (NATION, "全国", "nation", "administrative", ()),
    (PROVINCE, "演练省", "province", "administrative", (NATION,)),
    (CITY, "演练市", "city", "administrative", (PROVINCE, NATION)),
    (ZONE, "演练开发区", "county", "zone", (CITY, PROVINCE, NATION)),
)
# Each region with all above it.
ABOVE = {code: frozenset({code, *above}) for code, _, _, _, above in REGIONS}
LEVELS = {PROVINCE: "2", CITY: "3", ZONE: "4"}
MIRRORS = ("power", "catalogue", "implementation")
OF_PERMIT = ("follow_up_supervision", "internet_supervision")
INVESTMENT = "investment_approval"
KINDS = ("permit", *MIRRORS, *OF_PERMIT, INVESTMENT)
PASSWORD = "faults-drill-of-nobody-1"
# Main items in the superior's master list that no permit uses yet: what clients add resolves to them.
SPARE = range(500, 980)
PERMITS = {"甲": (CITY, range(1, 17)), "乙": (CITY, range(17, 29)), "丙": (ZONE, range(1, 13))}


@dataclass(frozen=True)
class Person:
    """An account somebody signs in with."""

    login: str
    account_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Permit:
    """A permit, its department, and the entries that follow it, by kind."""

    id: UUID
    name: str
    followers: Mapping[str, UUID]


@dataclass(frozen=True)
class Department:
    """An organ with its people and its permits."""

    id: UUID
    name: str
    region: str
    credit_code: str
    compilers: tuple[Person, ...]
    principal: Person
    reviewer: Person
    decider: Person
    permits: tuple[Permit, ...]


@dataclass(frozen=True)
class World:
    """Everything clients and checkers need to know."""

    departments: tuple[Department, ...]
    lists: Mapping[tuple[str, str], UUID]
    authority: Person

    @property
    def permits(self) -> list[Permit]:
        """All permits of all departments."""
        return [permit for department in self.departments for permit in department.permits]


def base_code(number: int) -> str:
    """Base code of the world's n-th main item."""
    return BaseCode.generate(area="44", type_code="01", department="16", main=number).value


def permit_elements(name: str, department: Department, number: int) -> dict[str, Any]:
    """A complete permit."""
    level = LEVELS[department.region]
    code = base_code(number)
    return {
        "name": name, "base_code": code, "implementation_code": f"{department.credit_code}{level}{code}",
        "handling_item": "", "item_type": "01", "level": level, "implementing_body": str(department.id),
        "basis": basis(f"第{number}条"), "materials": [{"name": "申请表", "necessity": "required"}],
        "statutory_limit": {"amount": 20, "unit": "working_day"}, "service_objects": ["enterprise"],
        "promised_limit": {"amount": 10, "unit": "working_day"}, "investment": number % 2 == 0, "state": "in_use",
    }  # fmt: skip


def basis(article: str) -> list[dict[str, str]]:
    """One basis that may set a permit."""
    return [{"document": "演练省许可条例", "kind": "set", "document_kind": "local_regulation", "article": article}]


def follower_elements(kind: str, permit: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entry of another list that follows a permit; None where there is none."""
    keys = ("base_code", "implementing_body", "handling_item")
    if kind in MIRRORS:
        # The implementation list shows what the permit's specification asks (K27); the others need not.
        left_out = ("investment",) if kind == "implementation" else ("investment", "materials")
        return {key: value for key, value in permit.items() if key not in left_out}
    if kind == INVESTMENT:
        if not permit["investment"]:
            return None
        kept = ("name", "implementation_code", "level", "basis", "item_type", "state", *keys)
        return {key: permit[key] for key in kept}
    names = {"follow_up_supervision": "{}后续监管", "internet_supervision": "对{}的监管"}
    entry = {
        "name": names[kind].format(permit["name"]), "permit_name": permit["name"], "state": "in_use",
        "supervising_body": permit["implementing_body"], **{key: permit[key] for key in keys},
    }  # fmt: skip
    if kind == "follow_up_supervision":
        entry |= {"supervision_measures": ["每年检查一次"], "permit_state": "in_use"}
    return entry
