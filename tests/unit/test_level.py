"""Levels of exercise: digits, Chinese names and lists of both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.level import LABELS, Level, format_levels, parse_level, parse_levels
from shared.codes.problems import CodeError


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("1", Level.NATION),
        ("国家级", Level.NATION),
        ("局(署会)", Level.NATION),
        ("省级", Level.PROVINCE),
        ("市级", Level.CITY),
        ("地级", Level.CITY),
        ("县级", Level.COUNTY),
        ("镇(乡、街道)级", Level.TOWNSHIP),
        (" 乡镇级 ", Level.TOWNSHIP),
        ("村（社区）", Level.VILLAGE),
        ("7", Level.GRADED),
    ],
)
def test_a_level_is_read_from_its_digit_or_its_chinese_name(text: str, level: Level) -> None:
    assert parse_level(text) is level


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("2,3", (Level.PROVINCE, Level.CITY)),
        ("市级|省级", (Level.PROVINCE, Level.CITY)),
        ("省级、市级、县级", (Level.PROVINCE, Level.CITY, Level.COUNTY)),
        ("3，3", (Level.CITY,)),
        ("县级、镇（乡、街道）级", (Level.COUNTY, Level.TOWNSHIP)),
    ],
)
def test_a_list_of_levels_is_ascending_and_without_repetition(text: str, levels: tuple[Level, ...]) -> None:
    assert parse_levels(text) == levels


@pytest.mark.parametrize("text", ["0", "8", "１２", "厅级", "2,x"])
def test_an_unknown_level_is_refused_with_the_vocabulary(text: str) -> None:
    with pytest.raises(CodeError, match="4 县级") as caught:
        parse_levels(text)
    assert caught.value.problem.code == "level_unknown"


@pytest.mark.parametrize("text", ["", " , ", "、"])
def test_an_empty_list_is_refused(text: str) -> None:
    with pytest.raises(CodeError, match="为空"):
        parse_levels(text)


def test_every_label_shown_is_a_label_read() -> None:
    assert [parse_level(label) for label in LABELS.values()] == list(Level)
    assert [level.identifier for level in Level][:4] == ["nation", "province", "city", "county"]
    assert [level.label for level in Level] == list(LABELS.values())


@given(st.sets(st.sampled_from(Level), min_size=1))
def test_a_list_survives_a_round_trip(levels: set[Level]) -> None:
    assert set(parse_levels(format_levels(levels))) == levels
    assert set(parse_levels("、".join(level.label for level in levels))) == levels
