"""What messages say outside of the product, and when what could not be sent is tried again."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.messages import rules
from services.workflow.tasks.schemas import TaskKind
from shared.ledger.envelope import Event

NOW = datetime(2026, 3, 9, tzinfo=UTC)
_INSTANTS = st.integers(0, 36_000).map(lambda days: (NOW + timedelta(days=days)).isoformat())
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "act": st.sampled_from(sorted(rules.ACTS)),
            "kind": st.sampled_from(sorted(rules.KINDS)),
            "tasks": st.integers(1, 10_000),
            "due_at": st.one_of(st.none(), _INSTANTS),
        }
    ),
    min_size=1,
    max_size=20,
)


def test_every_kind_of_task_has_a_name_in_messages() -> None:
    assert set(rules.KINDS) == set(get_args(TaskKind))


@given(LINES, st.booleans())
def test_a_subject_is_one_line_and_a_text_has_a_line_for_each(lines: list[dict[str, Any]], digest: bool) -> None:
    assert "\n" not in rules.subject_of(lines, digest=digest)
    text = rules.text_of(lines, "https://lists.example")
    assert text.count("· ") == len(lines)
    assert "https://lists.example" in text


@given(st.integers(1, 1_000), st.timedeltas(timedelta(0), timedelta(days=10)))
def test_what_failed_is_tried_later_and_given_up_when_it_is_no_news(attempts: int, age: timedelta) -> None:
    again = rules.retry_at(attempts, NOW - age, NOW)
    if age >= rules.GIVEN_UP_AFTER:
        assert again is None
    else:
        assert again is not None
        assert timedelta(seconds=30) <= again - NOW <= timedelta(hours=6)


def test_only_what_is_about_one_message_is_a_refusal() -> None:
    assert [status for status in (400, 401, 404, 409, 410, 422, 429, 500, 503) if rules.is_refusal(status)] == [
        400,
        409,
        410,
        422,
    ]


def event(type_: str, **refs: Any) -> Event:
    return Event(type=type_, refs=refs, position=1, recorded_at=NOW, service="workflow")


def test_what_is_told_at_once_is_told_in_the_later_word() -> None:
    one, other = str(UUID(int=1)), str(UUID(int=2))
    found = rules.told(
        [
            event("task.opened", tasks=[one, other]),
            event("task.assigned", tasks=[one]),
            event("clock.warned", clock=other),
            event("clock.overdue", clock=other),
            event("task.escalated", tasks=[other], role="decider"),
        ]
    )
    assert {(each.act, str(each.task_id), each.role) for each in found} == {
        ("assigned", one, None),
        ("opened", other, None),
        ("overdue", other, None),
        ("escalated", other, "decider"),
    }


def test_a_reference_that_is_none_is_bad_data() -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        rules.told([event("clock.warned", clock="nonsense")])
