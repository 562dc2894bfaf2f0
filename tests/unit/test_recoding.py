"""Codes of an entry that passes to another organ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.problems import CodeError
from shared.codes.recoding import prefix_of, recoded

GIVING, TAKING = "11440100MB2C93184J", "11450721MB15580811"
BASE = "000116101002"
OLD, NEW = f"{GIVING}3{BASE}", f"{TAKING}3{BASE}"


def entry(**more: Any) -> dict[str, Any]:
    return {"implementation_code": OLD, "handling_item": "", "level": "3"} | more


def test_the_base_code_stays_and_everything_built_on_the_organ_is_new() -> None:
    materials = [{"name": "申请表", "code": f"{OLD}001"}, {"name": "图纸"}, {"name": "照片", "code": "本地7"}]
    found = recoded(entry(materials=materials, handling_item="07"), TAKING, [])
    assert found.elements == {
        "implementation_code": NEW,
        "materials": [{"name": "申请表", "code": f"{NEW}001"}, {"name": "图纸"}, {"name": "照片", "code": "本地7"}],
    }
    assert found.replaces == {f"{NEW}07": f"{OLD}07", f"{NEW}001": f"{OLD}001"}


def test_a_code_of_33_characters_stays_one() -> None:
    found = recoded(entry(implementation_code=f"{OLD}02", handling_item="02"), TAKING, [])
    assert found.elements == {"implementation_code": f"{NEW}02"}


def test_serials_the_taking_organ_has_given_before_are_not_given_again() -> None:
    materials = [{"name": "申请表", "code": f"{OLD}001"}, {"name": "图纸", "code": f"{OLD}002"}]
    used = [f"{NEW}01", f"{NEW}02", f"{NEW}001"]
    found = recoded(entry(handling_item="01", materials=materials), TAKING, used)
    assert found.elements["handling_item"] == "03"
    assert [row["code"] for row in found.elements["materials"]] == [f"{NEW}002", f"{NEW}003"]
    assert found.replaces[f"{NEW}03"] == f"{OLD}01"


def test_a_matter_the_taking_organ_has_already_is_no_transfer() -> None:
    with pytest.raises(CodeError) as refused:
        recoded(entry(), TAKING, [NEW])
    assert refused.value.problem.code == "code_in_use"


def test_a_level_that_changes_with_the_organ_is_in_the_code() -> None:
    assert prefix_of(entry(level="4"), TAKING) == f"{TAKING}4{BASE}"
    assert prefix_of(entry(level="2,3"), TAKING) == NEW
    assert prefix_of({}, TAKING) is None
    with pytest.raises(CodeError):
        prefix_of(entry(implementation_code="x"), TAKING)


@given(
    serial=st.sampled_from(["01", "02", "03"]),
    own=st.lists(st.integers(1, 9), unique=True, max_size=5),
    used=st.sets(st.tuples(st.sampled_from([2, 3]), st.integers(1, 12)), max_size=12),
)
def test_no_new_code_was_ever_used_and_each_old_code_has_one_successor(
    serial: str, own: list[int], used: set[tuple[int, int]]
) -> None:
    taken = {NEW + str(number).zfill(width) for width, number in used}
    rows = [{"name": str(number), "code": f"{OLD}{number:03d}"} for number in own]
    found = recoded(entry(handling_item=serial, materials=rows), TAKING, taken)
    assert not taken & found.replaces.keys()
    assert sorted(found.replaces.values()) == sorted([OLD + serial, *(row["code"] for row in rows)])
