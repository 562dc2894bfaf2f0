"""Item types: one vocabulary, and a translation for each source that keeps the original."""

import pytest

from shared.codes import item_type
from shared.codes.problems import CodeError


def test_the_vocabulary_is_the_standards_ten_powers_and_the_public_service() -> None:
    assert list(item_type.ITEM_TYPES) == [f"{number:02d}" for number in range(1, 11)] + ["20"]
    assert [code for code, entry in item_type.ITEM_TYPES.items() if not entry.is_power] == ["20"]


def test_the_class_of_all_powers_is_no_type_of_an_item() -> None:
    assert item_type.CLASS_CODE not in item_type.ITEM_TYPES


def test_type_20_is_an_other_power_in_guangdong_and_a_public_service_in_the_standard() -> None:
    local = item_type.translate("guangdong_2021", "20")
    assert (local.code, local.source_code, local.source_label) == ("10", "20", "其他行政权力")
    assert local.item_type.name == "other_power"
    assert item_type.translate(item_type.STANDARD, "20").item_type.name == "public_service"


def test_guangdongs_type_21_is_the_public_service() -> None:
    row = item_type.translate("guangdong_2021", "21")
    assert (row.code, row.relation) == ("20", item_type.Relation.EXACT)


def test_an_unmapped_code_is_refused_and_not_guessed() -> None:
    with pytest.raises(CodeError, match="没有对照关系") as caught:
        item_type.translate("guangdong_2021", "22")
    assert caught.value.problem.code == "item_type_unmapped"


@pytest.mark.parametrize(
    ("label", "code"), [("行政许可", "01"), ("许可", "01"), ("公共服务事项", "20"), ("行政裁决", "09")]
)
def test_a_type_is_found_by_its_chinese_name(label: str, code: str) -> None:
    assert item_type.by_label(label).code == code


def test_a_name_outside_the_vocabulary_is_refused_with_the_vocabulary() -> None:
    with pytest.raises(CodeError, match="行政许可、行政处罚"):
        item_type.by_label("行政备案")


def test_every_translation_leads_to_a_type_of_the_standard() -> None:
    for row in item_type.TYPE_MAPPINGS.values():
        assert row.item_type.code == row.code
