"""Which numbers are sent again, what of an answer is written down, what limits may be; and who waits for whom."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.publish.subscriptions import rules
from services.publish.subscriptions.replaying.rules import numbers_of, wrong_with
from services.publish.subscriptions.window import Outstanding, Window
from shared.webhook.signature import Scheme, SigningKey, cut

RANGES = st.lists(st.tuples(st.integers(1, 200), st.integers(0, 50)), max_size=8)


@given(RANGES, st.integers(0, 250))
def test_numbers_are_those_of_the_ranges_each_once_and_only_given_ones(drawn: list[tuple[int, int]], last: int) -> None:
    ranges = [(f"/ranges/{place}", first, first + more) for place, (first, more) in enumerate(drawn)]
    numbers = numbers_of(ranges)
    assert numbers == sorted(set(numbers))
    assert set(numbers) == {number for _, first, end in ranges for number in range(first, end + 1)}
    wrong = {error.pointer for error in wrong_with(ranges, last)}
    assert wrong == {place for place, _, end in ranges if end > last}


def test_a_request_for_too_much_is_refused_before_it_is_spelled_out() -> None:
    (error,) = wrong_with([("/ranges/0", 1, 2**63 - 1)], 2**63 - 1)
    assert error.code == "too_many_numbers"
    assert wrong_with([("/ranges/0", 1, rules.MOST_NUMBERS)], rules.MOST_NUMBERS) == []


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
def test_headers_of_any_shape_are_written_down_without_secrets(headers: dict[str, str]) -> None:
    shown = rules.shown_headers(headers | {"set-cookie": "a", "X-Api-Key": "b", "www-authenticate": "c", "etag": "d"})
    assert "\0" not in "".join([*shown, *shown.values()])
    assert {shown[name] for name in ("set-cookie", "X-Api-Key", "www-authenticate")} == {"…"}
    assert shown["etag"] == "d"


def test_limits_are_at_most_those_of_the_operator() -> None:
    assert rules.wrong_limits(concurrency=(8, 8), requests_per_second=(None, 1)) == []
    (error,) = rules.wrong_limits(concurrency=(9, 8))
    assert (error.pointer, "8" in error.message) == ("/concurrency", True)


def test_of_a_signature_the_log_keeps_what_tells_it_apart() -> None:
    header = b" ".join(SigningKey(bytes(32), scheme).signature(b"x") for scheme in Scheme)
    parts = cut(header).split(" ")
    assert [part.partition(",")[0] for part in parts] == ["v1", "v1a", "v1sm3"]
    assert all(len(part.partition(",")[2]) == 9 for part in parts)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30))
def test_without_an_order_everything_may_be_sent_at_once_and_with_one_an_event_of_each_item(items: list[int]) -> None:
    def taken(ordered: bool) -> list[int]:
        window = Window()
        window.add(
            Outstanding(number, number, UUID(int=item if ordered else 1_000 + number))
            for number, item in enumerate(items, start=1)
        )
        found = []
        while (one := window.take(0.0)) is not None:
            found.append(one.sequence)
        return found

    assert taken(ordered=False) == list(range(1, len(items) + 1))
    assert taken(ordered=True) == sorted({items.index(item) + 1 for item in items})
