"""What a batch of events means for the public."""

import contextlib
import dataclasses
from datetime import UTC, date, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publish.portal import cloud_events, parameters
from services.publish.revisions.rules import (
    Candidate,
    Cause,
    Extent,
    Gone,
    PublishedList,
    Shown,
    decide,
    feed_type,
    replaced_codes,
    segments,
)
from services.publish.validity.rules import instant_of, public_decision
from services.publish.withdrawals.rules import without_hidden
from shared import problems
from shared.ledger.envelope import Event
from shared.visibility import Entry, ListFacts, Profile, public_body

AT = datetime(2026, 1, 5, tzinfo=UTC)
LIST = UUID(int=1)
ITEM = UUID(int=2)
IN_LIST = PublishedList(ListFacts(LIST, "permit", "许可", "清单", "440100000000", "广州市"), [], revision=1)


def event(kind: str, position: int, **more: object) -> Event:
    values = {"list_id": LIST, "item_ids": [ITEM], "versions": [position]} | more
    return Event(type=kind, position=position, recorded_at=AT, service="catalog", actor="system:test", **values)


def candidate(version: int = 2, *, shown: dict | None = None, last: int | None = None, **more: object) -> Candidate:
    secret = bool(more.pop("secret_between", False))
    audience = str(more.pop("audience", "public"))
    elements = {"name": "甲", "state": "in_use"} | more
    return Candidate(
        entry=Entry(ITEM, version, AT, elements, audience),
        list_id=LIST,
        adjustment_id=None,
        secret_between=secret,
        last_version=last,
        shown=shown,
    )


def body(**elements: object) -> dict:
    made = public_body(candidate(1, **elements).entry, IN_LIST.facts, Profile())
    assert made is not None
    return made


def test_of_several_versions_of_an_item_only_the_newest_is_published() -> None:
    (segment,) = segments([event("item.created", 1), event("item.updated", 3), event("item.updated", 2)])
    assert segment.newest[ITEM][0] == 3
    assert segment.lists == {LIST}


def test_an_edition_cuts_the_batch_where_it_was_named() -> None:
    named = event("list.edition_named", 2, item_ids=[], versions=[], refs={"edition": "2026版"})
    first, edition, last = segments([event("item.updated", 1), named, event("item.updated", 3)])
    assert (first.newest[ITEM][0], edition.edition, last.newest[ITEM][0]) == (1, named, 3)


@pytest.mark.parametrize("broken", [{"list_id": None}, {"versions": []}])
def test_an_event_that_cannot_be_published_is_refused_and_not_dropped(broken: dict) -> None:
    with pytest.raises(problems.Invalid):
        list(segments([event("item.updated", 1, **broken)]))


def test_a_version_is_published_once() -> None:
    assert isinstance(decide(candidate(2), IN_LIST), Shown)
    assert decide(candidate(2, last=2, shown=body(name="旧")), IN_LIST) is None
    assert decide(candidate(1, last=2, shown=body(name="旧")), IN_LIST) is None


def test_a_difference_in_numbers_and_dates_alone_is_no_change() -> None:
    assert decide(candidate(2, last=1, shown=body()), IN_LIST) is None
    assert decide(candidate(2, last=1, shown=body(), secret_between=True), IN_LIST) is not None


def test_what_becomes_secret_is_gone_and_what_never_was_public_is_nothing() -> None:
    assert isinstance(decide(candidate(2, last=1, shown=body(), audience="staff"), IN_LIST), Gone)
    assert decide(candidate(1, audience="staff"), IN_LIST) is None


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, "in_use", "item.created"),
        ("in_use", "in_use", "item.updated"),
        ("in_use", "suspended", "item.suspended"),
        ("suspended", "in_use", "item.resumed"),
        ("suspended", "cancelled", "item.cancelled"),
    ],
)
def test_the_public_type_follows_from_what_the_public_saw(before: str | None, after: str, kind: str) -> None:
    assert feed_type({"state": before} if before else None, {"state": after}) == kind


def test_a_revision_names_an_adjustment_only_when_all_of_it_goes_back_to_one() -> None:
    extent = Extent()
    for root in (LIST, LIST):
        extent.add(dataclasses.replace(candidate(), adjustment_id=root))
    assert extent.adjustment_id == LIST
    extent.add(candidate())
    assert extent.adjustment_id is None
    assert extent.effective_at(IN_LIST, Cause.of(event("item.updated", 1))) == AT
    assert Cause.of(event("item.updated", 1, item_ids=[ITEM, LIST], versions=[1, 1])).several


def test_a_past_body_loses_what_is_hidden_now() -> None:
    profile = Profile.of([{"key": "phone", "public": False}])
    assert without_hidden(body(), profile) is None
    left = without_hidden(body(phone="020"), profile)
    assert left is not None
    assert "phone" not in left["elements"]


def test_another_day_means_its_last_instant_and_today_means_now() -> None:
    now = datetime(2026, 1, 5, 17, tzinfo=UTC)  # already the 6th in Shanghai
    assert instant_of(None, now) == (date(2026, 1, 6), now)
    _, at = instant_of(date(2026, 1, 5), now)
    assert at.isoformat() == "2026-01-05T23:59:59.999999+08:00"
    with pytest.raises(problems.Invalid):
        instant_of(date(1, 1, 1), now)


def test_of_a_decision_only_meeting_date_and_number_are_told() -> None:
    assert public_decision({"number": "1号", "recorded_by": "account:x"}) == {
        "meeting": None,
        "date": None,
        "number": "1号",
    }


@given(st.binary(max_size=200))
def test_any_query_string_is_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(problems.Invalid):
        asked = parameters.query(raw, {"limit", "cursor"})
        parameters.place(asked)
        assert 1 <= parameters.number(asked, "limit", default=1, least=1, most=5) <= 5


@given(st.text(max_size=50))
def test_any_path_is_read_or_refused(value: str) -> None:
    for read in (parameters.code, lambda text: parameters.item_id(text, "item_id")):
        with contextlib.suppress(problems.Invalid):
            assert "\0" not in str(read(value))


@given(st.text(max_size=30))
def test_a_search_word_is_matched_literally(word: str) -> None:
    made = parameters.pattern(word)
    assert made is not None
    bare = made[1:-1].replace("\\\\", "").replace("\\%", "").replace("\\_", "")
    assert not set(bare) & {"%", "_", "\\"}


def test_a_code_that_takes_anothers_place_is_told_as_far_as_both_were_public() -> None:
    old, new = "11440100MB2C93184J3000116101002", "11450721MB155808113000116101002"
    before = {"implementation_code": old, "handling_item": "01", "materials": [{"name": "表", "code": f"{old}007"}, {}]}
    after = {"implementation_code": new, "handling_item": "01", "materials": [{"name": "表", "code": f"{new}007"}]}

    def told(was: dict[str, object], now: dict[str, object]) -> dict[str, object]:
        changed = sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))
        return replaced_codes({"elements": was}, {"elements": now}, changed)

    assert told(before, after) == {f"{new}01": [f"{old}01"], f"{new}007": [f"{old}007"]}
    assert told(before, before | {"name": "改名"}) == {}
    assert told({}, after) == {}, "what was hidden is not told as replaced"
    assert replaced_codes(None, {"elements": after}, list(after)) == {}


def test_a_code_hidden_since_is_not_told_by_the_feed_either() -> None:
    old, new = "11440100MB2C93184J3000116101002", "11450721MB155808113000116101002"
    told = {f"{new}01": [f"{old}01"], "000116101002": ["000116101001"]}

    def event(**elements: str) -> dict[str, object]:
        body = orjson.dumps({"version": 2, "transitional_rule": "", "elements": elements})
        row = dict.fromkeys(("list_hash", "adjustment_id", "effective_at", "list_kind"), None)
        row |= {"id": 1, "list_id": 2, "item_id": 3, "type": "item.updated", "recorded_at": datetime.now(UTC),
                "sequence": 1, "body": body, "changed": [], "revision": 2, "cause_id": 4,
                "replaces": orjson.dumps(told).decode()}  # fmt: skip
        data: dict[str, object] = orjson.loads(cloud_events.event(row))["data"]
        return data

    assert event(implementation_code=new, handling_item="01", base_code="000116101002")["replaces"] == told
    assert event(base_code="000116101002")["replaces"] == {"000116101002": ["000116101001"]}
    assert "replaces" not in event(name="无编码")
