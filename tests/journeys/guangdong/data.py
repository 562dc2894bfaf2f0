"""The public data of a real province and its capital, read plainly: what the system is expected to say of them.

Everything expected is computed here from the files with the standard library and the calendar file beside them, not
with the product's own code. The files are not part of the project; where they are missing the journey is skipped.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from statistics import median

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
CATALOGUE, PERMITS = "guangdong_catalog_2021.csv", "guangdong_licence_items_2021.csv"
ORGANS, REGIONS, DAYS = "departments_uscc.csv", "admin_divisions_3level_2023.csv", "cn_workdays_2004_2026.csv"
PROVINCE_LEVEL, CITY_LEVEL = "2", "3"
# 建设项目环境影响报告表审批: the province asks two materials, the city three.
STORY = "440113106002"

Row = Mapping[str, str]


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of a file."""
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))


def permits(level: str) -> list[dict[str, str]]:
    """Permits exercised at a level (2 province, 3 city)."""
    return [row for row in rows(PERMITS) if row["use_level_code"] == level]


def table(lines: Sequence[Row]) -> bytes:
    """Rows as an office sends them: CSV in UTF-8, the headers of the source."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def main_code(code: str) -> str:
    """The main item of a base code: nine of its twelve digits."""
    return code[:9]


def withheld() -> set[str]:
    """Main items left out of the superior's list: the first three of the city's, but for the one the story tells of."""
    mains = sorted({main_code(row["catalog_code"]) for row in permits(CITY_LEVEL)} - {main_code(STORY)})
    return set(mains[:3])


def split(lines: Iterable[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows of the superior's list that are brought, and those that are withheld."""
    left = withheld()
    brought: list[dict[str, str]] = []
    kept: list[dict[str, str]] = []
    for row in lines:
        (kept if main_code(row["catalog_code"]) in left else brought).append(row)
    return brought, kept


def comparable(name: str) -> str:
    """A name as people read it: without blanks, punctuation and letter case."""
    return "".join(character for character in name if character.isalnum()).lower()


@cache
def _until() -> tuple[int, ...]:
    """Working days up to each day of the calendar."""
    return (0, *accumulate(int(row["is_workday"]) for row in rows(DAYS)))


@cache
def working_days(amount: int, unit: str) -> float:
    """Working days a limit amounts to: of natural days the median over all days it may start on."""
    if "工作日" in unit:
        return float(amount)
    until = _until()
    return float(median(until[day + amount] - until[day] for day in range(len(until) - amount)))


def limit(row: Row) -> float:
    """The statutory limit of a row in working days."""
    return working_days(int(row["statutory_days"]), row["statutory_unit"])


def superiors() -> dict[str, list[dict[str, str]]]:
    """The province's own permits by base code."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in permits(PROVINCE_LEVEL):
        found[row["catalog_code"]].append(row)
    return found


def counterpart(row: Row, above: Sequence[dict[str, str]]) -> dict[str, str] | None:
    """The one row above that corresponds: the only one, or the one of the same name; None when people must say."""
    named = [one for one in above if comparable(one["task_name"]) == comparable(row["task_name"])]
    return above[0] if len(above) == 1 else (named[0] if named else None)


def other_limits() -> list[dict[str, str]]:
    """Rows of the city whose limit is that of none of the province's rows of the same matter."""
    above = superiors()
    return [
        row
        for row in permits(CITY_LEVEL)
        if row["catalog_code"] in above and limit(row) not in {limit(one) for one in above[row["catalog_code"]]}
    ]


def to_map() -> list[dict[str, str]]:
    """Rows of the city with several possible rows above and no name that says which."""
    above = superiors()
    return [
        row
        for row in permits(CITY_LEVEL)
        if row["catalog_code"] in above and counterpart(row, above[row["catalog_code"]]) is None
    ]
