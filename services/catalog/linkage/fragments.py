"""Pieces the queries of all rules are made of: literals, keys, columns, comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.catalog.linkage.ruleset import COLUMNS, DIGESTS, ElementGroup, Pair

_CARRIED = (*COLUMNS, *DIGESTS.values(), "burden_digest", "region_code")


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule looks at.

    Attributes
    ----------
    everything : all entries, instead of those around the changed items `:ids`.
    from_source, from_target : when looking at changed items, whether these may be the rule's sources, its targets.
    overlay : over what would be, instead of what is.
    stored : the overlay stands in a table of its own.
    one_list : only targets of the list `:list_id`.
    first : burdens are not taken apart yet: an `unlike` row says that they are to be. Most entries ask what their
        superior's ask, and setting up the comparison costs more than the rest of a change.
    """

    everything: bool = False
    from_source: bool = True
    from_target: bool = False
    overlay: bool = False
    stored: bool = False
    one_list: bool = False
    first: bool = False

    @property
    def item(self) -> str:
        """The relation that holds the entries."""
        return "present" if self.overlay else "qingdan.item"

    @property
    def version(self) -> str:
        """The relation that holds their elements."""
        return "present_version" if self.overlay else "qingdan.item_version"


def literal(value: str) -> str:
    """A text literal; the colon is escaped because the statement's own parameters begin with one."""
    return "'" + value.replace("'", "''").replace(":", "\\:") + "'"


def array(values: Sequence[str]) -> str:
    """An array of text literals."""
    return f"CAST(ARRAY[{', '.join(literal(value) for value in values)}] AS text[])"


def key(match: Sequence[Pair], target: str, source: str) -> str:
    """Equality of the matching elements of two aliases."""
    return " AND ".join(f"{target}.{pair.target} = {source}.{pair.source}" for pair in match)


def conditions(condition: Mapping[str, Sequence[str]], alias: str) -> str:
    """A rule's condition on the columns of an entry, beginning with AND."""
    return "".join(f" AND {alias}.{element} = ANY ({array(values)})" for element, values in sorted(condition.items()))


def columns_of(alias: str) -> str:
    """The columns of one side of a pair, prefixed."""
    return ", ".join(f"{alias}.{column} AS {alias}_{column}" for column in _CARRIED)


def value(element: str, side: str) -> str | None:
    """The column of a pair that stands for an element; None when its version must be opened."""
    if element in COLUMNS:
        return f"p.{side}_{element}"
    return f"p.{side}_{DIGESTS[element]}" if element in DIGESTS else None


def differs(group: ElementGroup, pair: Pair) -> str:
    """Whether the target does not show what the source says."""
    if group.own:
        confirmed, now = _opened(pair.target, "t"), _opened(pair.source, "t")
        return f"{now} IS NOT NULL AND {confirmed} IS NOT NULL AND {now} <> {confirmed}"
    if pair.values:
        return _disagrees(pair)
    source, target = value(pair.source, "s"), value(pair.target, "t")
    same_kind = (
        pair.rather is None
        and COLUMNS.get(pair.source) == COLUMNS.get(pair.target)
        and (pair.source in COLUMNS or pair.source == pair.target)
    )
    if source is None or target is None or not same_kind:
        source, target = said(pair, "s"), _opened(pair.target, "t")
        silent = f"{source} IS NOT NULL"
    elif pair.source in DIGESTS:
        silent = f"{source} <> hashtextextended('', 0)"
    else:
        silent = f"{source} IS NOT NULL"
    unequal = f"{source} IS DISTINCT FROM {target}"
    if group.only:
        unequal = f"CAST({source} AS text) = ANY ({array(group.only)}) AND {unequal}"
    return f"{silent} AND {unequal}" if group.absent == "silent" else unequal


def said(pair: Pair, side: str) -> str:
    """What a pair's source says, as jsonb: of two elements the one that counts rather, where it is there."""
    plain = _opened(pair.source, side)
    return plain if pair.rather is None else f"coalesce({_opened(pair.rather, side)}, {plain})"


def _disagrees(pair: Pair) -> str:
    """Whether the target has none of the values that agree with the source's."""
    shown = f"coalesce({_read(pair.target, 't')}, '')"
    cases = " ".join(f"WHEN {literal(one)} THEN {shown} <> ALL ({array(own)})" for one, own in pair.values.items())
    return f"CASE {_read(pair.source, 's')} {cases} ELSE false END"


def agreeing(pair: Pair) -> str:
    """The value, as jsonb, that a target ought to have where it has none that agrees with the source's."""
    cases = " ".join(f"WHEN {literal(one)} THEN {literal(own[0])}" for one, own in pair.values.items())
    return f"to_jsonb(CAST(CASE {_read(pair.source, 's')} {cases} END AS text))"


def _read(element: str, side: str) -> str:
    return f"CAST(p.{side}_{element} AS text)" if element in COLUMNS else f"{side}v.elements ->> {literal(element)}"


def _opened(element: str, side: str) -> str:
    if element in COLUMNS:
        return f"to_jsonb(p.{side}_{element})"
    return f"nullif({side}v.elements -> {literal(element)}, 'null')"


# Names compared as people read them: without blanks, punctuation and letter case.
_MARKS = r"[\s　（）()【】〔〕［］\[\]{}「」『』《》〈〉<>“”‘’\"、，,。.；;：·•…—_/\\|！!？?-]"


def normal(expression: str) -> str:
    """A name without blanks, punctuation and letter case."""
    return f"lower(regexp_replace({expression}, {literal(_MARKS)}, '', 'g'))"
