"""What a channel may be, and what a look at it means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.publish.channels import rules
from services.publish.channels.copies.marker import Marker
from services.publish.channels.posting.rules import check_posting
from services.publish.channels.states.rules import Sight, judge, look_in, matter_of
from shared import problems
from shared.webhook.addresses import networks

LIST = UUID(int=1)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LOCAL = networks("127.0.0.0/8")
RIGHT = Marker(LIST, 12, "5f" * 32)


@dataclass(frozen=True)
class Due:
    list_id: UUID = LIST
    due_revision: int = 12
    due_hash: bytes = bytes.fromhex("5f" * 32)
    digest: bytes | None = b"copy"
    until: datetime = NOW + timedelta(minutes=10)
    switched_at: datetime | None = None


SWITCHED = Due(switched_at=NOW)
LATER = NOW + timedelta(minutes=11)
OLD = Sight(Marker(LIST, 11, "aa" * 32), b"old")


@pytest.mark.req("ZL-38")
@pytest.mark.parametrize(
    ("due", "sight", "now", "state"),
    [
        (Due(), Sight(RIGHT, b"copy"), NOW, "current"),
        (Due(), Sight(None, b"copy"), NOW, "current"),  # a PDF: byte for byte the copy, though no mark is read
        (Due(), OLD, NOW, "due"),
        (Due(), OLD, LATER, "late"),
        (Due(), Sight(None, b"x"), LATER, "late"),
        (Due(), Sight(error="HTTP 503"), NOW, "unreachable"),
        (Due(), Sight(error="HTTP 503"), LATER, "late"),
        (Due(), Sight(RIGHT, b"tampered"), NOW, "differs"),
        (Due(), Sight(replace(RIGHT, hash="aa" * 32), b"copy2"), NOW, "differs"),
        (SWITCHED, OLD, LATER, "differs"),
        (SWITCHED, Sight(None, b"defaced"), LATER, "differs"),
        (SWITCHED, Sight(error="HTTP 503"), LATER, "unreachable"),
        (SWITCHED, Sight(replace(RIGHT, list_id=UUID(int=2)), b"other"), LATER, "differs"),
    ],
)
def test_a_look_says_how_a_channel_stands(due: Any, sight: Sight, now: datetime, state: str) -> None:
    assert judge(due, sight, now, whole=True) == state


def test_where_only_the_mark_is_compared_the_page_may_look_as_it_likes() -> None:
    assert judge(Due(), Sight(RIGHT, b"a page of its own"), NOW, whole=False) == "current"
    assert judge(Due(), Sight(replace(RIGHT, hash="aa" * 32), b"a page"), NOW, whole=False) == "differs"


def test_people_are_told_of_what_is_late_or_wrong_or_cannot_be_read_again_and_again() -> None:
    told = [matter_of(state, 1) for state in ("due", "current", "late", "differs", "unreachable")]
    assert told == [None, None, "lagging", "differs", None]
    assert matter_of("unreachable", 5) == "lagging"


def test_looks_come_less_often_but_never_stop() -> None:
    waits = [look_in("late", failures, spread=1.0, rest=600) for failures in range(1, 15)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1.0, 300.0)
    assert look_in("due", 40, spread=1.0, rest=600) == 30.0
    assert look_in("current", 0, spread=0.5, rest=600) == 300.0


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://www.example.gov.cn/{list_id}.json", True),
        ("http://127.0.0.1:8080/{list_id}", True),
        ("http://www.example.gov.cn/x", False),
        ("https://10.1.2.3/x", False),
        ("https://[::1]/x", False),
        ("https://localhost/x", False),
        ("https://u:p@www.example.gov.cn/", False),
        ("https://www.example.gov.cn/{other}", False),
        ("https://www.example.gov.cn:99999/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_an_address_is_https_under_a_name_or_in_a_network_that_is_allowed(url: str, fine: bool) -> None:
    if fine:
        rules.check_url("/read_url", url, LOCAL)
        return
    with pytest.raises(problems.Invalid) as refused:
        rules.check_url("/read_url", url, LOCAL)
    assert refused.value.errors[0].pointer == "/read_url"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"delivery": "put"}, "/put_url"),
        ({"delivery": "pull"}, "/read_url"),
        ({"delivery": "post", "put_url": "https://a.cn"}, "/put_url"),
        ({"delivery": "pull", "read_url": "https://a.cn/{list_id}", "credential": "channel.x"}, "/credential"),
        ({"delivery": "pull", "read_url": "https://a.cn/"}, "/read_url"),
    ],
)
def test_what_is_missing_or_too_much_of_a_channels_ways_is_named(given: dict[str, Any], pointer: str) -> None:
    whole = {"put_url": None, "read_url": None, "credential": None, "kinds": 0} | given
    with pytest.raises(problems.Invalid) as refused:
        rules.check_ways(**whole)
    assert refused.value.errors[0].pointer == pointer


@pytest.mark.parametrize(
    ("channel", "given", "code"),
    [
        ({"delivery": "put"}, {}, "not_posted_by_people"),
        ({"state": "paused"}, {}, "channel_paused"),
        ({}, {"posted_on": (NOW + timedelta(days=1)).date()}, "in_future"),
        ({}, {"link": None}, "required"),
    ],
)
def test_a_posting_without_a_day_that_has_come_or_evidence_is_refused(
    channel: dict[str, Any], given: dict[str, Any], code: str
) -> None:
    posting = {"posted_on": NOW.date(), "link": "https://a.cn", "evidence_id": None} | given
    with pytest.raises(problems.Problem) as refused:
        check_posting({"delivery": "post", "state": "active"} | channel, posting, NOW.date())
    assert refused.value.code == code
