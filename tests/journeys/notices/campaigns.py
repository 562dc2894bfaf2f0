"""A campaign of a notice as those who run it see it: what is owed by whom, what is late, how the targets stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from deploy.demo.people import Refused
from shared import clock
from tests.journeys.trial import Trial

CAMPAIGNS = "/workflow/v1/campaigns"
ADJUSTMENTS = "/workflow/v1/adjustments"


@dataclass
class Campaign:
    """A running campaign, asked for by the post that coordinates it."""

    trial: Trial
    who: str
    id: str

    @classmethod
    def begun(cls, trial: Trial, who: str, plan: Mapping[str, Any]) -> Campaign:
        """Planned and started; what was published before is taken note of."""
        made = trial.posts[who].post(CAMPAIGNS, plan)
        assert made["state"] == "draft", made
        assert trial.posts[who].post(f"{CAMPAIGNS}/{made['id']}/start")["state"] == "running"
        trial.settle()
        return cls(trial, who, made["id"])

    def read(self, part: str, **query: Any) -> Any:
        """A view of the campaign, such as `progress` or `targets`."""
        return self.trial.posts[self.who].get(f"{CAMPAIGNS}/{self.id}/{part}", **query)

    def owed(self, **query: Any) -> list[Any]:
        """Obligations, the first due first."""
        return self.trial.posts[self.who].all_of(f"{CAMPAIGNS}/{self.id}/obligations", **query)

    def due(self, **query: Any) -> set[str]:
        """The days on which the chosen obligations are due."""
        return {beijing(row["due_at"])[:10] for row in self.owed(**query)}

    def states(self, **query: Any) -> list[tuple[str, str | None, str]]:
        """Organ, kind and state of the chosen obligations."""
        found = [(row["organ_name"], row["list_kind"], row["state"]) for row in self.owed(**query)]
        return sorted(found, key=lambda each: (str(each[0]), str(each[1])))

    def told(self, obligation: Mapping[str, Any]) -> set[str]:
        """The grades of warning that the clock of an obligation has given."""
        clock = self.trial.posts[self.who].get(f"/workflow/v1/clocks/{obligation['id']}")
        return {warning["grade"] for warning in clock["warnings"] if warning["told_at"]}

    def act(self, who: str, obligation: Mapping[str, Any], what: str, body: Mapping[str, Any]) -> Any:
        """`submit`, `file`, `return` or `waive` an obligation."""
        return self.trial.posts[who].post(f"/workflow/v1/obligations/{obligation['id']}/{what}", body)

    def reports(self, **query: Any) -> list[Any]:
        """Monthly reports of the campaign."""
        return self.trial.posts[self.who].all_of("/workflow/v1/monthly-reports", campaign=self.id, **query)


@dataclass
class Story:
    """What one chapter of a story leaves to the next."""

    trial: Trial
    campaign: Campaign | None = None

    @property
    def running(self) -> Campaign:
        """The campaign, once it runs."""
        assert self.campaign is not None, "the chapters are read in order"
        return self.campaign

    def organ_of(self, organ_id: str | None) -> str | None:
        """The key of an organ."""
        return next((key for key, id_ in self.trial.organs.items() if id_ == organ_id), None)


def beijing(instant: str) -> str:
    """An instant as officials read it, such as `2017-08-31 23:59:59`."""
    return datetime.fromisoformat(instant).astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M:%S")


def refused(trial: Trial, who: str, path: str, body: Mapping[str, Any] | None, status: int, code: str = "") -> Any:
    """The problem with which a post is refused, as it should be."""
    person = trial.admin if who == "admin" else trial.posts[who]
    with pytest.raises(Refused) as answer:
        person.post(path, body)
    assert answer.value.status == status, answer.value.problem
    assert code in ("", answer.value.problem["code"]), answer.value.problem
    return answer.value.problem
