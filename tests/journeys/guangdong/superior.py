"""The province: its catalogue of all levels and its own permits, decided and public, and what it changes later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.journeys.guangdong import data
from tests.journeys.guangdong.world import PROVINCE, Guangdong, decided

LEVELS = {"省级": "2", "市级": "3", "市级|省级": "2,3"}


def publishes_its_catalogue(world: Guangdong) -> None:
    """All rows of the file but the withheld ones are taken, decided on and public."""
    lines, left = data.split(data.rows(data.CATALOGUE))
    assert len(lines) + len(left) == 1965, "as the description of the data says"
    assert left
    world.new_list("base_catalogue", PROVINCE)
    counts = world.bring(PROVINCE, "guangdong_catalog_2021", lines)
    assert (counts["added"], counts["rejected"]) == (len(lines), 0)
    world.enact("base_catalogue", PROVINCE)
    shown = world.published("base_catalogue", PROVINCE)
    assert {row["base_code"] for row in shown.values()} == {row["catalog_code"] for row in lines}


def publishes_its_own_permits(world: Guangdong) -> None:
    """What the province exercises itself: the specification lower levels are held against."""
    lines = data.permits(data.PROVINCE_LEVEL)
    world.new_list("permit", PROVINCE, {world.organs[row["uscc"]] for row in lines})
    counts = world.bring(PROVINCE, "guangdong_permits_2021", lines)
    assert (counts["added"], counts["rejected"]) == (len(lines), 0)
    world.enact("permit", PROVINCE)


def adds_what_it_had_withheld(world: Guangdong) -> None:
    """The matters it had left out come by an adjustment, as every change of a list in force."""
    _, left = data.split(data.rows(data.CATALOGUE))
    added = [{"operation": "add", "list_id": world.lists["base_catalogue", PROVINCE], "elements": matter(row)}
             for row in left]  # fmt: skip
    decided(world, PROVINCE, "补充基本目录事项", {world.leads[PROVINCE]: added})


def matter(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of the catalogue as an entry of the master list."""
    return {"name": row["catalog_name"], "base_code": row["catalog_code"], "item_type": row["type_code_in_catalog"],
            "level": LEVELS[row["levels_present"]], "state": "in_use"}  # fmt: skip


def changes_matters(
    world: Guangdong, title: str, elements: Mapping[str, Mapping[str, Any]], **header: Any
) -> dict[str, Any]:
    """Elements of matters of the catalogue, by base code, change in one decision."""
    changes = [{"operation": "modify", "item_id": matter_id(world, code), "elements": dict(given)}
               for code, given in elements.items()]  # fmt: skip
    return decided(world, PROVINCE, title, {world.leads[PROVINCE]: changes}, **header)


def cancels(world: Guangdong, codes: Sequence[str]) -> dict[str, Any]:
    """Matters of the catalogue end."""
    changes = [{"operation": "cancel", "item_id": matter_id(world, code)} for code in codes]
    return decided(world, PROVINCE, "取消行政许可事项", {world.leads[PROVINCE]: changes},
                   trigger="SUPERIOR_CANCEL", trigger_reference="国务院决定取消行政许可事项")  # fmt: skip


def matter_id(world: Guangdong, code: str) -> str:
    """The entry of the catalogue with a base code."""
    [found] = world.items("base_catalogue", PROVINCE, code=code)
    return str(found["id"])
