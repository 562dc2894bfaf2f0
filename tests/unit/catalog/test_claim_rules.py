"""The pure rules of claims and of the responsibility matrix."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from services.catalog.claims import rules
from services.catalog.matrix import rules as matrix
from services.catalog.matrix.reading import rows_of
from services.catalog.vertical.rules import may_concern, may_ease
from services.workflow.changes.inherited.rules import refusals
from shared import problems
from shared.inheritance import deviations


@dataclass(frozen=True)
class Claim:
    state: str
    id: UUID = field(default_factory=uuid4)
    listed: bool = False
    decided: bool = False


@dataclass(frozen=True)
class Inherited:
    elements: dict[str, Any]
    superior_item_id: UUID = field(default_factory=uuid4)
    superior_name: str = "食品经营许可"
    superior_list: str = "省目录"
    superior_region: str = "130000000000"


@given(act=st.sampled_from(sorted(rules.POSSIBLE)), state=st.sampled_from(sorted(rules.STATE_TITLES)))
def test_an_act_is_refused_exactly_in_the_states_it_is_not_possible_in(act: str, state: str) -> None:
    refused = rules.impossible(act, Claim(state))
    assert (refused is None) == (state in rules.POSSIBLE[act])
    assert refused is None or rules.STATE_TITLES[state] in refused.message


@given(state=st.sampled_from(sorted(rules.STATE_TITLES)))
def test_what_stands_in_the_list_is_never_said_not_to_apply(state: str) -> None:
    refused = rules.impossible("exclude", Claim(state, listed=True))
    assert refused is not None
    assert refused.code == "entry_listed"


def test_nothing_can_be_done_to_what_was_withdrawn() -> None:
    assert not any(rules.WITHDRAWN in states for states in rules.POSSIBLE.values())


@given(st.fixed_dictionaries({name: st.integers(0, 3) for name in ("offered", "disputed", "without_entry")}))
def test_a_list_is_decided_on_only_when_nothing_is_left(counts: dict[str, int]) -> None:
    if not any(counts.values()):
        rules.check_handled("青县清单", counts, "130922000000", "permit")
        return
    with pytest.raises(problems.Conflict) as refused:
        rules.check_handled("青县清单", counts, "130922000000", "permit")
    assert refused.value.extra["left"] == sum(counts.values())


VALUES = st.one_of(st.none(), st.text(max_size=3), st.lists(st.text(max_size=2), max_size=2))
ELEMENTS = st.dictionaries(st.sampled_from(sorted(rules.ELEMENT_TITLES)), VALUES)


@given(patch=ELEMENTS, current=ELEMENTS, above=ELEMENTS)
def test_to_agree_with_the_superior_or_to_stay_as_it_is_is_never_refused(
    patch: dict[str, Any], current: dict[str, Any], above: dict[str, Any]
) -> None:
    wrong = set(deviations(patch, current, Inherited(above)))
    assert all(element in above for element in wrong)
    assert not any(patch[element] == above[element] or patch[element] == current.get(element) for element in wrong)
    assert not set(deviations(above, current, Inherited(above)))
    # The two services refuse alike.
    theirs = {error.pointer.split("/")[-1] for error in refusals("/changes/0", patch, current, Inherited(above))}
    assert theirs == wrong


def test_a_rename_concerns_no_check_between_levels_and_eases_nothing() -> None:
    assert not may_concern("item.updated", ["name"])
    assert not may_ease("item.updated", ["name"])
    assert may_concern("item.cancelled", ["state"])
    assert may_ease("item.updated", ["materials"])


def test_columns_of_the_matrix_are_found_by_any_of_their_headings() -> None:
    found = matrix.columns_of(["序号", "清单 名称*", "牵头部门", "配合部门", "备注"])
    assert found == {1: "list_title", 2: "lead_name", 3: "assisting", 4: "note"}
    assert matrix.missing_columns(found) == []
    assert matrix.missing_columns(matrix.columns_of(["清单"])) == ["牵头单位"]


@given(st.binary(max_size=200))
def test_whatever_is_uploaded_is_read_or_refused_with_a_problem(content: bytes) -> None:
    try:
        rows = rows_of(content)
    except problems.Problem:
        return
    assert all(isinstance(cell, str) for _, cells in rows for cell in cells)


@pytest.mark.parametrize("sign", ["_x0000_", "_x0001_"])
def test_a_spreadsheet_with_signs_nobody_can_read_names_their_row(sign: str) -> None:
    plain, changed = io.BytesIO(), io.BytesIO()
    with Workbook(plain, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["清单", "牵头单位"], ["行政权力清单", "青县SIGN局"]]):
            sheet.write_row(number, 0, row)
    with zipfile.ZipFile(plain) as made, zipfile.ZipFile(changed, "w") as archive:
        for name in made.namelist():
            archive.writestr(name, made.read(name).replace(b"SIGN", sign.encode()))
    with pytest.raises(problems.Invalid) as refused:
        rows_of(changed.getvalue())
    assert "第2行" in refused.value.detail


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=6))
def test_of_rows_about_one_list_the_first_counts(pairs: list[tuple[str, str]]) -> None:
    said = [matrix.Assigned(n, region, kind, "o", (), "") for n, (region, kind) in enumerate(pairs, 2)]
    doubled = matrix.twice(said)
    kept = [(row.region_code, row.list_kind) for row in said if row.number not in doubled]
    assert kept == list(dict.fromkeys(pairs))
