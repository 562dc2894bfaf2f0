"""One adjustment reaches every channel in its window; a changed copy is found; a channel that was away catches up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.channels import CLERK, KINDS, POSTED, Channels, opened
from tests.journeys.stage import Stage, modify

PERMIT = "取水许可"


@pytest.fixture(scope="module")
def channels(stage: Stage) -> Iterator[Channels]:
    """A channel of each kind; afterwards they rest."""
    with opened(stage) as begun:
        yield begun


@pytest.mark.req("ZZ-44", "ZZ-06", "QX-40", "ZL-35", "HB-35")
def test_one_adjustment_reaches_every_channel_within_its_window_with_the_same_hash(
    stage: Stage, channels: Channels
) -> None:
    channels.post_everything()
    before = stage.until(channels.current, "not every channel begins")
    stage.carry(modify(stage.permits[PERMIT], name=f"{PERMIT}（渠道）"))
    stage.settle()
    assert channels.tasks() == ["发布清单"] * len(POSTED)
    press = stage.posts[CLERK].download(f"{channels.path('newspaper')}/lists/{channels.list_id}/copies/press.txt")
    assert f"由“{PERMIT}”调整为“{PERMIT}（渠道）”" in press.decode()
    channels.post_everything()
    after = stage.until(channels.current, "not every channel follows")
    assert after["revision"] == before["revision"] + 1
    for kind in KINDS:
        copy = channels.copy(kind)
        assert copy["switched_at"] <= copy["until"], kind
        assert 0 <= copy["lag_seconds"] <= 60, kind
    for kind, server in channels.servers.items():
        assert f"{PERMIT}（渠道）" in server.shown.copies[channels.list_id].decode(), kind
    public = channels.public()
    assert len(public) == len(KINDS)
    assert all(one["identical"] and one["revision"] == after["revision"] for one in public)
    stage.until(lambda: not channels.tasks(), "what was posted stays a task")


@pytest.mark.req("ZL-38")
def test_a_copy_somebody_changed_is_alarmed_until_it_is_put_right(stage: Stage, channels: Channels) -> None:
    channels.post_everything()
    stage.until(channels.current, "the channels are not level")
    shown = channels.servers["open_data"].shown
    shown.control["deaf"] = True
    copy = shown.copies[channels.list_id]
    shown.copies[channels.list_id] = copy.replace("青县行政审批局".encode(), "青县某某局".encode())
    assert shown.copies[channels.list_id] != copy
    stage.until(lambda: channels.tasks() == ["渠道内容不一致"], "nobody is told")
    assert {one["code"] for one in channels.public() if not one["identical"]} == {"open_data"}
    assert channels.copy("open_data")["state"] == "differs"
    shown.control["deaf"] = False
    stage.until(lambda: not channels.tasks(), "the task stays although the copy is right")
    assert shown.copies[channels.list_id] == copy


@pytest.mark.req("ZZ-44")
def test_a_channel_that_is_away_is_late_and_then_level_by_itself(stage: Stage, channels: Channels) -> None:
    answer = stage.admin.get(channels.path("open_data"))
    names = ("name", "delivery", "format", "put_url", "read_url", "list_kinds")
    change = {name: answer[name] for name in names} | {"window_seconds": 1}
    stage.admin.put(channels.path("open_data"), change, f'"{answer["version"]}"')
    shown = channels.servers["open_data"].shown
    shown.control["down"] = True
    stage.carry(modify(stage.permits[PERMIT], name=f"{PERMIT}（停机期间）"))
    stage.until(lambda: "渠道逾期未更新" in channels.tasks(), "nobody is told that it is late")
    assert channels.copy("open_data")["last_error"] == "渠道未接收（HTTP 503）"
    stage.until(lambda: channels.copy("portal")["state"] == "current", "another channel waits for it")
    shown.control["down"] = False
    channels.post_everything()
    stage.until(channels.current, "it does not catch up")
    stage.until(lambda: not channels.tasks(), "the task stays although it is level")
