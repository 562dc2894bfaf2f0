"""Tables with keys of their own: which version an item gets, and that the same batch again changes nothing. Pure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.publish.platform import rules as exchange
from services.publish.platform.mapping import built_in
from services.publish.platform.translation import outward
from services.publish.platform.transports.keyed_tables import rules
from services.publish.platform.transports.keyed_tables.rules import Held, KeyedOptions, Plan, Taken

OPTIONS = KeyedOptions()
TABLE = "SPGL_DFXMSPLCJDSXXXB"
GUID = str(UUID(int=7))
KEY = {"XZQHDM": "130922", "SPLCBM": "P1", "SPLCBBH": 1.0, "SPJDXH": 3, "SPSXBM": "S1"}


def row(**said: Any) -> dict[str, Any]:
    """A row as it is sent, in the types of the table."""
    return {"TASK_GUID": GUID, "ROW_GUID": "r", "TABLE": TABLE, "ROW": KEY | {"SPSXMC": "施工许可"} | said}


def after(plan: Plan, held: dict[str, Held]) -> dict[str, Held]:
    """What the table holds once a plan is carried out."""
    found = {
        item: Held(one.serial, one.version, one.valid and one.serial not in plan.end, one.record)
        for item, one in held.items()
    }
    for record in plan.insert:
        serial = record["LSH"]
        found[rules.item_in(serial)] = Held(serial, record["SPSXBBH"], True, record | {"GXSJ": "now", "SJSCZT": 0})
    return found


@given(st.lists(st.one_of(st.none(), st.sampled_from(["甲", "乙", "丙"])), max_size=8))
def test_versions_rise_with_each_content_and_the_same_batch_again_writes_nothing(names: list[str | None]) -> None:
    held: dict[str, Held] = {}
    last = 0
    for name in names:
        sent = row(SPSXMC=name) if name is not None else {k: v for k, v in row().items() if k != "ROW"}
        made = rules.plan([sent], held, {}, OPTIONS)
        held = after(made, held)
        again = rules.plan([sent], held, {}, OPTIONS)
        assert (again.insert, again.end) == ([], {})
        for record in made.insert:
            assert record["SPSXBBH"] > last
            last = record["SPSXBBH"]
    item = held.get(rules.item_of(GUID))
    assert (item is not None and item.valid) == bool(names and names[-1] is not None)


@pytest.mark.parametrize(
    ("held", "stated", "version"), [(None, None, 1), (None, "4", 4), (4, "4", 5), (4, "9", 9), (4, "x", 5)]
)
def test_a_version_is_above_the_last_and_not_below_what_the_entry_states(
    held: int | None, stated: str | None, version: int
) -> None:
    assert rules.version_after(held, stated) == version


def test_a_row_without_its_key_is_named_and_one_that_was_never_there_is_gone_already() -> None:
    made = rules.plan([row(SPLCBM=None), {"TASK_GUID": GUID, "ROW_GUID": "d", "TABLE": TABLE}], {}, {}, OPTIONS)
    assert {one.row_guid: one.code for one in made.verdicts} == {"r": "NOKEY", "d": "00"}
    assert any("SPLCBM" in one.remark for one in made.verdicts)


def test_a_key_belongs_to_one_item_until_that_one_has_ended() -> None:
    other = str(UUID(int=8))
    theirs = f"{rules.item_of(other)}0003"
    taken = {"r": Taken(3, [theirs])}
    (refused,) = rules.plan([row()], {}, taken, OPTIONS).verdicts
    assert (refused.code, "另一事项" in refused.remark) == ("KEYINUSE", True)
    held = {rules.item_of(other): Held(theirs, 3, True, row()["ROW"])}
    withdrawn = {"TASK_GUID": other, "ROW_GUID": "d", "TABLE": TABLE}
    made = rules.plan([row(), withdrawn], held, taken, OPTIONS)
    assert list(made.end) == [theirs]
    assert [record["SPSXBBH"] for record in made.insert] == [4]
    two = rules.plan([row(), row() | {"TASK_GUID": other, "ROW_GUID": "s"}], {}, {}, OPTIONS)
    assert (len(two.insert), [one.code for one in two.verdicts]) == (1, ["KEYINUSE"])


def test_verdicts_wait_until_the_library_has_looked_at_every_record() -> None:
    made = Plan(current={"a": "1", "b": "2"})
    assert rules.verdicts(made, {"1": ("1", "")}, OPTIONS) is None
    told = rules.verdicts(made, {"1": ("1", ""), "2": ("2", "编码错误")}, OPTIONS)
    assert told is not None
    assert [(one.code, one.remark) for one in told] == [("00", ""), ("REFUSED", "编码错误")]
    unconfirmed = rules.verdicts(made, {}, KeyedOptions(confirmed=False))
    assert unconfirmed is not None
    assert {one.code for one in unconfirmed} == {"00"}


def test_names_that_are_no_identifiers_are_refused() -> None:
    with pytest.raises(ValidationError):
        KeyedOptions.model_validate({"keys": {'T"; DROP TABLE x': ["A"]}})
    with pytest.raises(ValidationError):
        KeyedOptions.model_validate({"serial": "LSH text"})
    with pytest.raises(ValidationError):
        KeyedOptions.model_validate({"keys": {TABLE: []}})


@pytest.mark.req("ZZ-39")
def test_an_entry_of_construction_approval_fills_process_stage_and_item() -> None:
    profile = built_in("construction_approval")
    body = {"region_code": "130922000000", "kind": "construction_approval", "elements": {
        "name": "施工许可", "item_number": "S1", "standard_item_code": "B1", "stage_order": 3, "state": "in_use",
        "process_code": "P1", "process_version": "1", "process_name": "房屋建筑类", "preceding_items": ["S7", "S8"],
        "stage_limit": {"amount": 20, "unit": "working_day"},
    }}  # fmt: skip
    said = outward(profile.push, exchange.told_of(body))
    assert said["ROW"] == {
        "XZQHDM": "130922", "SPLCBM": "P1", "SPLCBBH": "1", "SPJDXH": "3", "SPSXBM": "S1", "SPSXMC": "施工许可",
        "DYBZSPSXBM": "B1", "SFSXGZCNZ": "0", "QZSPSXBM": "S7,S8", "SFLCBSX": "0", "SJYXBS": "1",
    }  # fmt: skip
    assert said["CHILDREN"]["SPGL_DFXMSPLCXXB"] == [
        {"XZQHDM": "130922", "SPLCBM": "P1", "SPLCBBH": "1", "SPLCMC": "房屋建筑类"}
    ]
    assert said["CHILDREN"]["SPGL_DFXMSPLCJDXXB"][0]["SPJDSX"] == "20"
    shared = rules.shared([{"CHILDREN": said["CHILDREN"]}] * 2, OPTIONS)
    assert {table: len(records) for table, records in shared.items()} == {
        "SPGL_DFXMSPLCXXB": 1, "SPGL_DFXMSPLCJDXXB": 1,
    }  # fmt: skip
