"""The table of the lists of the notices and the shipped kinds agree: each list has its place, each kind its row."""

from __future__ import annotations

import re
from pathlib import Path

from services.catalog.kinds.builtin import definitions

TABLE = (Path(__file__).parents[3] / "docs" / "lists.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in TABLE.splitlines() if line.startswith("| ")][2:]
KINDS = {kind["code"]: kind for kind in definitions()}


def test_each_of_the_twenty_five_lists_has_a_place() -> None:
    assert {int(match.group()) for row in ROWS if (match := re.match(r"\d+", row[0].strip()))} == set(range(1, 26))
    assert all(row[3].strip() for row in ROWS)


def test_the_table_names_every_shipped_kind_and_no_other() -> None:
    assert {code for row in ROWS for code in re.findall(r"kind `(\w+)`", row[3])} == set(KINDS)


def test_a_kind_is_called_as_in_the_notice_and_its_parts_are_elements() -> None:
    for row in ROWS:
        for code in re.findall(r"^ *kind `(\w+)`", row[3]):
            if row[0].strip() != "17":  # another name of 1
                assert KINDS[code]["title"] == row[1].strip()
    for kind in ("permit", "implementation"):
        used = {str(element.get("use") or element.get("key")) for element in KINDS[kind]["profiles"][1]["elements"]}
        assert {"policy_documents", "guide_documents", "review_rules", "business_manuals"} <= used
