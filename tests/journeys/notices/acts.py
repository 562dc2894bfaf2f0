"""What people of the notices of Hebei, Tonghua and Zezhou do and read over HTTP; each module of a story uses these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from deploy.demo.people import Refused
from tests.journeys.stage import GROUNDS
from tests.journeys.trial import Trial

CAMPAIGNS, OBLIGATIONS = "/workflow/v1/campaigns", "/workflow/v1/obligations"
ADJUSTMENTS, TASKS = "/workflow/v1/adjustments", "/workflow/v1/tasks"
PASS = {"outcome": "pass", "opinion": "审核无误"}
LEGAL = {"verdict": "legal", "opinion": "依据有效，内容合法"}


def refused(trial: Trial, who: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """The problem an act is refused with."""
    with pytest.raises(Refused) as caught:
        trial.posts[who].post(path, body)
    return caught.value.problem | {"status": caught.value.status}


def charge(trial: Trial, region: str, source: str, **offices: str) -> None:
    """Say which organs (by key) do the work of which roles in a region."""
    for role, organ in offices.items():
        body = {"region_code": region, "role": role, "organ_id": trial.organs[organ], "source": source}
        trial.admin.post("/workflow/v1/role-bindings", body)


def new_list(trial: Trial, who: str, kind: str, region: str, lead: str, *members: str) -> str:
    """A list that is being compiled."""
    body = {
        "kind": kind, "region_code": region, "lead_organ_id": trial.organs[lead],
        "member_organ_ids": [trial.organs[member] for member in members], **GROUNDS,
    }  # fmt: skip
    trial.lists[kind, region] = trial.posts[who].post("/catalog/v1/lists", body)["id"]
    return trial.lists[kind, region]


def enter(trial: Trial, who: str, list_id: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write entries into a list that is being compiled; their ids."""
    body = {"items": [{"elements": row} for row in rows], **GROUNDS}
    answer = trial.posts[who].post(f"/catalog/v1/lists/{list_id}/items", body)
    assert answer["rejected"] == 0, answer["rows"]
    return [row["item_id"] for row in answer["rows"]]


def enact(trial: Trial, who: str, list_id: str, meeting: str, day: str, number: str) -> None:
    """The government puts a list into force; it is public when this returns."""
    decision = {"meeting": meeting, "date": day, "number": number}
    trial.posts[who].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": decision, **GROUNDS})
    trial.until(lambda: trial.public(f"/lists/{list_id}").status_code == 200, "the list is not published")


def owed(trial: Trial, who: str, campaign: str, **filters: Any) -> list[Any]:
    """Obligations of a campaign as somebody sees them."""
    return trial.posts[who].all_of(f"{CAMPAIGNS}/{campaign}/obligations", **filters)


def once_done(trial: Trial, who: str, obligation: str) -> Any:
    """An obligation when what happened has made it done."""
    path = f"{OBLIGATIONS}/{obligation}"
    return trial.until(
        lambda: (told := trial.posts[who].get(path))["state"] == "done" and told, "the obligation stays open"
    )


def steps(trial: Trial, adjustment: str, **where: str) -> list[Any]:
    """Steps of an adjustment with such values, in their order."""
    told = trial.admin.get(f"{ADJUSTMENTS}/{adjustment}")
    return [step for step in told["steps"] if all(step[name] == value for name, value in where.items())]


def due_day(step: Mapping[str, Any]) -> str:
    """The day something is due in."""
    return str(step["due_at"])[:10]


def messages(trial: Trial, who: str, act: str, kind: str) -> list[Any]:
    """What somebody was told of tasks of a kind."""
    found = trial.posts[who].all_of("/workflow/v1/messages")
    return [one for one in found if (one["act"], one["kind"]) == (act, kind)]


def acts_of(trial: Trial, who: str, task: str) -> list[str]:
    """What happened to a task, in order."""
    return [one["act"] for one in trial.posts[who].get(f"{TASKS}/{task}/history")["items"]]
