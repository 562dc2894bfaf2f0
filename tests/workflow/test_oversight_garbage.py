"""Whatever is sent to the operations of oversight is answered with a clear refusal, never with a failure of ours."""

from __future__ import annotations

from typing import Any

import pytest

from services.workflow.auditing import routes as auditing
from services.workflow.complaints import routes as complaints
from services.workflow.handling import routes as handling
from services.workflow.inspections import routes as inspections
from services.workflow.oversight import routes as oversight
from services.workflow.rectification import routes as rectification
from services.workflow.reviews import routes as reviews
from services.workflow.violations import routes as violations
from shared.identifiers import new_id
from tests.workflow.county import COUNTY, NATION
from tests.workflow.oversight_world import platform
from tests.workflow.world import World

AREAS = (auditing, complaints, handling, inspections, oversight, rectification, reviews, violations)
ROUTES = sorted({(method, route.path) for area in AREAS for route in area.router.routes for method in route.methods})  # type: ignore[attr-defined]
DEEP: Any = []
for _ in range(60):
    DEEP = [DEEP]
BODIES: tuple[Any, ...] = (
    None, [], {}, "x", 2**80, 1.5, {"\ufffe": 1}, DEEP, {"reason": DEEP}, {"reason": 2**70}, {"reason": "停\u0000"},
    {"records": [None, 1, DEEP, {"number": 2**70}]}, {"reviews": [None, 1, DEEP, {"rating": 2**70}]},
    {"first": 2**63, "last": -1}, {"thresholds": [2**70], "retention_months": 2**70},
    {"subject": "violation/x", "due_on": 1e308, "requirement": "停止", "remedy": "stop"},
    {"source": "letter", "reference": "\u202e", "region_code": "0" * 5000, "subject": "other", "text": "x"},
    {"feedback_id": "x", "subject": None}, {"measure": "none", "basis": "x", "reason": "x", "person_id": 1},
)  # fmt: skip
QUERIES = (
    "", "?region=x", f"?region={COUNTY}&limit=99999999999999999999", f"?region={COUNTY}&cursor=WzEsMl0",
    f"?region={COUNTY}&cursor=%00", f"?region={COUNTY}&organ=1&item=%F0%9F&state=%ED%A0%80", "?region=%00&since=1e9",
    f"?region={COUNTY}&since=0000-00-00&until=99999-01-01&most=1e400&overdue=maybe", "?region=1&region=2&type=%27--",
)  # fmt: skip


def places(path: str) -> list[str]:
    """A path with ids that are none, that nobody has, and that are too long."""
    if "{" not in path:
        return [path]
    head, _, rest = path.partition("{")
    tail = rest.partition("}")[2]
    return [f"{head}{id_}{tail}" for id_ in (new_id(), "x", "%00", "%F0%9F%98%80", "9" * 600)]


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
async def test_anything_is_answered_with_a_clear_refusal_or_an_answer(world: World, method: str, path: str) -> None:
    await platform(world, "任何系统", scopes=("handling_records", "complaints"))
    world.person("全部角色", *((role, place, None) for role in ("administrator", "reviewer", "auditor")
                           for place in (NATION, COUNTY)))  # fmt: skip
    for who in ("全部角色", "任何系统"):
        for number, place in enumerate(places(path)):
            # Everything once; of the other ids it is the id that matters.
            if method == "GET":
                answers = [await world.call(who, "GET", place + query) for query in QUERIES[: 1 if number else None]]
            else:
                bodies = [{"reason": "试"}] if number else BODIES
                answers = [await world.call(who, method, place, body, **{"If-Match": '"0"'}) for body in bodies]
            for answer in answers:
                assert answer.status_code < 500, (who, place, answer.text)
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == "application/problem+json", (place, answer.text)
                    assert any("\u4e00" <= character <= "\u9fff" for character in answer.json()["detail"]), answer.text
    await world.run("DELETE FROM qingdan.oversight_setting")
