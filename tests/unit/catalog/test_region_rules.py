"""Where regions may stand, organs supervise, and who may sign in: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.accounts import rules as accounts
from services.catalog.items import rules as items
from services.catalog.organs import rules as organs
from services.catalog.regions.rules import LEVELS, Place, check_tree, stored_code
from shared import problems

PLACES = st.builds(
    Place,
    code=st.sampled_from("ABCDEFGH"),
    level=st.sampled_from(LEVELS),
    kind=st.sampled_from(["administrative", "zone", "virtual"]),
    parent_code=st.sampled_from([None, *"ABCDEFGH"]),
)


@given(st.lists(PLACES, max_size=12), st.lists(PLACES, max_size=4, unique_by=lambda place: place.code))
def test_what_is_accepted_is_a_tree(given_places: list[Place], registered: list[Place]) -> None:
    known = {place.code: place for place in registered}
    before = {place.code: place.parent_code for place in registered if not check_tree(registered, {})}
    refused = check_tree(given_places, {code: known[code] for code in before})
    tree = before | {p.code: p.parent_code for i, p in enumerate(given_places) if i not in refused}
    for code in tree:
        seen = set()
        while code is not None:
            assert code not in seen
            seen.add(code)
            code = tree.get(code)


def test_towns_may_stand_directly_under_a_city() -> None:
    city = Place("441900000000", "city", "administrative", None)
    town = Place("441900101000", "township", "administrative", "441900000000")
    assert check_tree([town], {city.code: city}) == {}


def test_a_region_cannot_rise_above_its_children() -> None:
    county, town = Place("C", "county", "administrative", None), Place("T", "township", "administrative", "C")
    lowered = Place("C", "village", "administrative", None)
    assert check_tree([lowered], {"C": county, "T": town})[0][0].code == "level_of_children"


@pytest.mark.parametrize(("text", "code"), [("130922", "130922000000"), ("130922100", "130922100000")])
def test_codes_are_stored_with_twelve_digits(text: str, code: str) -> None:
    assert stored_code(text, "administrative") == (code, [], [])


def test_only_zones_carry_local_codes() -> None:
    assert stored_code("130922-KFQ", "zone") == ("130922-KFQ", [], [])
    assert stored_code("130922-KFQ", "administrative")[1][0].code == "region_code_character"
    assert stored_code("990000", "administrative")[2]


@pytest.mark.parametrize(
    ("code", "check"),
    [("11450721MB15580811", "ok"), ("11450721MB15580812", "wrong_check_digit"), (None, None)],
)
def test_check_digits_are_flagged(code: str | None, check: str | None) -> None:
    assert organs.read_credit_code(code).check == check


@pytest.mark.req("HB-06")
def test_administrative_subject_status_goes_without_saying_for_departments_only() -> None:
    def said(kind: str, status: bool | None) -> bool:
        values = organs.completed({"kind": kind, "state": None, "administrative_subject": status}, None)
        return bool(values["administrative_subject"])

    assert said("department", None)
    assert not said("public_service_enterprise", None)
    assert said("institution_with_administrative_duties", True)


def test_five_failures_lock_for_a_quarter_of_an_hour() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert accounts.lock_after(accounts.MOST_FAILURES - 1, now) is None
    until = accounts.lock_after(accounts.MOST_FAILURES, now)
    assert accounts.is_locked(until, now + timedelta(minutes=14))
    assert not accounts.is_locked(until, now + timedelta(minutes=15))


@pytest.mark.parametrize("password", ["short", "bianzhi-01-2026-secret", "aaaaaaaaaaaaaa"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(problems.Invalid):
        accounts.check_password(password, "bianzhi-01", "/password")


def test_overtaken_elements_show_three_values_and_equal_ones_do_not_matter() -> None:
    base, current = {"name": "a", "level": "4"}, {"name": "b", "level": "3"}
    assert items.overtaken({"name": "c", "level": "3"}, base, current) == {
        "name": {"base": "a", "proposed": "c", "current": "b"}
    }
