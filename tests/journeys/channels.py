"""The channels of a county's permit list in journeys: one of each kind, those of machines simulated."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.simulator.channel import Server, running
from tests.journeys.stage import COUNTY, Stage

PULLED = {"portal": "data.json", "department_site": "data.json", "hall": "kiosk.json"}
POSTED = ("service_window", "wechat", "microblog", "gazette", "notice_board", "press_conference", "newspaper", "radio",
          "television")  # fmt: skip
KINDS = (*PULLED, *POSTED, "open_data")
PATH = "/publish/v1/channels"
CLERK = "qingdan-01"


@dataclass
class Channels:
    """The channels of the county's permit list, each under `prefix` and its kind."""

    stage: Stage
    servers: dict[str, Server]
    list_id: str
    prefix: str

    def path(self, kind: str) -> str:
        """Where the channel of a kind is found."""
        return f"{PATH}/{self.prefix}{kind}"

    def copy(self, kind: str) -> Any:
        """How the copy of a channel stands."""
        (copy,) = self.stage.admin.get(f"{self.path(kind)}/copies")["items"]
        return copy

    def post_everything(self) -> None:
        """People post what is due, and say where."""
        for kind in POSTED:
            copy = self.copy(kind)
            link = f"https://www.example.gov.cn/{kind}"
            body = {"revision": copy["due_revision"], "posted_on": "2026-01-06", "link": link}
            if copy["state"] != "current":
                self.stage.posts[CLERK].post(f"{self.path(kind)}/lists/{self.list_id}/postings", body)

    def shown(self) -> dict[str, tuple[int, str, str]]:
        """State, revision and hash of what each channel shows."""
        found = {kind: self.copy(kind) for kind in KINDS}
        return {kind: (copy["shown_revision"], copy["shown_hash"], copy["state"]) for kind, copy in found.items()}

    def current(self) -> Any:
        """The published list, once every channel shows it."""
        told = self.stage.public(f"/lists/{self.list_id}").json()
        wanted = (told["revision"], told["hash"], "current")
        return told if set(self.shown().values()) == {wanted} else None

    def public(self) -> list[Any]:
        """What everybody is told of them."""
        told = self.stage.public(f"/lists/{self.list_id}/channels").json()["items"]
        return [one for one in told if one["code"] in {f"{self.prefix}{kind}" for kind in KINDS}]

    def tasks(self) -> list[str]:
        """What the clerk has to do about channels."""
        found = self.stage.posts[CLERK].get("/workflow/v1/tasks", kind="channel", limit=200)["items"]
        return sorted(task["title"].partition("：")[0] for task in found if task["list_id"] == self.list_id)


@contextlib.contextmanager
def opened(stage: Stage, prefix: str = "") -> Iterator[Channels]:
    """A channel of each kind while the block runs; afterwards they rest."""
    with running() as first, running() as second, running() as third, running() as fourth:
        servers = dict(zip((*PULLED, "open_data"), (first, second, third, fourth), strict=True))
        channels = Channels(stage, servers, stage.lists["permit", COUNTY], prefix)
        for kind in KINDS:
            ways: dict[str, Any] = {"read_url": servers[kind].url} if kind in servers else {}
            if kind == "open_data":
                ways |= {"put_url": servers[kind].url, "delivery": "put"}
            body = {"code": f"{prefix}{kind}", "name": f"青县{prefix}{kind}", "kind": kind, "region_code": COUNTY,
                    "list_kinds": ["permit"], "window_seconds": 120, **ways}  # fmt: skip
            stage.admin.post(PATH, body)
        copies = f"{stage.system.url('publish')}/publish/v1/lists/{channels.list_id}/copies"
        for kind, name in PULLED.items():
            servers[kind].shown.follows[channels.list_id] = f"{copies}/{name}?channel={prefix}{kind}"
        yield channels
        for kind in KINDS:
            stage.admin.post(f"{channels.path(kind)}/pause")
