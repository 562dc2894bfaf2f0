"""Where the candidates of a list come from: the lists its rules follow, directly or through another list. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.catalog.linkage.ruleset import Pair, Rule

# Lists in which an organ reports what it does for applicants (ZL-55: not reported there is an omission).
REPORTED = ("catalogue", "implementation")


@dataclass(frozen=True, slots=True)
class Origin:
    """A kind of list whose entries are candidates.

    Attributes
    ----------
    rules : the rules that lead from it to the list, nearest to the list last.
    match : elements of the candidate and of the entry that shows it.
    when, unless : element of the candidate -> values for which an entry is expected, or is not.
    superior : its lists stand in the regions above.
    """

    kind: str
    rules: tuple[str, ...]
    match: tuple[Pair, ...]
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unless: Mapping[str, Sequence[str]] = field(default_factory=dict)
    superior: bool = False


def origins(rules: Sequence[Rule], target: str) -> list[Origin]:
    """The kinds of list in which candidates for a list of a kind stand, each once, the nearest way."""
    found: dict[str, Origin] = {}
    pending = [origin for rule in rules if rule.target_kind == target and (origin := _direct(rule)) is not None]
    while pending:
        origin = pending.pop(0)
        if origin.kind == target or origin.kind in found:
            continue
        found[origin.kind] = origin
        if not origin.superior:
            behind = [rule for rule in rules if rule.target_kind == origin.kind and rule.source_kind not in found]
            pending += [further for rule in behind if (further := _behind(rule, origin)) is not None]
    return list(found.values())


def _direct(rule: Rule) -> Origin | None:
    if rule.where == "superior":
        # A list of the same kind above is no master list: its entries are the superior's own.
        own = rule.source_kind == rule.target_kind
        return None if own else Origin(rule.source_kind, (rule.id,), rule.match, superior=True)
    if rule.relation != "equal" or rule.missing is None:
        return None
    return Origin(rule.source_kind, (rule.id,), rule.match, rule.missing.when, rule.missing.unless)


def _behind(rule: Rule, origin: Origin) -> Origin | None:
    """The same list seen from one further away, where its keys lead through."""
    further = _direct(rule)
    if further is None or further.superior:
        return None
    through = {pair.target: pair.source for pair in rule.match}
    if not all(pair.source in through for pair in origin.match):
        return None
    match = tuple(Pair(source=through[pair.source], target=pair.target) for pair in origin.match)
    return Origin(rule.source_kind, (rule.id, *origin.rules), match, origin.when, origin.unless)
