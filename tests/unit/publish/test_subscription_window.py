"""The window: in parallel over items, strictly in order within one, and gentle with an endpoint that fails."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.publish.subscriptions.window import Outstanding, Window

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


def window(*keys: UUID, **options: float) -> Window:
    made = Window(**options)  # type: ignore[arg-type]
    made.add(Outstanding(number, number, key) for number, key in enumerate(keys, 1))
    return made


def taken(of: Window, now: float = 0.0) -> list[int]:
    """Everything that may be sent now."""
    found = []
    while (one := of.take(now)) is not None:
        found.append(one.sequence)
    return found


def test_of_each_item_only_the_oldest_is_on_its_way() -> None:
    of = window(A, A, B, A, B, C)
    assert taken(of) == [1, 3, 6]
    of.delivered(3)
    assert taken(of) == [5]
    of.delivered(1)
    assert taken(of) == [2]


def test_what_failed_is_sent_again_before_anything_newer_of_its_item() -> None:
    of = window(A, A, B)
    assert taken(of) == [1, 3]
    of.failed(1, due=10.0)
    assert taken(of, 9.0) == []
    assert of.next_at() == 10.0
    assert taken(of, 10.0) == [1]


def test_a_notice_holds_back_what_comes_behind_it_until_it_has_arrived() -> None:
    of = Window()
    of.add([Outstanding(1, 7, A), Outstanding(2, 0, C), Outstanding(3, 8, B)])
    assert taken(of) == [1, 2]
    of.delivered(1)
    assert taken(of) == []
    of.delivered(2)
    assert taken(of) == [3]


def test_a_failing_endpoint_gets_one_probe_at_a_time_and_the_least_tried_first() -> None:
    of = window(A, B, C)
    assert taken(of) == [1, 2, 3]
    of.failed(1, due=0.0)
    of.failed(2, due=0.0)
    of.close(1, until=5.0)
    assert taken(of, 4.0) == []
    of.failed(3, due=0.0)
    of.close(2, until=20.0)
    assert of.next_at() == 20.0
    assert taken(of, 20.0) == [1]
    of.failed(1, due=21.0)
    of.close(3, until=50.0)
    assert taken(of, 50.0) == [2]
    of.delivered(2)
    assert taken(of, 50.0) == [3, 1]


def test_what_is_asked_for_again_is_sent_in_order() -> None:
    of = window(B)
    of.add([Outstanding(9, 9, A), Outstanding(5, 5, A), Outstanding(7, 7, A)])
    order = []
    for _ in range(3):
        (number,) = [one for one in taken(of) if one != 1]
        order.append(number)
        of.delivered(number)
    assert order == [5, 7, 9]


@given(
    st.lists(st.tuples(st.sampled_from([A, B, C]), st.booleans()), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["ok", "later", "away", "back"])), max_size=300),
)
def test_whatever_fails_each_item_arrives_in_order_and_nothing_is_lost(
    events: list[tuple[UUID, bool]], answers: list[tuple[int, str]]
) -> None:
    of = Window()
    outstanding = [
        Outstanding(number, 0 if notice else number, UUID(int=99) if notice else key)
        for number, (key, notice) in enumerate(events, 1)
    ]
    of.add(outstanding)
    key_of = {one.sequence: one.key for one in outstanding}
    notices = {one.sequence for one in outstanding if not one.feed_sequence}
    arrived: list[int] = []
    now, on_way = 0.0, []
    steps = [*answers, *[(0, "ok")] * (4 * len(events) + 4)]
    for which, outcome in steps:
        while (one := of.take(now)) is not None:
            assert len({key_of[each] for each in [*on_way, one.sequence]}) == len(on_way) + 1
            assert not [each for each in notices - set(arrived) if each < one.sequence]
            on_way.append(one.sequence)
            assert not of.failures or len(on_way) == 1 or len(of.sent) == len(on_way)
        if not on_way:
            at = of.next_at()
            if at is None:
                break
            assert at > now or of.failures
            now = max(now, at)
            continue
        sequence = on_way.pop(which % len(on_way))
        if outcome == "ok":
            of.delivered(sequence)
            arrived.append(sequence)
        elif outcome == "back":
            of.put_back(sequence, now + 1)
        else:
            if outcome == "away":
                of.close(of.failures + 1, now + 3)
            of.failed(sequence, now + 2)
    _each_once_in_order(arrived, key_of)
    assert len(of) == 0


def _each_once_in_order(arrived: list[int], key_of: dict[int, UUID]) -> None:
    for key in set(key_of.values()):
        mine = [sequence for sequence in arrived if key_of[sequence] == key]
        assert mine == sorted(mine)
    assert sorted(arrived) == sorted(key_of)


def test_items_that_rest_are_those_of_which_nothing_is_on_its_way() -> None:
    of = window(A, A, B)
    assert of.idle_items == 2
    assert taken(of) == [1, 3]
    assert of.idle_items == 0
    of.delivered(3)
    of.failed(1, due=9.0)
    assert of.idle_items == 1
