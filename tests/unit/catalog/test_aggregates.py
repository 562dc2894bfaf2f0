"""A peer's document is read as an entry and written again: nothing is lost, and what was changed here goes out."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.aggregates.codecs import FORMS, Field
from services.catalog.aggregates.mapping import AggregateMapping, Single, parse
from services.catalog.aggregates.rules import KEPT, document_of, elements_of
from services.catalog.exchange.builtin import DOCUMENTS

MAPPING = parse(orjson.loads((DOCUMENTS / "guangxi_item_library.json").read_bytes()))
ORGAN = {"name": "某县行政审批局", "credit_code": "11440100MB2C092283"}
DOCUMENT: dict[str, Any] = {
    "AUDIT_ITEM": {
        "rowguid": "r-1", "task_name": "采砂许可", "catalog_code": "000119005000", "dept_code": ORGAN["credit_code"],
        "dept_name": "某县审批局（旧称）", "anticipate_day": "20", "anticipate_type": "1", "promise_day": "05",
        "promise_type": "7", "serve_type": "2, 9", "handle_type": "1,8", "task_version": "13", "create_date": 15,
        "is_fee": "0", "entrust_name": "", "limit_scene_num": 1, "ywcode": None, "use_level": "4",
    },
    "AUDIT_ITEM_EXTEND": {"is_online_handle": "1", "new_field": {"a": [1, None]}},
    "AUDIT_ITEM_BYLAW": [
        {"law_name": "《某法》", "law_number": "", "clause_number": "第三条"},
        {"law_name": "", "clause_number": "无名"},
        {"law_name": "《某法》", "law_number": "1号", "clause_number": "第四条", "law_type": "8"},
    ],
    "AUDIT_MATERIAL": [{"materialid": "m-1", "material_name": "申请书", "is_need": "1", "original_amount": 1,
                        "page_num": 1, "copy_amount": "1"}],
    "AUDIT_ITEM_CONDITION": [],
    "AUDIT_MATERIAL_CONDITION": [{"any": "thing"}],
    "AUDIT_OTHER": {"kept": True},
}  # fmt: skip


def everything(key: str, column: str | None, value: Any) -> bool:
    return True


def nothing(key: str, column: str | None, value: Any) -> bool:
    return False


def again(mapping: AggregateMapping, elements: dict[str, Any]) -> dict[str, Any]:
    """What is written from stored elements: the organ by its register's name."""
    stored = orjson.loads(orjson.dumps(elements))
    return document_of(mapping, {**stored, "implementing_body": ORGAN if "implementing_body" in stored else None})


@pytest.mark.parametrize("accepts", [everything, nothing])
def test_what_was_read_is_written_again_to_the_letter(accepts: Any) -> None:
    elements = elements_of(MAPPING, DOCUMENT, accepts)
    assert again(MAPPING, elements) == DOCUMENT


def test_what_an_element_carries_is_in_the_element_and_only_the_rest_is_kept() -> None:
    elements = elements_of(MAPPING, DOCUMENT, everything)
    assert elements["statutory_limit"] == {"amount": 20, "unit": "working_day"}
    assert elements["service_objects"] == ["enterprise", "other"]
    assert elements["basis"][0] == {
        "document": "《某法》", "article": "第三条", "kind": "set", "document_kind": "law",
    }  # fmt: skip
    assert elements["materials"] == [{"name": "申请书", "necessity": "required", "originals": 1, "copies": 1}]
    kept = next(row for row in elements[KEPT] if row.get("table") == "AUDIT_ITEM")
    assert set(kept["fields"]) == {"rowguid", "task_version", "create_date", "handle_type"}
    assert {"promise_day", "promise_type", "serve_type"} <= set(kept["spelled"])
    assert "task_name" not in kept["fields"]


def test_what_is_changed_here_goes_out_changed_and_the_rest_as_it_came() -> None:
    elements = elements_of(MAPPING, DOCUMENT, everything)
    elements["statutory_limit"] = {"amount": 20, "unit": "natural_day"}
    elements["name"] = "河道采砂许可"
    elements["materials"] = [{"name": "承诺书", "necessity": "optional"}, *elements["materials"]]
    elements["basis"] = elements["basis"][1:]
    written = again(MAPPING, elements)
    wanted = copy.deepcopy(DOCUMENT)
    wanted["AUDIT_ITEM"] |= {"anticipate_type": "2", "task_name": "河道采砂许可"}
    assert written["AUDIT_ITEM"] == wanted["AUDIT_ITEM"]
    assert [row["material_name"] for row in written["AUDIT_MATERIAL"]] == ["承诺书", "申请书"]
    assert written["AUDIT_MATERIAL"][0]["is_need"] == "0"
    assert written["AUDIT_MATERIAL"][1] == DOCUMENT["AUDIT_MATERIAL"][0]
    assert [row["clause_number"] for row in written["AUDIT_ITEM_BYLAW"]] == ["第四条", "无名"]


def test_another_organ_goes_out_with_its_own_name_and_code() -> None:
    elements = elements_of(MAPPING, DOCUMENT, everything)
    moved = document_of(MAPPING, {**elements, "implementing_body": {"name": "某县水利局", "credit_code": "X"}})
    assert (moved["AUDIT_ITEM"]["dept_code"], moved["AUDIT_ITEM"]["dept_name"]) == ("X", "某县水利局")


def test_an_entry_of_our_own_is_written_in_all_tables_of_the_peer() -> None:
    written = document_of(MAPPING, {"name": "新事项", "implementing_body": ORGAN, "materials": [{"name": "表"}]})
    assert set(written) == set(MAPPING.tables)
    assert written["AUDIT_ITEM"]["dept_name"] == ORGAN["name"]
    assert written["AUDIT_MATERIAL"][0]["material_name"] == "表"


RAW = st.one_of(st.none(), st.text(max_size=6), st.integers(0, 99), st.sampled_from(["1", "0", "2", "1,2", "是", " "]))


@given(st.sampled_from(sorted(FORMS)), st.dictionaries(st.sampled_from(["a", "b", "own"]), RAW), st.booleans())
def test_no_form_loses_a_spelling(form: str, raw: dict[str, Any], number: bool) -> None:
    fields = tuple(
        Field(name=name, element=element, form=form, number=number, vocabulary={"1": "one", "2": "two"})
        for name, element in (("a", "first"), ("b", "second"), ("c", "third"))
        if form not in ("organ_code", "organ_name")
    )
    document = {"T": raw}
    mapping = AggregateMapping(code="x", singles=(Single(table="T", fields=fields),), several=())
    elements = orjson.loads(orjson.dumps(elements_of(mapping, document, everything)))
    assert document_of(mapping, elements) == document


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["AUDIT_ITEM", "AUDIT_MATERIAL"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["task_name", "x"]), inner, max_size=2),
    max_leaves=4,
)
MARKS = st.sampled_from(["table", "row", "key", "own", "whole", "fields", "spelled", "nulls", "absent"])


@given(st.lists(st.dictionaries(MARKS, VALUES, max_size=5) | VALUES, max_size=3))
def test_whatever_somebody_writes_into_what_is_kept_the_entry_can_be_written(kept: list[Any]) -> None:
    elements = elements_of(MAPPING, DOCUMENT, everything) | {KEPT: kept}
    assert orjson.dumps(document_of(MAPPING, {**elements, "implementing_body": ORGAN}))
