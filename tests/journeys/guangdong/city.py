"""The capital brings its permits: they resolve to the superior's list, and what differs is shown beside its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.journeys.guangdong import data
from tests.journeys.guangdong.world import CITY, PROVINCE, Guangdong, decided
from tests.journeys.stage import GROUNDS, MIRRORS

EXTRA = "公众参与说明"
UNITS = {"working_day": "工作日", "natural_day": "自然日"}


def brings_its_permits(world: Guangdong) -> None:
    """The lists are opened, then the rows of the file are taken, every one."""
    lines = data.permits(data.CITY_LEVEL)
    members = {world.organs[row["uscc"]] for row in lines}
    for kind in ("permit", *MIRRORS):
        world.new_list(kind, CITY, members)
    counts = world.bring(CITY, "guangdong_permits_2021", lines)
    assert (counts["added"], counts["rejected"]) == (len(lines), 0)
    assert len(lines) == 238, "as the description of the data says"
    world.stage.settle()


def exactly_what_was_withheld_is_reported(world: Guangdong) -> None:
    """Both the findings and the check of the levels name the rows without a superior, and no other."""
    left = data.withheld()
    expected = {row["catalog_code"] for row in data.permits(data.CITY_LEVEL)
                if data.main_code(row["catalog_code"]) in left}  # fmt: skip
    beyond = {world.stage.elements(one["item_id"])["base_code"] for one in world.findings(CITY, rule="K20")}
    assert beyond == expected
    told = world.stage.admin.all_of("/catalog/v1/vertical-check", region=CITY)
    assert {one["base_code"] for one in told if one["problem"] == "orphan"} == expected
    assert [one for one in told if one["problem"] == "unclaimed"] == []


def other_limits_stand_beside_the_superiors_row(world: Guangdong) -> None:
    """Limits are compared in working days; where they differ both rows are shown, with number and unit."""
    expected = {row["task_code"]: row for row in data.other_limits()}
    assert len(expected) == 19, "as the description of the data says"
    shown = {one["code"]: one for one in pairs(world, limit_differs="true")}
    assert set(shown) == set(expected)
    above = data.superiors()
    for code, one in shown.items():
        assert said(one["statutory_limit"]) == given(expected[code])
        rows = {said(other["statutory_limit"]) for other in one["superiors"]}
        assert rows <= {given(row) for row in above[expected[code]["catalog_code"]]}
        assert given(expected[code]) not in rows
    longer, shorter = by_length(expected.values())
    assert coded(world, world.findings(CITY, rule="K22"), "statutory_limit") == longer
    eased = world.stage.admin.all_of("/catalog/v1/local-optimisations", within=CITY)
    assert coded(world, eased, "statutory_limit") == shorter


def what_no_name_joins_is_to_be_mapped(world: Guangdong) -> None:
    """Of several rows above none has the name: people say which it is; nothing is a violation until then."""
    expected = {row["task_code"] for row in data.to_map()}
    shown = {one["code"]: one for one in pairs(world, pairing="to_map")}
    assert set(shown) == expected
    assert all(len(one["superiors"]) > 1 for one in shown.values())
    beside = pairs(world)
    assert len(beside) == 57, "rows that share a code with the province, as the description of the data says"
    assert len({one["base_code"] for one in beside}) == 41, "their codes"
    accused = {one["item_id"] for one in world.findings(CITY, rule="K22")}
    assert accused.isdisjoint(one["item_id"] for one in shown.values())


def the_third_material_is_a_suspected_addition(world: Guangdong) -> None:
    """建设项目环境影响报告表审批: the finding has what the city asks and what the province asks."""
    lines = [row for row in data.permits(data.CITY_LEVEL) if row["catalog_code"] == data.STORY]
    [above] = data.superiors()[data.STORY]
    wanted, asked = above["materials"].split("|"), {row["task_code"]: row["materials"].split("|") for row in lines}
    assert {len(names) for names in asked.values()} == {len(wanted) + 1} == {3}
    found = [one for one in world.findings(CITY, rule="K22") if one["element"] == "materials" and
             world.stage.elements(one["item_id"])["base_code"] == data.STORY]  # fmt: skip
    assert len(found) == len(lines) == 3
    for one in found:
        assert one["severity"] == "block"
        assert "疑似增加申请材料" in one["message"]
        assert EXTRA in one["message"]
        assert [row["name"] for row in one["expected"]] == wanted
        superior = world.stage.item(one["source_item_id"])
        assert (superior["region_code"], superior["elements"]["base_code"]) == (PROVINCE, data.STORY)


def pairs(world: Guangdong, **where: str) -> list[dict[str, Any]]:
    """Entries of the city beside the superior's rows they are held against, by the whole code."""
    found = world.stage.admin.all_of("/catalog/v1/superior-pairs", region=CITY, **where)
    return [one | {"code": whole(one)} for one in found]


def whole(entry: Mapping[str, Any]) -> str:
    """The code of a row of the file: 31 digits, 33 with the serial of a handling item."""
    return f"{entry['implementation_code'][:31]}{entry['handling_item']}"


def coded(world: Guangdong, found: Iterable[Mapping[str, Any]], element: str) -> set[str]:
    """Codes of the entries that findings or labels on an element are about."""
    return {whole(world.stage.item(one["item_id"])["elements"]) for one in found if one["element"] == element}


def said(limit: Mapping[str, Any]) -> tuple[int, str]:
    """A limit as the system shows it."""
    return limit["amount"], UNITS[limit["unit"]]


def given(row: Mapping[str, str]) -> tuple[int, str]:
    """A limit as the file has it."""
    return int(row["statutory_days"]), row["statutory_unit"]


def by_length(lines: Iterable[dict[str, str]]) -> tuple[set[str], set[str]]:
    """Codes of rows with a longer, and with a shorter limit than the row above that corresponds."""
    above, found = data.superiors(), Counter[str]()
    for row in lines:
        other = data.counterpart(row, above[row["catalog_code"]])
        if other is not None:
            found[row["task_code"]] = 1 if data.limit(row) > data.limit(other) else -1
    return {code for code, sign in found.items() if sign > 0}, {code for code, sign in found.items() if sign < 0}


def nothing_is_beyond_the_superior_any_more(world: Guangdong) -> None:
    """The withheld matters are there now."""
    assert world.findings(CITY, rule="K20") == []
    told = world.stage.admin.all_of("/catalog/v1/vertical-check", region=CITY, problem="orphan")
    assert told == []


def corrects_its_table(world: Guangdong) -> None:
    """While the list is compiled, the office brings its table again with the superior's cells where it asked more.

    What bureau and zone committee ask for reports on the environment stays for an adjustment.
    """
    cells = {"materials": ("materials",), "conditions": ("accept_standard",),
             "statutory_limit": ("statutory_days", "statutory_unit")}  # fmt: skip
    lines = {row["task_code"]: dict(row) for row in data.permits(data.CITY_LEVEL)}
    wrong = [(whole(world.stage.elements(one["item_id"])), one["element"]) for one in world.findings(CITY, rule="K22")]
    above = data.superiors()
    corrected = set()
    for code, element in wrong:
        row = lines[code]
        superior = data.counterpart(row, above[row["catalog_code"]])
        if superior is not None and data.main_code(row["catalog_code"]) != data.main_code(data.STORY):
            row |= {cell: superior[cell] for cell in cells[element]}
            corrected.add(code)
    counts = world.bring(CITY, "guangdong_permits_2021", list(lines.values()))
    assert (counts["changed"], counts["unchanged"]) == (len(corrected), len(lines) - len(corrected))
    world.stage.settle()
    left = {world.stage.elements(one["item_id"])["base_code"] for one in world.findings(CITY, rule="K22")}
    assert {data.main_code(code) for code in left} == {data.main_code(data.STORY)}


def decides_on_its_lists(world: Guangdong) -> None:
    """Everything the superior has for the city is claimed, so the lists are decided on; the other lists follow."""
    plan(world, CITY, "base_catalogue")
    lines = data.permits(data.CITY_LEVEL)
    claimed = world.stage.admin.all_of("/catalog/v1/claims", region=CITY)
    assert {one["state"] for one in claimed} == {"claimed"}
    assert {one["superior_code"] for one in claimed} == {row["catalog_code"] for row in lines}
    assert world.accept(CITY) == len(MIRRORS) * len(lines)
    for kind in ("permit", *MIRRORS):
        world.enact(kind, CITY)
        assert len(world.published(kind, CITY)) == len(lines)


def asks_no_more_than_its_superior(world: Guangdong) -> None:
    """Bureau and zone committee decide together: the third material goes, limits are the superior's (ZZ-18)."""
    elements: dict[str, dict[str, Any]] = {}
    for one in world.findings(CITY, rule="K22"):
        elements.setdefault(one["item_id"], {})[one["element"]] = one["expected"]
    changes: dict[str, list[dict[str, Any]]] = {}
    for item, given in elements.items():
        body = world.stage.elements(item)["implementing_body"]
        changes.setdefault(body, []).append({"operation": "modify", "item_id": item, "elements": given})
    assert len(changes) == 2
    decided(world, CITY, "环境影响评价审批与省级一致", changes, trigger="SUPERIOR_SPEC_CHANGE")
    world.accept(CITY)
    assert world.findings(CITY, rule="K22") == []
    for item in elements:
        shown = world.stage.public(f"/items/{item}").json()["elements"]
        assert EXTRA not in [one["name"] for one in shown["materials"]]


def plan(world: Guangdong, region: str, *kinds: str) -> None:
    """The region claims its permits from the superior's lists of these kinds, all of them before it decides."""
    body = {"source_kinds": list(kinds), "item_types": ["01"], "due_days": 30, "required": True,
            "source": "行政许可事项清单编制工作方案", **GROUNDS}  # fmt: skip
    world.who("reviewer", region).put(f"/catalog/v1/claim-plans/{region}/permit", body, '"0"')
    world.stage.settle()
