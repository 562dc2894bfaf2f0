"""Levels of exercise (行使层级) 1-7 after GB/T 39046-2020 A, their Chinese names, and lists of levels.

The field holds several levels for an item that more than one level exercises (``2,3`` in exchange tables,
``市级|省级`` in spreadsheets), so reading always yields a tuple, ascending and without repetition.
"""

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType

from shared.codes.problems import CodeError, CodeProblem


class Level(IntEnum):
    """A level of exercise. Smaller is higher; GRADED (分级管理) stands beside the order, not below the village."""

    NATION = 1
    PROVINCE = 2
    CITY = 3
    COUNTY = 4
    TOWNSHIP = 5
    VILLAGE = 6
    GRADED = 7

    @property
    def identifier(self) -> str:
        """The English identifier that region rows carry: ``nation``, ``province``, ``city`` …"""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The Chinese name shown to officials."""
        return LABELS[self]


LABELS: Mapping[Level, str] = MappingProxyType(
    {
        Level.NATION: "国家级",
        Level.PROVINCE: "省级",
        Level.CITY: "市级",
        Level.COUNTY: "县级",
        Level.TOWNSHIP: "镇（乡、街道）级",
        Level.VILLAGE: "村（社区）级",
        Level.GRADED: "分级管理",
    }
)

# Spellings met in published lists, the standard's double names (局/署会, 直属, 隶属) included.
_SPELLINGS: Mapping[Level, tuple[str, ...]] = {
    Level.NATION: ("国家级", "国家", "中央", "中央级", "局（署、会）", "局（署会）"),
    Level.PROVINCE: ("省级", "省", "自治区级", "直辖市级", "直属"),
    Level.CITY: ("市级", "市", "地级", "地市级", "设区的市级", "设区市级", "州级", "盟级", "隶属"),
    Level.COUNTY: ("县级", "县", "区级", "区县级", "县区级", "县（市、区）级", "旗级"),
    Level.TOWNSHIP: ("镇（乡、街道）级", "镇（乡、街道）", "乡镇级", "乡级", "镇级", "街道级", "乡镇（街道）级"),
    Level.VILLAGE: ("村（社区）级", "村（社区）", "村级", "社区级", "村居级"),
    Level.GRADED: ("分级管理",),
}


def _folded(text: str) -> str:
    """A label without what spreadsheets vary: blanks and the width of brackets."""
    return "".join(text.split()).replace("(", "（").replace(")", "）")


_BY_LABEL: Mapping[str, Level] = {name: level for level, names in _SPELLINGS.items() for name in names}
# Not the enumeration comma 、 inside brackets: 镇（乡、街道） is one level.
_SEPARATOR = re.compile(r"[,，|;；/]|、(?![^（]*）)")


def parse_level(text: str) -> Level:
    """One level from its digit or a Chinese name (``2``, ``省级``). Raises CodeError ``level_unknown``."""
    folded = _folded(text)
    if re.fullmatch("[1-7]", folded):
        return Level(int(folded))
    level = _BY_LABEL.get(folded)
    if level is None:
        known = "、".join(f"{level.value} {label}" for level, label in LABELS.items())
        raise CodeError(CodeProblem("level_unknown", f"行使层级“{text}”无法识别，可用：{known}", text))
    return level


def parse_levels(text: str) -> tuple[Level, ...]:
    """All levels of a list such as ``2,3`` or ``市级|省级``, ascending, each once.

    Raises
    ------
    CodeError
        ``level_missing`` for an empty list, ``level_unknown`` for a part that is no level.
    """
    parts = [part for part in _SEPARATOR.split(_folded(text)) if part]
    if not parts:
        raise CodeError(CodeProblem("level_missing", "行使层级为空，请至少填写一个层级", text))
    return tuple(sorted({parse_level(part) for part in parts}))


def format_levels(levels: Iterable[Level]) -> str:
    """The exchange form: digits, ascending, comma separated (``2,3``)."""
    return ",".join(str(level.value) for level in sorted(set(levels)))
