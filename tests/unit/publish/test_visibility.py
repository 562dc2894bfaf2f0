"""What may be seen by whom."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.visibility import (
    Entry,
    ListFacts,
    Profile,
    changed_elements,
    organ_ids,
    public_body,
    public_row,
    visible,
)

ORGAN = "01890a5d-ac96-774b-bcce-b302099a8057"
IN_LIST = ListFacts(UUID(int=1), "permit", "行政许可事项清单", "广州市行政许可事项清单", "440100000000", "广州市")


def entry(audience: str = "public", **elements: object) -> Entry:
    return Entry(
        item_id=UUID(int=2),
        version=1,
        effective_from=datetime(2026, 1, 5, tzinfo=UTC),
        elements={"name": "环评审批", "state": "in_use"} | elements,
        audience=audience,
        organs={ORGAN: {"name": "广州市生态环境局", "credit_code": None}},
    )


@pytest.mark.req("HB-33")
def test_publicity_is_the_norm_and_only_what_is_marked_is_hidden() -> None:
    assert visible(None, "public", "public")
    assert visible({"key": "name"}, "public", "public")
    assert not visible({"key": "name", "public": False}, "public", "public")
    assert not visible({"key": "name", "public": "yes"}, "public", "public")
    assert not visible(None, "staff", "public")
    assert not visible(None, "unheard-of", "public")
    assert visible({"key": "name", "public": False}, "staff", "staff")


def test_of_two_profiles_the_one_that_hides_wins() -> None:
    profile = Profile.of([{"key": "phone", "public": True}, {"key": "phone", "public": False}])
    assert "phone" in profile.hidden


def test_an_item_for_the_staff_has_no_public_body() -> None:
    assert public_body(entry(audience="staff"), IN_LIST, Profile()) is None


def test_organs_are_named_and_their_ids_stay_inside() -> None:
    body = public_body(entry(implementing_body=ORGAN, supervising_body="unknown"), IN_LIST, Profile())
    assert body is not None
    assert body["elements"]["implementing_body"] == {"name": "广州市生态环境局", "credit_code": None}
    assert body["elements"]["supervising_body"] is None
    assert public_row(body)["organ"] == {"name": "广州市生态环境局", "credit_code": None}
    profile = Profile.of([{"key": "joint_bodies", "type": "organ"}])
    assert set(organ_ids({"joint_bodies": [ORGAN, 7], "name": ORGAN}, profile)) == {ORGAN}


def test_what_changed_is_told_by_name() -> None:
    before = {"elements": {"name": "甲", "fees": []}}
    after = {"elements": {"name": "乙", "level": "3"}}
    assert changed_elements(before, after) == ["fees", "level", "name"]
    assert changed_elements(None, after) == ["level", "name"]


_names = st.sampled_from(["name", "level", "phone", "note", "implementing_body", "audience", "state", "base_code"])


@given(elements=st.dictionaries(_names, st.text("secret机密", min_size=1)), hidden=st.sets(_names))
def test_no_hidden_value_is_in_body_or_row(elements: dict[str, str], hidden: set[str]) -> None:
    marked = {key: f"{value}#{key}#" for key, value in elements.items()} | {"state": "in_use"}
    profile = Profile.of([{"key": key, "public": False} for key in hidden])
    given_entry = Entry(UUID(int=2), 1, datetime(2026, 1, 5, tzinfo=UTC), marked)
    body = public_body(given_entry, IN_LIST, profile)
    assert body is not None
    sent = orjson.dumps(body).decode() + orjson.dumps(public_row(body)).decode()
    for key in hidden | {"audience"}:
        assert f"#{key}#" not in sent
