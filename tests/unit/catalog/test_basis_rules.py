"""The validator V04: what a power, a service, a supervision or a fee may rest on."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.quality.entry import EntryContext
from services.catalog.quality.rules import validate_entry
from tests.unit.catalog.entry_world import BODY, ORGANS, PERMIT, found, named, permit, profile_of


@pytest.mark.parametrize(
    ("basis", "code"),
    [
        ([{"document": "x", "article": "1", "kind": "implement", "document_kind": "law"}], "no_setting_basis"),
        ([{"document": "x", "kind": "set", "document_kind": "law"}], "article_missing"),
        ([{"document": "x", "article": "1", "kind": "set", "document_kind": "normative"}], "may_not_set"),
        ([{"document": "x", "article": "1", "kind": "set", "document_kind": "department_rule"}], "may_not_set"),
    ],
)
def test_a_permit_rests_on_a_law_that_may_set_one(basis: list[dict[str, str]], code: str) -> None:
    assert [finding[1] for finding in found(permit(basis=basis))] == [code]


def test_a_title_that_was_entered_with_its_brackets_is_told_with_one_pair() -> None:
    basis = [{"document": "《某办法》", "article": "1", "kind": "set", "document_kind": "department_rule"}]
    [finding] = validate_entry(PERMIT, permit(basis=basis), EntryContext(organs=ORGANS))
    assert finding.message.startswith("《某办法》是部门规章，不得设定")


def test_a_public_service_may_rest_on_a_normative_document() -> None:
    basis = [{"document": "通知", "article": "二", "kind": "set", "document_kind": "normative"}]
    entry = permit(item_type="20", base_code="002004002000", implementation_code=None, basis=basis)
    assert found(entry, profile_of("catalogue")) == []


@pytest.mark.parametrize(
    ("basis", "codes"),
    [("law", []), ("local_regulation", []), ("department_rule", []), ("normative", ["may_not_set"])],
)
def test_a_type_an_administration_added_between_11_and_19_is_a_power_like_the_others(
    basis: str, codes: list[str]
) -> None:
    rests = [{"document": "x", "article": "1", "kind": "set", "document_kind": basis}]
    filing = permit(item_type="11", base_code="001104002000", implementation_code=None, basis=rests)
    assert [finding[1] for finding in found(filing, named("catalogue", "2022"))] == codes


def test_what_says_how_a_matter_is_supervised_may_rest_on_a_basis_of_supervision_alone() -> None:
    rests = [{"document": "条例", "article": "第五条", "kind": "supervise", "document_kind": "department_rule"}]
    entry = {"name": "后续监管", "permit_name": "许可", "base_code": "000104002000", "supervising_body": BODY,
             "supervision_measures": ["抽查"], "basis": rests}  # fmt: skip
    assert found(entry, profile_of("follow_up_supervision")) == []
    bare = [rests[0] | {"kind": "implement"}]
    told = found(entry | {"basis": bare}, profile_of("follow_up_supervision"))
    assert told == [("V04", "no_setting_basis", "/basis")]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ["may_not_set_fee"]),
        ({"item_type": "04"}, []),
        ({"category": "priced_service"}, []),
        ({"basis": [{"document": "x", "article": "1", "kind": "set", "document_kind": "regulation"}]}, []),
        ({"basis": [{"document": "x", "article": "1", "kind": "set", "document_kind": "regulation"},
                    {"document": "标准", "article": "1", "kind": "implement", "document_kind": "normative"}]}, []),
    ],
)  # fmt: skip
def test_a_fee_for_a_permit_is_set_by_a_law_or_an_administrative_regulation_alone(
    changed: dict[str, Any], codes: list[str]
) -> None:
    charge = {
        "name": "工本费", "category": "administrative_fee", "standard": "10元", "collecting_body": BODY,
        "item_type": "01", "base_code": "000104002000",
        "basis": [{"document": "x", "article": "1", "kind": "set", "document_kind": "local_regulation"}],
    }  # fmt: skip
    if "item_type" in changed:
        changed["base_code"] = "000404002000"
    assert [finding[1] for finding in found(charge | changed, profile_of("charge"))] == codes
