"""What the relations between rows, codes and industries may consist of; pure. Part of the check of a rule set."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.linkage.ruleset import COLUMNS, Pair, Rule
from shared.problems import FieldError

# Relations that compare one element of each side, whatever it is, instead of finding counterparts by keys.
OF_TWO_ELEMENTS = frozenset({"listed", "prohibits"})


def problems_of(rule: Rule, at: str) -> Iterator[FieldError]:
    """What is wrong with the shape of a rule as far as its relation is concerned."""
    if (rule.relation == "rows") != bool(rule.rows):
        message = "rows 关系须列明细表，其他关系不能列明细表"
        yield FieldError(f"{at}/rows", "rows_of_relation", message)
    if rule.relation in ("rows", "supervised", *OF_TWO_ELEMENTS):
        if rule.where != "same_region" or rule.source_kind == rule.target_kind:
            yield FieldError(f"{at}/where", "within_region", "该关系只用于同一区划内的两个清单")
        if rule.groups or rule.missing or rule.orphan or rule.raises:
            yield FieldError(f"{at}/groups", "relation_alone", "该关系不能另有要素组、缺失、孤立或计数的要求")
    if rule.relation in OF_TWO_ELEMENTS and len(rule.match) != 1:
        yield FieldError(f"{at}/match", "one_pair", "该关系只比较一对要素")
    for index, group in enumerate(rule.groups):
        if group.only and any(pair.source not in COLUMNS or pair.target not in COLUMNS for pair in group.pairs):
            message = "only 只能用于可匹配的要素（如状态、类型）"
            yield FieldError(f"{at}/groups/{index}/only", "only_of_keys", message)
    keys = {pair.target for pair in rule.match}
    if rule.kin and (rule.orphan is None or not set(rule.kin) < keys):
        message = "kin 须为 match 中的一部分要素，且只用于要求提示孤立事项的规则"
        yield FieldError(f"{at}/kin", "kin_of_match", message)


def further_places(rule: Rule, at: str) -> list[tuple[str, Pair]]:
    """Further elements a rule names, as pairs with their places; columns of rows are looked up on the source's side."""
    found = [
        (f"{at}/groups/{g}/pairs/{i}/rather", Pair(source=pair.rather, target=pair.target))
        for g, group in enumerate(rule.groups)
        for i, pair in enumerate(group.pairs)
        if pair.rather is not None
    ]
    for index, group in enumerate(rule.rows):
        place = f"{at}/rows/{index}"
        found.append((place, Pair(source=group.named_by, target=group.element)))
        found += [
            (f"{place}/columns/{nth}", Pair(source=pair.source, target=group.element))
            for nth, pair in enumerate(group.columns)
        ]
    return found
