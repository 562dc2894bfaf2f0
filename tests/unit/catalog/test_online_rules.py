"""What an entry says of being handled online, pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.quality.online.rules import ELEMENTS, GAPS, SUITABLE, Gap, Suitable, figures, judge

STAGE = {"stage": "apply", "depth": "partly", "address": "https://a.test"}


@pytest.mark.parametrize(
    ("elements", "suitable", "online", "gap"),
    [
        ({}, Suitable.UNSAID, False, Gap.UNSAID),
        ({"visit_reason": " "}, Suitable.UNSAID, False, Gap.UNSAID),
        ({"visit_reason": "核验"}, Suitable.NO, False, None),
        ({"online": False, "visit_reason": "核验"}, Suitable.NO, False, None),
        ({"online": True, "visit_reason": "领证"}, Suitable.YES, False, Gap.NOT_ONLINE),
        ({"handling_forms": ["window", "mobile"]}, Suitable.YES, False, Gap.NOT_ONLINE),
        ({"online": True, "online_depth": ["1", "3"], "online_address": "x"}, Suitable.YES, False, Gap.NOT_ONLINE),
        ({"online": True, "online_depth": ["4"]}, Suitable.YES, True, Gap.ADDRESS_MISSING),
        ({"online_depth": ["8"], "mobile_address": "x"}, Suitable.YES, True, None),
        ({"online": True, "online_address": "x"}, Suitable.YES, True, None),
        ({"online_stages": [STAGE]}, Suitable.YES, True, None),
        ({"online_stages": [STAGE | {"depth": "offline"}]}, Suitable.UNSAID, False, Gap.UNSAID),
        ({"online": False, "online_depth": ["8"], "online_address": "x"}, Suitable.UNSAID, False, Gap.UNSAID),
    ],
)  # fmt: skip
def test_what_an_entry_says_decides_whether_it_suits_is_online_and_what_it_lacks(
    elements: dict[str, Any], suitable: Suitable, online: bool, gap: Gap | None
) -> None:
    told = judge(elements)
    assert (told.suitable, told.online, told.gap) == (suitable, online, gap)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["4", "web", "fully"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["depth", "address"]), inner),
    max_leaves=6,
)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.sampled_from(ELEMENTS), values), max_size=6))
def test_figures_add_up_whatever_entries_hold(entries: list[dict[str, Any]]) -> None:
    told = figures(map(judge, entries))
    assert told.suitable + told.unsuitable + told.unsaid == told.entries == len(entries)
    assert told.online <= told.suitable
    assert told.online + told.gaps[Gap.NOT_ONLINE] == told.suitable
    assert told.gaps[Gap.UNSAID] == told.unsaid
    assert told.share is None or 0 <= told.share <= 1


def test_everything_has_a_name_for_people() -> None:
    assert set(SUITABLE) == set(Suitable)
    assert set(GAPS) == set(Gap)
