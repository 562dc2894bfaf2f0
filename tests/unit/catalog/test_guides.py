"""K05: the guide is made from the implementation list and the specification, nothing is typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.kinds.builtin import definitions
from services.catalog.kinds.rules import read_profile
from shared.guide.fourteen import FOURTEEN, completeness, guide

_KIND = next(kind for kind in definitions() if kind["code"] == "implementation")
PROFILE = read_profile({"kind": "implementation", **_KIND["profiles"][1]})
BODY = "01890000-0000-7000-8000-000000000001"
ENTRY: dict[str, Any] = {
    "name": "食品经营许可", "item_type": "01", "implementing_body": BODY,
    "basis": [{"kind": "set", "document_kind": "law", "document": "食品安全法", "article": "第三十五条"}],
    "promised_limit": {"amount": 10, "unit": "working_day"}, "statutory_limit": {"amount": 20, "unit": "working_day"},
    "fees": [{"name": "工本费", "standard": "10元", "basis": "条例"}], "handling_forms": ["window", "web"],
    "materials": [{"name": "申请表", "necessity": "required"}, {"name": "照片", "necessity": "optional"}],
    "process_steps": [{"name": "受理", "limit": {"amount": 1, "unit": "working_day"}}, {"name": "决定"}],
    "handling_place": "政务大厅", "handling_hours": "工作日", "consult_phone": "0317-0000000",
    "complaint_phone": "12345", "correction_limit": {"amount": 2, "unit": "working_day"},
    "transitional_rule": "此前受理的按原标准办理",
}  # fmt: skip


def texts(entry: dict[str, Any], permit: dict[str, Any] | None = None) -> dict[str, str]:
    made = guide(entry, permit, {BODY: "青县行政审批局"}, PROFILE)
    return {one.key: one.text for one in made.elements}


@pytest.mark.req("ZL-27")
def test_a_full_entry_gives_all_fourteen_elements_as_people_read_them() -> None:
    made = guide(ENTRY, None, {BODY: "青县行政审批局"}, PROFILE)
    assert [one.key for one in made.elements] == [key for key, _, _ in FOURTEEN]
    assert len(made.elements) == 14
    assert made.missing == ()
    said = {one.key: one.text for one in made.elements}
    assert said == said | {
        "item_type": "行政许可", "implementing_body": "青县行政审批局", "promised_limit": "10个工作日",
        "basis": "《食品安全法》第三十五条", "fee_standard": "工本费：10元", "fee_basis": "工本费：条例",
        "materials": "申请表；照片（非必要）", "process_steps": "受理（1个工作日）；决定",
        "handling_forms": "窗口办理、电脑端网上办理",
    }  # fmt: skip


@pytest.mark.req("TH-26", "TH-27")
def test_a_guide_says_that_acceptance_is_noted_and_what_is_missing_told_at_once() -> None:
    told = "".join(guide(ENTRY, None, {}, PROFILE).notices)
    assert "受理通知书" in told
    assert "当场或在2个工作日内一次性告知" in told
    assert "即为受理" in told
    assert "此前受理的按原标准办理" in told
    plain = guide({"name": "x"}, None, {}, PROFILE).notices
    assert "当场或在5个工作日内一次性告知" in plain[1]


def test_what_the_entry_leaves_open_comes_from_the_specification_and_is_marked_so() -> None:
    entry = {key: value for key, value in ENTRY.items() if key not in ("materials", "process_steps")}
    made = {one.key: one for one in guide(entry, ENTRY, {}, PROFILE).elements}
    assert (made["materials"].source, made["materials"].text) == ("permit", "申请表；照片（非必要）")
    assert made["name"].source == "implementation"


@pytest.mark.req("ZZ-16")
def test_what_nobody_says_is_missing_and_long_sentences_are_counted() -> None:
    made = guide({"name": "甲", "handling_place": "长" * 121, "charged": False, "online": False}, None, {}, PROFILE)
    assert (made.readability.long_sentences, made.readability.longest) == (1, 121)
    assert {"materials", "consult_phone"} <= set(made.missing)
    said = {one.key: one.text for one in made.elements}
    assert (said["fee_standard"], said["fee_basis"], said["handling_forms"]) == ("不收费", "不收费", "窗口办理")


@pytest.mark.req("ZZ-16")
@pytest.mark.parametrize(
    ("words", "vague"),
    [("按照有关规定办理", "按照有关规定"), ("详见相关文件", "详见相关文件"), ("以窗口要求为准", "以窗口要求为准"),
     ("材料以工作人员告知为准", "以工作人员告知为准"), ("视情况而定", "视情况而定"), ("一楼大厅3号窗口", None),
     ("依照《食品安全法》第三十五条办理", None), ("相关负责人电话", None)],
)  # fmt: skip
def test_words_that_send_readers_elsewhere_are_named_with_their_element(words: str, vague: str | None) -> None:
    made = guide(ENTRY | {"handling_place": words}, None, {BODY: "青县行政审批局"}, PROFILE)
    assert made.readability.vague == ({"handling_place": vague} if vague else {})


@pytest.mark.req("ZZ-16")
def test_completeness_is_the_share_of_the_fourteen_and_never_rounded_up() -> None:
    assert completeness(guide(ENTRY, None, {BODY: "青县行政审批局"}, PROFILE)) == 1.0
    lacking = {key: value for key, value in ENTRY.items() if key != "consult_phone"}
    assert completeness(guide(lacking, None, {BODY: "青县行政审批局"}, PROFILE)) == 0.9285


def test_windows_say_where_when_and_whom_to_call() -> None:
    windows = [{"name": "1号", "address": "一楼", "hours": "上午", "phone": "6428820"}, {"name": "2号"}]
    said = texts({"name": "甲", "windows": windows})
    assert (said["handling_place"], said["handling_hours"], said["consult_phone"]) == ("一楼", "上午", "6428820")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
KEYS = sorted({element for _, _, looked_for in FOURTEEN for element in looked_for} | {"correction_limit"})


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6), st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_value_whatever_makes_a_guide_fail(entry: dict[str, Any], permit: dict[str, Any]) -> None:
    made = guide(entry, permit, {}, PROFILE)
    assert len(made.elements) == 14
    assert all(isinstance(one.text, str) for one in made.elements)
