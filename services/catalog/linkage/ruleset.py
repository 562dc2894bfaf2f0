"""Linkage rules as data: what a rule set consists of, as it is stored, sent and compiled."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Elements that are columns of `item` with their SQL type: comparing them opens no version.
COLUMNS = {
    "name": "text",
    "base_code": "text",
    "main_code": "text",
    "implementation_code": "text",
    "handling_item": "text",
    "item_type": "text",
    "level": "text",
    "implementing_body": "uuid",
    "permit_name": "text",
    "section": "text",
    "state": "text",
}
# Elements too long for a column: their digest is compared, the version is opened only where digests differ.
DIGESTS = {"basis": "basis_digest"}
# Keys an index begins with; a match without one of them would read whole lists.
INDEXED = ("base_code", "main_code", "implementation_code")

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
Value = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Action = Literal["sync", "draft", "flag"]
Severity = Literal["block", "error", "warn"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pair(_Data):
    """An element of the source and the element of the target that shows it.

    `values`: where the two have different vocabularies, what values of the target agree with a value of the source, the
    first of them being proposed; of other values of the source the pair says nothing.
    """

    source: Name = Field(examples=["name"])
    target: Name = Field(examples=["permit_name"])
    values: dict[Value, Annotated[tuple[Value, ...], Field(min_length=1)]] = Field(default_factory=dict, max_length=50)
    rather: Name | None = Field(default=None, description="Element of the source that counts instead where it is there")


class ElementGroup(_Data):
    """Elements that are treated alike when the source changes.

    `sync` writes the target, `draft` prepares the change for the list's authority, `flag` opens a finding.
    `absent="silent"`: an element the source does not have says nothing about the target; `clears`: the target
    must not have it either.
    `own`: both elements of each pair are the target's; what people confirmed is held against what it says now.
    `yields_to`: a list kind of the region that, where it has an entry of the same matter, decides these elements.
    `only`: values of the source that say something; with others the target is free (a proof may go, its matter stay).
    """

    action: Action
    pairs: tuple[Pair, ...] = Field(min_length=1, max_length=60)
    absent: Literal["silent", "clears"] = "silent"
    own: bool = False
    yields_to: Name | None = None
    only: tuple[Value, ...] = Field(default=(), max_length=20)


class Missing(_Data):
    """What a source without a counterpart implies: a draft of the entry that ought to be there.

    Attributes
    ----------
    copies : elements the entry begins with but does not follow afterwards.
    composed : element -> text with `{element}` of the source in it.
    constants : element -> fixed value.
    when : element of the source -> values; the draft is made only for such sources.
    unless : element of the source -> values; no draft for such sources.
    """

    copies: tuple[Pair, ...] = ()
    composed: dict[Name, Text] = Field(default_factory=dict)
    constants: dict[Name, Value] = Field(default_factory=dict)
    when: dict[Name, tuple[Value, ...]] = Field(default_factory=dict)
    unless: dict[Name, tuple[Value, ...]] = Field(default_factory=dict)


class RowGroup(_Data):
    """Rows of a sub-table of the target that the sources name: cancelled sources take theirs away.

    Attributes
    ----------
    element : the sub-table; its rows are known by their `name`.
    named_by : element of the source with the name of its row, or the names of several.
    columns : elements of the source that columns of its row show.
    missing : what is done where a source names a row that is not there: nothing, a finding, or a draft that adds it.
    closed : the sources are the authority: a row that none of them names is not to be there.
    """

    element: Name = Field(examples=["fees"])
    named_by: Name = Field(examples=["name"])
    columns: tuple[Pair, ...] = Field(default=(), max_length=20)
    missing: Literal["silent", "flag", "draft"] = "silent"
    closed: bool = False


class Rule(_Data):
    """One linkage rule (`K..`): which entries belong together and what must hold between them.

    Attributes
    ----------
    relation
        `equal`: the target shows what the source says. `contained`: the target resolves to a source whose levels
        contain its own (V14). `not_stricter`: the target asks at most what the source asks (V13, V32).
        `rows`: rows of the target are named by sources (`rows`). `listed`: the code the target gives stands in a row
        of a source of the region; the cascade asks only changed targets. `prohibits`: what a source prohibits the
        target does not allow; these two compare the one pair of `match`, whatever its elements are. `supervised`: the
        target states who supervises it, by which items of the source's list and by which measures (V17).
    where
        `same_region`, or `superior`: the source stands in a region above the target's.
    match
        Elements that find the counterparts; together with the region they are the identity of a matter.
    condition
        Element of the target -> values; the rule speaks only of such targets, and they of the rule's authority.
    source_condition
        Element of the source -> values; only such sources count.
    orphan
        How severe it is when a target that names a matter has no source; empty: that is nobody's business.
    uncovered
        How severe it is when a source in one of `uncovered_states` has no counterpart in use, and nobody declared that
        it needs none; found on the source. Where the rule drafts a missing counterpart, the draft says so first, and
        this speaks only of sources that have lost theirs.
    linked
        Type of a link by which a target covers a further source: such a source is neither missing nor uncovered.
    kin
        An orphan is one only where the region has a source that agrees in these elements of `match`.
    rows
        For the relation `rows`.
    raises
        Elements of the target that count its changes: each rises by one when the target follows this rule.
    due_days
        Days within which a finding of this rule is to be settled.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,19}$")] = Field(examples=["K01"])
    title: Text = Field(examples=["权力清单与行政许可事项清单一致"])
    source_kind: Name = Field(examples=["permit"])
    target_kind: Name = Field(examples=["power"])
    relation: Literal["equal", "contained", "not_stricter", "rows", "listed", "prohibits", "supervised"] = "equal"
    where: Literal["same_region", "superior"] = "same_region"
    match: tuple[Pair, ...] = Field(min_length=1, max_length=6)
    condition: dict[Name, tuple[Value, ...]] = Field(default_factory=dict)
    source_condition: dict[Name, tuple[Value, ...]] = Field(default_factory=dict)
    groups: tuple[ElementGroup, ...] = Field(default=(), max_length=12)
    missing: Missing | None = None
    orphan: Severity | None = None
    uncovered: Severity | None = None
    uncovered_states: tuple[Literal["in_use", "suspended", "cancelled"], ...] = ("in_use", "suspended")
    linked: Name | None = None
    kin: tuple[Name, ...] = Field(default=(), max_length=6)
    rows: tuple[RowGroup, ...] = Field(default=(), max_length=12)
    raises: tuple[Name, ...] = Field(default=(), max_length=6)
    severity: Severity = "block"
    due_days: Annotated[int, Field(ge=1, le=3650)] = 30
    source: Text = Field(default="", description="Clause or document the rule rests on", examples=["QX-29"])

    @cached_property
    def document(self) -> str:
        """The rule as JSON text, which stands for it where a key is needed."""
        return self.model_dump_json()

    @cached_property
    def validator(self) -> str:
        """The validator its findings answer (`V14`), named in its source; empty when it answers none."""
        named = re.search(r"\bV[0-9]{2}\b", self.source)
        return named.group() if named else ""

    def mirrors(self) -> frozenset[str]:
        """Elements of the target that follow the source, at once or through a draft."""
        if self.relation == "rows":
            return frozenset(group.element for group in self.rows if group.closed)
        if self.relation != "equal":
            return frozenset()
        followed = {pair.target for group in self.groups if group.action != "flag" for pair in group.pairs}
        return frozenset(followed | set(self.raises))

    @property
    def inward(self) -> bool:
        """Whether it compares targets with themselves alone, so that a change of the source says nothing."""
        if self.relation in ("listed", "supervised"):
            return True
        asks = self.missing or self.orphan or self.uncovered
        return bool(self.groups) and all(group.own for group in self.groups) and not asks


class RuleSet(_Data):
    """All linkage rules that hold together."""

    rules: tuple[Rule, ...] = Field(min_length=1, max_length=200)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id, if the set has it."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
