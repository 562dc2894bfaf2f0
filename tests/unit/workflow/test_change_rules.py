"""What a change may say, and when two values contradict each other."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.changes import rules
from services.workflow.fields import storable_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("甲乙ab", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=5,
)


@given(JSON, JSON, JSON)
def test_an_element_applies_makes_no_change_or_conflicts(base: Any, proposed: Any, current: Any) -> None:
    verdict = rules.verdict(base, proposed, current)
    if current == proposed:
        assert verdict == "no_change"
    elif current == base:
        assert verdict == "apply"
    else:
        assert verdict == "conflict"


@given(JSON, JSON)
def test_nothing_moved_never_conflicts(base: Any, proposed: Any) -> None:
    assert rules.verdict(base, proposed, base) != "conflict"


@given(st.dictionaries(st.sampled_from(["visits", "online", "fees", "note"]), JSON, max_size=4), JSON)
def test_the_base_names_exactly_the_elements_proposed(current: dict[str, Any], value: Any) -> None:
    proposed = rules.proposed_values("modify", {"visits": value, "note": value})
    base = rules.base_values(proposed, current)
    assert set(base) == set(proposed)
    assert all(base[element] == current.get(element) for element in base)


@pytest.mark.parametrize(
    ("operation", "state"), [("suspend", "suspended"), ("resume", "in_use"), ("cancel", "cancelled")]
)
def test_operations_on_the_state_propose_only_the_state(operation: str, state: str) -> None:
    assert rules.proposed_values(operation, {}) == {"state": state}
    assert [error.code for error in rules.check_elements(operation, {"name": "x"}, "/changes/0")] == [
        "elements_not_expected"
    ]


def test_an_added_entry_is_in_use_and_keeps_no_null() -> None:
    assert rules.proposed_values("add", {"name": "新", "level": None}) == {
        "name": "新",
        "handling_item": "",
        "state": "in_use",
    }


@pytest.mark.parametrize("state", ["in_use", "suspended", "cancelled"])
@pytest.mark.parametrize("operation", ["modify", "suspend", "resume", "cancel"])
def test_every_pair_of_operation_and_state_is_decided(operation: str, state: str) -> None:
    error = rules.check_operation(operation, state, "/changes/0")
    assert (error is None) == (state in rules.FROM_STATES[operation])
    assert state != "cancelled" or error is not None


@given(st.text(max_size=80), JSON)
def test_any_element_is_accepted_or_refused_with_a_place_and_never_breaks(element: str, value: Any) -> None:
    for operation in ("add", "modify", "cancel"):
        for error in rules.check_elements(operation, {element: value}, "/changes/3"):
            assert error.pointer.startswith("/changes/3/elements")
            assert error.message


def test_organs_named_by_an_entry_are_found() -> None:
    body, supervisor = uuid4(), uuid4()
    elements = {"implementing_body": str(body), "supervising_body": str(supervisor), "name": "x"}
    assert dict(rules.bodies_named(elements)) == {"implementing_body": body, "supervising_body": supervisor}
    assert rules.body_of("add", elements) == body
    assert rules.body_of("modify", elements) is None


@pytest.mark.parametrize("value", ["a\0b", {"a\0": 1}, ["\ud800"], 2**63, float("nan"), float("inf")])
def test_json_that_cannot_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"请删除|超出|有限"):
        storable_json(value)


@given(JSON)
def test_ordinary_json_passes(value: Any) -> None:
    assert storable_json(value) == value
