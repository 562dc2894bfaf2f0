"""The people who carry an adjustment through its procedure, over HTTP as they do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from benchmarks import entries
from benchmarks.corpus import NATION, Matter
from benchmarks.line import Line
from benchmarks.stage import Stage
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer

ROLES = ("compiler", "principal", "reviewer", "decider", "list_authority", "administrator")
ADJUSTMENTS = "/workflow/v1/adjustments"
# The whole run; those of the staff last minutes and are renewed.
TOKEN_MINUTES = 24 * 60
# Adjustments prepared side by side.
AT_ONCE = 6
DECISION = {"meeting": "测算县人民政府第12次常务会议", "date": "2026-03-02", "number": "测府〔2026〕12号"}


@dataclass(frozen=True)
class Prepared:
    """An adjustment that only waits for its decision."""

    id: UUID
    matters: Sequence[Matter]
    name: dict[int, str]


def tokens(stage: Stage) -> dict[str, str]:
    """An access token for each role; nobody holds two, since nobody approves what he compiled."""
    issuer = TokenIssuer(stage.place.secrets, minutes=TOKEN_MINUTES)
    made = {}
    for role in ROLES:
        who = Principal(new_id(), role, f"测算{role}", None, (Grant(role, NATION),))
        made[role] = issuer.issue(who)
    return made


async def prepare(stage: Stage, matters: Sequence[Matter], edition: int) -> list[Prepared]:
    """One adjustment for each matter, renaming its permit, up to the decision."""
    queue = iter(matters)
    done: list[Prepared] = []

    async def work() -> None:
        for matter in queue:
            done.append(await prepare_one(stage, [matter], edition))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return sorted(done, key=lambda prepared: prepared.matters[0].number)


async def prepare_one(stage: Stage, matters: Sequence[Matter], edition: int) -> Prepared:
    """One adjustment that renames the permits of all the matters, up to the decision."""
    organs = list(dict.fromkeys(matter.organ.id for matter in matters))
    names = {matter.number: entries.name_of(matter.number, edition) for matter in matters}
    port = stage.system.ports["workflow"]
    held = tokens(stage)
    async with Line(port, held["compiler"]) as compiler:
        answer = await compiler.post(ADJUSTMENTS, _opened(organs, matters, names))
        id_ = UUID(answer.expect(201).json()["id"])
        (await compiler.post(f"{ADJUSTMENTS}/{id_}/submit")).expect(200)
        checked = await _in_state(compiler, id_, "signing,returned")
        if checked["state"] != "signing":
            raise RuntimeError(f"the corpus is not sound: {checked['validation']}")
    async with Line(port, held["principal"]) as principal:
        for organ in organs:
            seal = {"organ_id": str(organ), "seal": {"reference": "档案号 2026-测-001"}}
            (await principal.post(f"{ADJUSTMENTS}/{id_}/sign", seal)).expect(200)
    async with Line(port, held["reviewer"]) as reviewer:
        (await reviewer.post(f"{ADJUSTMENTS}/{id_}/review", {"outcome": "pass", "opinion": "同意"})).expect(200)
    return Prepared(id_, matters, names)


async def decide(line: Line, prepared: Prepared) -> None:
    """The decision; `line` is the decider's."""
    (await line.post(f"{ADJUSTMENTS}/{prepared.id}/decide", {"decision": DECISION})).expect(200)


def decider(stage: Stage) -> Line:
    """A connection of the one who decides."""
    return Line(stage.system.ports["workflow"], tokens(stage)["decider"])


async def _in_state(line: Line, id_: UUID, states: str) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = (await line.get(f"{ADJUSTMENTS}/{id_}?wait_for={states}&wait=10")).expect(200).json()
        if found["state"] in states.split(","):
            return found


def _opened(organs: Sequence[UUID], matters: Sequence[Matter], names: dict[int, str]) -> dict[str, Any]:
    return {
        "title": f"调整{len(matters)}项行政许可的名称",
        "trigger": "SUPERIOR_SPEC_CHANGE",
        "trigger_reference": "省级行政许可实施规范（2026年版）",
        "legal_basis": "《中华人民共和国行政许可法》第十七条",
        "reason": "采用全国统一名称",
        "organ_id": str(organs[0]),
        "participants": [str(organ) for organ in organs[1:]],
        "changes": [
            {"operation": "modify", "item_id": str(matter.permit), "elements": {"name": names[matter.number]}}
            for matter in matters
        ],
    }
