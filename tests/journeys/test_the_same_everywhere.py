"""One adjustment of several lists is the same wherever it is shown: every hash is computed again from what was got."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from runpy import run_path
from typing import Any

import pytest

from deploy.simulator.front_end.repository import FrontEnd
from deploy.simulator.repository import content_hash
from deploy.simulator.running import Simulator
from shared import settings
from shared.system import ROOT
from tests.journeys import channels, inbox, platforms
from tests.journeys.channels import Channels
from tests.journeys.inbox import Hook
from tests.journeys.stage import COUNTY, Stage, modify

PERMIT = "药品零售许可"
EXCHANGE, SIGNED, TABLES, LIBRARY = "all-exchange", "all-signed", "all-tables", "all-library"
PEERS = (EXCHANGE, SIGNED, TABLES, LIBRARY)
# Whose rows have the same columns, and so the same content hash (docs/platform.md).
ALIKE = (EXCHANGE, SIGNED)
# What strangers check with: nothing of the product is in them.
list_hash = run_path(str(ROOT / "docs" / "verify_list_hash.py"))["list_hash"]
publication_hash = run_path(str(ROOT / "docs" / "verify_publication.py"))["publication_hash"]
PACKAGES = run_path(str(ROOT / "docs" / "verify_package.py"))


@dataclass
class Outside:
    """Everybody who gets what the county publishes."""

    channels: Channels
    exchange: Simulator
    signed: Simulator
    library: Simulator
    tables: FrontEnd
    hook: Hook

    @property
    def simulated(self) -> dict[str, Simulator]:
        """Those that are asked over HTTP what they hold."""
        return {EXCHANGE: self.exchange, SIGNED: self.signed, LIBRARY: self.library}


@pytest.fixture(scope="module")
def outside(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """Channels of every kind, platforms of four transports, a subscriber and a partner without connection."""
    folder = tmp_path_factory.mktemp("everywhere")
    with contextlib.ExitStack() as stack:
        hook = stack.enter_context(inbox.listening()).hook("kiosk")
        found = Outside(
            channels=stack.enter_context(channels.opened(stage, "all-")),
            exchange=stack.enter_context(platforms.exchange(stage, folder / "exchange", EXCHANGE)),
            signed=stack.enter_context(platforms.signed(stage, folder / "signed", SIGNED)),
            library=stack.enter_context(platforms.library(stage, folder / "library", LIBRARY)),
            tables=stack.enter_context(platforms.tables(stage, TABLES)),
            hook=hook,
        )
        client = stack.enter_context(inbox.registered(stage, "县政务服务一体机"))
        subscription = inbox.subscribed(client, hook, filter={"regions": [COUNTY]})
        yield found
        client.subscriptions.delete(subscription)


class Published:
    """A publication with the open-data files of its lists, as anybody downloads and checks them."""

    def __init__(self, stage: Stage, adjustment: str) -> None:
        (self.made,) = stage.public("/publications", params={"adjustment": adjustment}).json()["items"]
        self.parts: dict[str, Any] = {part["list_id"]: part for part in self.made["parts"]}
        self.lines: dict[str, dict[str, bytes]] = {}
        for list_id, part in self.parts.items():
            answer = stage.public(f"/lists/{list_id}/open-data", params={"revision": part["revision"]})
            _, *lines = answer.content.splitlines()
            assert list_hash(lines) == part["hash"], part["title"]
            self.lines[list_id] = {json.loads(line)["id"]: line for line in lines}
        assert publication_hash(self.made["number"], self.made["parts"]) == self.made["hash"]

    def of(self, kind: str) -> Any:
        """The part of a kind of list."""
        (part,) = [part for part in self.made["parts"] if part["kind"] == kind]
        return part

    def entries(self, list_id: str) -> dict[str, Any]:
        """What the entries of a list say, by their ids."""
        return {item: json.loads(line) for item, line in self.lines[list_id].items()}


@pytest.fixture(scope="module")
def published(stage: Stage, outside: Outside) -> Published:
    """One adjustment of a permit, and all that follows from it in other lists."""
    told = stage.carry(modify(stage.permits[PERMIT], name=f"{PERMIT}（各处一致）"))
    made = Published(stage, told["id"])
    assert len(made.parts) > 5
    return made


@pytest.mark.req("ZZ-44", "ZZ-06", "QX-40")
def test_every_channel_shows_the_list_whose_hash_its_own_copy_has(
    stage: Stage, outside: Outside, published: Published
) -> None:
    outside.channels.post_everything()
    stage.until(outside.channels.current, "not every channel follows")
    part = published.of("permit")
    assert set(outside.channels.shown().values()) == {(part["revision"], part["hash"], "current")}
    assert {(one["revision"], one["identical"]) for one in outside.channels.public()} == {(part["revision"], True)}
    copies = {kind: server.shown.copies[part["list_id"]] for kind, server in outside.channels.servers.items()}
    _, *lines = copies.pop("open_data").splitlines()
    assert list_hash(lines) == part["hash"]
    for kind, copy in copies.items():
        told = json.loads(copy)
        assert (told["revision"], told["hash"]) == (part["revision"], part["hash"]), kind
        assert f"{PERMIT}（各处一致）" in copy.decode(), kind


@pytest.mark.req("ZL-02", "ZZ-46")
def test_platforms_of_four_kinds_hold_what_is_published_and_one_hash_of_it(
    stage: Stage, outside: Outside, published: Published
) -> None:
    stage.until(lambda: platforms.at_rest(stage, *PEERS), "the pushes do not come to rest")
    expected = published.entries(published.of("implementation")["list_id"])
    held = {code: platform.items(COUNTY) for code, platform in outside.simulated.items()}
    for code, items in held.items():
        said = {guid: (one["content"]["ROW"]["TASK_NAME"], one["content"]["ROW"]["TASK_CODE"])
                for guid, one in items.items()}  # fmt: skip
        assert said == {
            guid: (one["elements"]["name"], one["elements"]["implementation_code"]) for guid, one in expected.items()
        }, code
    hashes = {code: {guid: content_hash(one["content"]) for guid, one in held[code].items()} for code in ALIKE}
    assert hashes[EXCHANGE] == hashes[SIGNED]
    newest: dict[str, Any] = {}
    for row in asyncio.run(outside.tables.rows("up_task_general_basic", "cd_operation <> $1", "D")):
        newest[row["task_guid"]] = max(newest.get(row["task_guid"], row), row, key=lambda one: int(one["task_version"]))
    for guid, one in held[EXCHANGE].items():
        columns = one["content"]["ROW"]
        assert {name: newest[guid][name.lower()] for name in columns} == columns
    assert newest.keys() == expected.keys()
    for code in PEERS:
        told = platforms.compared(stage, code)
        assert (told["differences"], told["compared"]) == (0, len(expected)), code


@pytest.mark.req("ZZ-42")
def test_a_subscriber_is_told_of_each_list_with_its_hash_and_holds_what_the_file_says(
    stage: Stage, outside: Outside, published: Published
) -> None:
    (adjustment,) = published.made["adjustments"]

    def told() -> Any:
        events = [one for one in outside.hook.events if one.data and one.data.get("adjustment") == adjustment]
        return events if {one.data["list_id"] for one in events if one.data} == set(published.parts) else None

    for event in stage.until(told, "the subscriber is not told of every list"):
        part = published.parts[event.data["list_id"]]
        assert (event.data["revision"], event.data["list_hash"]) == (part["revision"], part["hash"])
        assert event.data["item"] == published.entries(part["list_id"])[event.data["item"]["id"]]
    assert outside.hook.wrong == []


def test_a_package_for_a_network_without_connection_holds_lists_of_the_same_hashes(
    stage: Stage, outside: Outside, published: Published
) -> None:
    secrets = settings.load().secrets
    keys = (secrets / "offline.public.pem").read_text()
    kinds = [part["kind"] for part in published.made["parts"]]
    body = {"code": "inner", "name": "涉密网清单系统", "own_code": "outer", "public_keys": keys,
            "region_codes": [COUNTY], "list_kinds": kinds}  # fmt: skip
    stage.admin.post("/publish/v1/offline-partners", body)
    started = stage.admin.post("/publish/v1/offline-partners/inner/packages", {"everything": True})
    done = platforms.ended(stage, started)
    package = zipfile.ZipFile(io.BytesIO(stage.admin.download(done["result"]["location"])))
    manifest, wrong = PACKAGES["verify"](package, PACKAGES["public_keys"](keys))
    assert (wrong, manifest["whole"]) == ([], True)
    lists = {one["list_id"]: one for one in map(json.loads, package.read("lists.jsonl").splitlines())}
    for list_id, part in published.parts.items():
        assert (lists[list_id]["revision"], lists[list_id]["hash"]) == (part["revision"], part["hash"])
        lines = package.read(f"lists/{list_id}.jsonl").splitlines()
        assert (list_hash(lines), set(lines)) == (part["hash"], set(published.lines[list_id].values()))


@pytest.mark.req("ZZ-06", "ZZ-44")
def test_guide_and_annex_name_the_hashes_of_the_entry_and_of_the_revision_they_are_made_of(
    stage: Stage, outside: Outside, published: Published
) -> None:
    part, item = published.of("implementation"), stage.about(PERMIT)["implementation"]
    guide = stage.public(f"/items/{item}/guide.json").json()
    assert guide["name"] == f"{PERMIT}（各处一致）"
    assert guide["hash"] == hashlib.sha256(published.lines[part["list_id"]][item]).hexdigest()
    assert (int(guide["revision"]), guide["list_hash"]) == (part["revision"], part["hash"])
    permits, permit = published.of("permit")["list_id"], stage.permits[PERMIT]
    assert (guide["permit_id"], guide["permit_hash"]) == (
        permit, hashlib.sha256(published.lines[permits][permit]).hexdigest(),
    )  # fmt: skip
    for kind in ("permit", "implementation"):
        named = published.of(kind)
        list_id = named["list_id"]
        answer = stage.public(f"/lists/{list_id}/annex.json", params={"revision": named["revision"]})
        annex = answer.json()
        shown = {row["item"]["id"]: row["item"] for row in annex["entries"]}
        wanted = published.entries(list_id)  # what is cancelled is on no annex
        assert shown == {id_: entry for id_, entry in wanted.items() if entry["state"] != "cancelled"}, kind
        assert annex["cover"]["mark"] == f"清单版本 {list_id} 第{named['revision']}次修订 校验码 {named['hash']}"
        assert answer.headers["qingdan-list-hash"] == named["hash"]
