"""Which changes of an entry a rule has anything to say about; pure.

A rule whose elements did not change is not asked: what it said of the entry still stands. None stands for any element.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from services.catalog.linkage.ruleset import ElementGroup, Pair, Rule

# What pairs entries of two levels, beside the elements that match.
_BETWEEN_LEVELS = frozenset({"name", "level", "handling_item"})
# A master list contains levels, and its entry is named to people; a province or a city may set a matter by a regulation
# of its own, which its basis tells.
_CONTAINING, _CONTAINED = frozenset({"level", "name"}), frozenset({"level", "basis"})


def known(elements: Collection[str]) -> frozenset[str]:
    """Changed elements with the keys derived from them."""
    derived = {"main_code"} if "base_code" in elements else frozenset()
    return frozenset(elements) | derived


Elements = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Read:
    """Elements a rule reads.

    Attributes
    ----------
    of_source : of a source.
    of_target : of a target, held against a source or against one another.
    of_follower : of a target that has followed: what the rule itself lets follow it has just seen.
    """

    of_source: Elements
    of_target: Elements
    of_follower: Elements


def read_by(rule: Rule) -> Read:
    """What a rule reads; worked out once for each text of a rule."""
    return _read(rule.document)


@lru_cache(maxsize=1024)
def _read(document: str) -> Read:
    rule = Rule.model_validate_json(document)
    lasting = tuple(group for group in rule.groups if group.action == "flag" or group.own or group.yields_to)
    return Read(_of_source(rule), _held(rule, rule.groups), _held(rule, lasting))


def _of_source(rule: Rule) -> Elements:
    own = frozenset({"state", *(pair.source for pair in rule.match), *rule.source_condition})
    if rule.relation == "rows":
        return own | {row.named_by for row in rule.rows} | _sources(*(row.columns for row in rule.rows))
    if rule.relation == "contained":
        return own | _CONTAINING
    if rule.relation != "equal":
        return None
    own |= _sources(*(group.pairs for group in rule.groups if not group.own))
    if rule.where == "superior":
        return own | _BETWEEN_LEVELS
    if rule.uncovered is not None:
        own |= {"name"}  # the finding names the entry that nothing covers
    if rule.missing is not None:
        missing = rule.missing
        named = {part.split("}")[0] for text in missing.composed.values() for part in text.split("{")[1:]}
        own |= _sources(missing.copies) | named | missing.when.keys() | missing.unless.keys()
    return own


def _held(rule: Rule, groups: tuple[ElementGroup, ...]) -> Elements:
    own = frozenset({"state", *(pair.target for pair in rule.match), *rule.condition})
    if rule.relation == "rows":
        return own | {row.element for row in rule.rows}
    if rule.relation == "contained":
        return own | _CONTAINED
    if rule.relation != "equal":
        return None
    own |= {pair.target for group in groups for pair in group.pairs}
    own |= {pair.source for group in groups if group.own for pair in group.pairs}
    return own | _BETWEEN_LEVELS if rule.where == "superior" else own


def _sources(*pairs: tuple[Pair, ...]) -> frozenset[str]:
    return frozenset(name for group in pairs for pair in group for name in (pair.source, pair.rather) if name)
