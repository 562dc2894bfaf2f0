"""Where the sink goes on, what a message says, and what of a stream is told to be wrong."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.publish.backbone import rules
from services.publish.backbone.rules import Found, Known, Mark, Start, Wanted
from services.publish.worker import WORK
from shared.settings import Settings

OLD, NEW, LIST, ITEM = (UUID(int=number) for number in (1, 2, 3, 4))
LEVEL = Known(position=7, epoch=OLD, begun_epoch=OLD, log_epoch=OLD)
RESTORED = Known(position=5, epoch=OLD, begun_epoch=OLD, log_epoch=NEW)
AT = datetime(2026, 1, 5, tzinfo=UTC)


def row(**more: Any) -> dict[str, Any]:
    body = json.dumps({"version": 2, "transitional_rule": "", "elements": {"name": "名称"}}).encode()
    return {"sequence": 9, "id": UUID(int=9), "type": "item.updated", "list_kind": "permit", "list_id": LIST,
            "item_id": ITEM, "region_code": "440100000000", "revision": 2, "changed": ["name"], "adjustment_id": None,
            "cause_id": UUID(int=8), "effective_at": None, "recorded_at": AT, "body": body, "list_hash": None,
            "replaces": None} | more  # fmt: skip


def said(known: Known = LEVEL, largest: int = 1_000_000, **more: Any) -> rules.Message:
    purged = more.pop("purged", frozenset())
    return rules.message(row(**more), prefix="qingdan", known=known, largest=largest, purged=purged)


@pytest.mark.parametrize(
    ("known", "last", "mark", "expected"),
    [
        pytest.param(LEVEL, 0, None, Start(0, OLD), id="a stream that never had a message begins anew"),
        pytest.param(LEVEL, 9, Mark(OLD, 9), Start(9, OLD), id="written and not committed"),
        pytest.param(LEVEL, 6, Mark(OLD, 6), Start(6, OLD), id="acknowledged and lost by the servers"),
        pytest.param(LEVEL, 9, None, Start(7, OLD), id="its messages have expired"),
        pytest.param(RESTORED, 9, Mark(OLD, 9), Start(5, OLD, OLD), id="restored"),
        pytest.param(RESTORED, 9, None, Start(5, OLD, OLD), id="restored, and its messages have expired"),
        pytest.param(RESTORED, 10, Mark(NEW, 5), Start(5, OLD), id="restored, told, not committed"),
        pytest.param(
            Known(0, NEW, NEW, NEW), 9, Mark(OLD, 9), Start(0, OLD, OLD), id="restored to before there was a stream"
        ),
    ],
)
def test_the_stream_says_where_to_go_on(known: Known, last: int, mark: Mark | None, expected: Start) -> None:
    assert rules.start(known, last, mark) == expected


@given(position=st.integers(0, 99), written=st.integers(0, 99))
def test_after_a_restore_nothing_beyond_what_both_sides_have_is_called_valid(position: int, written: int) -> None:
    found = rules.start(Known(position, OLD, OLD, NEW), 120, Mark(OLD, written))
    assert found.position <= min(position, written)


@pytest.mark.parametrize("headers", [None, {}, {rules.EPOCH: "x", rules.SEQUENCE: "1"}, {rules.EPOCH: str(OLD)}])
def test_a_message_of_somebody_else_says_nothing_of_our_feed(headers: dict[str, str] | None) -> None:
    assert rules.mark_of(headers) is None


def test_a_message_is_the_event_of_the_feed_under_its_id_and_the_subject_of_its_item() -> None:
    found = said()
    assert found.subject == f"qingdan.440100000000.permit.{ITEM}"
    assert found.headers == {"Nats-Msg-Id": str(UUID(int=9)), "Content-Type": "application/cloudevents+json",
                             rules.SEQUENCE: "9", rules.EPOCH: str(OLD)}  # fmt: skip
    assert json.loads(found.body)["data"]["item"]["elements"] == {"name": "名称"}
    assert found.purges is None
    assert said(region_code="a.b *>").subject == f"qingdan.a_b___.permit.{ITEM}"
    assert said(RESTORED).headers["Nats-Msg-Id"] == f"{UUID(int=9)}.{NEW}"
    assert rules.mark_of(found.headers) == Mark(OLD, 9)


def test_what_the_server_would_refuse_for_its_size_says_where_it_is_read() -> None:
    event = json.loads(said(largest=rules.FOR_HEADERS + 300).body)
    assert event["dataref"] == f"/publish/v1/items/{ITEM}"
    assert "data" not in event


def test_what_is_withdrawn_or_hidden_takes_older_messages_of_the_item_with_it() -> None:
    everything = f"qingdan.*.*.{ITEM}"
    assert said(body=None).purges == everything
    assert said(changed=["phone"], purged={LIST}).purges == everything
    assert said(changed=["phone"]).purges is None, "an element that was merely emptied stays in what was"
    assert said(changed=["name"], purged={LIST}).purges is None


def test_a_resync_says_up_to_where_readers_may_keep_what_they_have() -> None:
    found = rules.resync("qingdan", Start(5, OLD, OLD), RESTORED, AT)
    event = json.loads(found.body)
    assert event["data"]["last_valid_sequence"] == 5
    assert (event["data"]["previous_epoch"], event["data"]["epoch"]) == (str(OLD), str(NEW))
    assert rules.mark_of(found.headers) == Mark(NEW, 5)
    assert found.headers["Nats-Msg-Id"] == event["id"]


def test_what_of_a_stream_is_not_as_wanted_is_told_line_by_line() -> None:
    wanted = Wanted("QINGDAN", "qingdan", 3, "file", 120)
    assert rules.problems(wanted, Found(["qingdan.>"], 3, "file", 300)) == []
    told = rules.problems(
        wanted, Found(["other.>"], 1, "memory", 2, retention="workqueue", deny_purge=True, flags={"sealed": True})
    )
    assert len(told) == 7


@given(failures=st.integers(1, 10_000), spread=st.floats(0.5, 1))
def test_pauses_grow_and_end_at_half_a_minute(failures: int, spread: float) -> None:
    assert 0.1 <= rules.back_off(failures, spread) <= rules.BACK_OFF_MOST


@pytest.mark.parametrize(
    "given",
    [
        {"nats_url": "nats://user:pass@host:4222"},
        {"nats_url": "http://host"},
        {"nats_url": "tls://one, nats://two", "nats_user": "qingdan"},
    ],
)
def test_passwords_are_never_in_an_address_nor_sent_in_the_clear(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(given)


def test_several_servers_are_divided_by_commas() -> None:
    assert Settings.model_validate({"nats_url": "tls://a:4222, tls://b"}).nats_url == ("tls://a:4222", "tls://b")


def test_the_backbone_is_a_child_of_its_own_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, there in (("", False), ("tls://backbone.example", True)):
        configured = Settings.model_validate({"nats_url": url})
        monkeypatch.setattr("shared.worker.settings.load", lambda configured=configured: configured)
        assert ("backbone" in WORK.children) is there
        assert WORK.children[:4] == ("consumers", "arq", "senders", "gatherers"), "ports of the others stay"
