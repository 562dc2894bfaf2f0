"""The demo's files hold facts only, parse throughout, and tell the stories the demo relies on."""

from collections import Counter
from pathlib import Path

import pytest

from deploy.demo import extract
from shared.codes import credit_code, item_type, region_code
from shared.codes.item_code import BaseCode, HandlingItemCode, ImplementationCode
from shared.codes.level import parse_level, parse_levels
from shared.codes.problems import CodeError

REAL_DATA = Path(__file__).parents[2].parent / "shared" / "data"


def rows(name: str) -> list[dict[str, str]]:
    return extract.read(extract.TARGET, name)


@pytest.mark.parametrize(
    ("name", "count"), [("permits.csv", 510), ("catalog.csv", 1965), ("organs.csv", 177), ("regions.csv", 35)]
)
def test_each_file_is_complete(name: str, count: int) -> None:
    assert len(rows(name)) == count


def test_no_long_text_address_or_telephone_is_carried_over() -> None:
    assert tuple(rows("permits.csv")[0]) == extract.PERMIT_COLUMNS
    left_out = ("accept_standard", "handle_location", "consult_phone", "complain_phone", "url")
    assert not set(left_out) & set(extract.PERMIT_COLUMNS)


def test_materials_are_kept_for_the_one_matter_the_demo_tells_of() -> None:
    asked = {row["task_code"]: row["materials"].split("|") for row in rows("permits.csv") if row["materials"]}
    assert sorted(len(names) for names in asked.values()) == [2, 3, 3, 3]
    assert all(code[19:31] == extract.STORY for code in asked)
    assert sum("公众参与说明" in names for names in asked.values()) == 3


def test_every_permit_code_agrees_with_the_columns_beside_it() -> None:
    for row in rows("permits.csv"):
        value = row["task_code"]
        code = HandlingItemCode.parse(value).implementation if len(value) == 33 else ImplementationCode.parse(value)
        assert code.credit_code.value == row["uscc"]
        assert code.base.value == row["catalog_code"]
        assert str(code.level.value) == row["use_level_code"]
        assert code.level is parse_level(row["use_level"])
        assert value[31:] == row["handle_item_seq"]
        assert BaseCode.parse(row["parent_catalog_code"]).main_code == code.base.main_code


def test_510_rows_are_326_implementation_codes_and_250_handling_items() -> None:
    codes = [row["task_code"] for row in rows("permits.csv")]
    assert len(set(codes)) == 510
    assert len({code[:31] for code in codes}) == 326
    assert sum(len(code) == 33 for code in codes) == 250


def test_every_catalogue_code_is_read_and_its_type_is_mapped() -> None:
    found: Counter[str] = Counter()
    for row in rows("catalog.csv"):
        code = BaseCode.parse(row["catalog_code"])
        assert BaseCode.parse(row["parent_catalog_code"]).main_code == code.main_code
        mapping = item_type.translate("guangdong_2021", code.type_code)
        assert mapping.source_label == row["task_type"]
        assert parse_levels(row["levels_present"])
        found[mapping.item_type.name] += 1
    assert (found["public_service"], found["permit"], found["other_power"]) == (1563, 278, 66)


def test_one_published_sub_item_has_a_parent_that_claims_to_have_no_sub_items() -> None:
    odd = []
    for row in rows("catalog.csv"):
        code, parent = BaseCode.parse(row["catalog_code"]), BaseCode.parse(row["parent_catalog_code"])
        odd += [code.value] if parent not in {code, code.main_item} else []
    assert odd == ["442111178001"]


def test_every_permit_is_in_the_catalogue_and_its_organ_in_the_register() -> None:
    catalogue = {row["catalog_code"] for row in rows("catalog.csv")}
    register = {row["uscc"] for row in rows("organs.csv")}
    assert not [row["task_code"] for row in rows("permits.csv") if row["catalog_code"] not in catalogue]
    assert not [row["task_code"] for row in rows("permits.csv") if row["uscc"] not in register]


def test_two_published_credit_codes_fail_one_by_check_digit_and_one_by_structure() -> None:
    failing = {row["uscc"] for row in rows("organs.csv") if row["uscc_checkdigit_ok"] == "0"}
    assert failing == {"13440000515356094L", "TE440000GD030003VV"}
    assert not credit_code.parse("13440000515356094L").check_ok
    with pytest.raises(CodeError, match="第17位“V”有误"):
        credit_code.parse("TE440000GD030003VV")


def test_every_region_has_a_known_parent_and_a_plausible_level() -> None:
    found = rows("regions.csv")
    codes = {row["code"] for row in found}
    assert len(codes) == len(found)
    assert [row["code"] for row in found if not row["parent_code"]] == [extract.NATION]
    for row in found:
        assert row["parent_code"] in codes | {""}
        code = region_code.parse(row["code"])
        assert code.warnings == ()
        assert code.suggested_level.identifier == row["level"]
    assert Counter(row["kind"] for row in found) == {"administrative": 34, "zone": 1}


def test_the_files_are_what_the_script_makes_of_the_real_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not REAL_DATA.exists():
        pytest.skip("the real data folder is not beside this checkout: the demo files are not made anew")
    shipped = {path.name: path.read_bytes() for path in extract.TARGET.glob("*.csv")}
    monkeypatch.setattr(extract, "TARGET", tmp_path)
    extract.extract(REAL_DATA)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")} == shipped


def test_the_script_explains_itself_when_the_folder_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract.main([]) == 2
    assert "DATA_FOLDER" in capsys.readouterr().err
