"""What the chapters of Qing County do again and again - file, report, see what is due - and its adjustment."""

from __future__ import annotations

from typing import Any

from tests.journeys.notices.campaigns import ADJUSTMENTS, Story, beijing
from tests.journeys.notices.qing import COUNTY, LEADS, SOURCE
from tests.journeys.stage import modify
from tests.journeys.trial import Trial

PLAN = {"title": "编制工作方案", "reference": "档案号 2017-031"}
SUMMARY = {"title": "工作总结", "reference": "档案号 2017-112"}
WORKERS = ("workflow-consumers", "workflow-gatherers")
REPORTING = len(LEADS) + 1  # the lead organs and the zone
SEAL = {"seal": {"reference": "档案号 2017-088", "sha256": "9c" * 32}}


class Qing(Story):
    """The campaign of the county, with what its posts do each month."""

    def filed(self, number: str, day: str, **chosen: str) -> None:
        """The staffing office takes on file what is ready of the chosen obligations."""
        receipt = {"recipient": "县编办", "receipt_number": number, "date": day}
        for row in self.running.owed(**chosen):
            if "file" in row["allowed"]:
                self.running.act("fangguanfu", row, "file", receipt)

    def report(self, *but: str) -> None:
        """Every unit reports on the month before, but the named organs."""
        for row in self.running.reports(standing="open"):
            organ = self.organ_of(row["organ_id"])
            who = "kaifaqu" if organ is None else f"{organ}-qiantou"
            if organ not in but:
                self.trial.posts[who].post(f"/workflow/v1/monthly-reports/{row['id']}/submit", {"next_steps": "按期"})

    def about_reports(self, who: str, what: str) -> list[str]:
        """The days by which a post is asked for a report, in its open `tasks` or its unread `messages`."""
        found = self.trial.posts[who].all_of(f"/workflow/v1/{what}")
        asked = [row for row in found if row["kind"] == "report" and row.get("act", "opened") == "opened"]
        return [beijing(row["due_at"])[:10] for row in asked if row["due_at"] > "2017-08-31"]

    def deadlines(self, who: str) -> list[dict[str, Any]]:
        """What a superior's list has made due in the county itself for a post."""
        found: list[dict[str, Any]] = self.trial.posts[who].get("/workflow/v1/tasks", kind="deadline")["items"]
        return [task for task in found if task["region_code"] == COUNTY]


def permit_is_renamed(trial: Trial, name: str) -> str:
    """The approval bureau takes over the province's name of a permit, as far as the legality review."""
    header = {
        "title": "规范食品经营许可名称", "trigger": "SUPERIOR_LIST_CHANGE", "trigger_reference": SOURCE,
        "legal_basis": "《河北省行政许可目录管理办法》", "reason": "与省级目录一致",
        "organ_id": trial.organs["approval"], "changes": [modify(trial.permits["食品经营许可"], name=name)],
    }  # fmt: skip
    id_ = str(trial.posts["bianzhi"].post(ADJUSTMENTS, header)["id"])
    trial.submit(id_, "bianzhi")
    trial.act("juzhang", id_, "sign", SEAL)
    trial.act("bianban", id_, "review", {"outcome": "pass", "opinion": "一致"})
    return id_
