"""The closure of a change: layer by layer, every list that shows the same matter follows.

The same walk serves the cascade, which writes each layer, and the preview, which puts each layer into an overlay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import orjson

from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.judgement import AGREED, Changed, Judged, Sync, judged
from services.catalog.linkage.relevance import Elements, known, read_by
from services.catalog.linkage.rules import layers, ledger_row
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.telling import Root
from shared import problems

# The rules have no cycle, so the walk ends; this many rounds would mean that the check of the rule set is wrong.
TRIPWIRE = 64
_NOTHING: frozenset[str] = frozenset()


class World(Protocol):
    """Where differences are looked up and applied: the tables, or an overlay over them."""

    overlay: bool

    async def differences(self, parts: Sequence[Part], ids: Sequence[UUID], moved: Mapping[UUID, int]) -> Sequence[Any]:
        """Rows of `difference` around changed items; `moved` are those whose keys changed, with the version before."""

    async def apply(self, syncs: Sequence[Sync], roots: Mapping[UUID, Root]) -> Sequence[Changed]:
        """Let targets follow; which of them changed."""

    async def guarded(self, rule: Rule, step: Any) -> Any:
        """Run one rule's step so that its failure leaves the others untouched; None when it failed."""


class Closure:
    """One walk.

    Attributes
    ----------
    changes : every version that came of it, in order.
    judged : what was left for people, by rule and pair.
    tally : (adjustment, list, rule) -> counts for the cascade ledger.
    unasked_sources, unasked_targets : rules that were not asked about every changed entry of their source or target
        kind, because nothing they read has changed or because they failed: what they said of these still stands.
    """

    def __init__(self, world: World, rules: Sequence[Rule], roots: dict[UUID, Root], *, careful: bool = False) -> None:
        self.world = world
        self.rules = rules
        self.roots = roots
        self.careful = careful
        self.changes: list[Changed] = []
        self.tally: dict[tuple[UUID, UUID, str], dict[str, Any]] = {}
        self.failures: list[tuple[Rule, set[str], Root]] = []
        self.unasked_sources: set[str] = set()
        self.unasked_targets: set[str] = set()
        self._judged: dict[tuple[str, UUID | None, UUID], tuple[int, list[Judged]]] = {}
        self._before: dict[UUID, int] = {}
        self._layer = layers(rules)
        self._keys = {pair.source for rule in rules for pair in rule.match} | {
            pair.target for rule in rules for pair in rule.match
        }
        if "main_code" in self._keys:
            self._keys.add("base_code")

    @property
    def judged(self) -> list[Judged]:
        """What was left for people, and the pairs that were looked at."""
        return [row for _, rows in self._judged.values() for row in rows]

    async def run(self, changed: Sequence[Changed]) -> None:
        """Let everything follow that follows from these changes.

        Raises
        ------
        problems.Conflict
            The walk does not end: the rule set has a cycle that was not noticed.
        """
        pending = self._note(changed)
        for number in range(TRIPWIRE):
            if not pending:
                return
            layer = min(self._layer.get(kind, 0) for kind in pending)
            kinds = {kind for kind in pending if self._layer.get(kind, 0) == layer}
            wave = [change for kind in sorted(kinds) for change in pending.pop(kind).values()]
            for kind, following in self._note(await self._follow(wave, number)).items():
                pending[kind].update(following)
        raise problems.Conflict("联动规则形成循环，已停止；请检查规则集。", code="cascade_too_deep")

    def _note(self, changed: Iterable[Changed]) -> dict[str, dict[UUID, Changed]]:
        pending: dict[str, dict[UUID, Changed]] = defaultdict(dict)
        for change in changed:
            self.changes.append(change)
            self._before.setdefault(change.item_id, change.before)
            pending[change.kind][change.item_id] = change
        return pending

    def _parts(self, wave: Sequence[Changed]) -> list[Part]:
        """Rules that may say something about these items. What people changed is also held against its authority."""
        elements, followed = _elements(wave), _elements(change for change in wave if not change.direct)
        direct = _elements(change for change in wave if change.direct)
        parts = []
        for rule in self.rules:
            read, kind = read_by(rule), rule.target_kind
            source = rule.source_kind in elements and not rule.inward
            as_a_source = source and _concerned(elements[rule.source_kind], read.of_source)
            as_a_target = _concerned(direct.get(kind, _NOTHING), read.of_target)
            as_a_target = as_a_target or _concerned(followed.get(kind, _NOTHING), read.of_follower)
            if source and not as_a_source:
                self.unasked_sources.add(rule.id)
            if kind in elements and not as_a_target:
                self.unasked_targets.add(rule.id)
            if as_a_source or as_a_target:
                look = Look(from_source=as_a_source, from_target=as_a_target, overlay=self.world.overlay)
                parts.append(Part(rule, look))
        return parts

    async def _follow(self, wave: Sequence[Changed], number: int) -> list[Changed]:
        parts = self._parts(wave)
        if not parts:
            return []
        ids = [change.item_id for change in wave]
        moved = {change.item_id: self._before[change.item_id] for change in wave if self._has_moved(change)}
        if not self.careful:
            return await self._step(parts, ids, moved, number)
        followed: list[Changed] = []
        for part in parts:
            # One rule after the other, each in its own savepoint: the second way, after the first has failed.
            step = await self.world.guarded(part.rule, lambda part=part: self._step([part], ids, moved, number))
            if step is None:
                self._failed(part.rule, wave)
            followed += step or []
        return followed

    def _has_moved(self, change: Changed) -> bool:
        """Whether an entry may have other keys than before; where it is not known what changed, these may have."""
        before = self._before[change.item_id]
        keys_concerned = not change.elements or not self._keys.isdisjoint(change.elements)
        return before not in (0, change.version) and keys_concerned

    async def _step(
        self, parts: Sequence[Part], ids: Sequence[UUID], moved: Mapping[UUID, int], number: int
    ) -> list[Changed]:
        rows = await self.world.differences(parts, ids, moved)
        # An entry that was an orphan is none any more when its source has come, nor one that resolved to no superior;
        # and what was left of rows that several sources name goes back to one of them, whichever changed.
        both_ways = {
            part.rule.id
            for part in parts
            if part.look.from_target or part.rule.orphan or part.rule.rows or part.rule.where == "superior"
        }
        kinds = {part.rule.id: part.rule.target_kind for part in parts}
        syncs: dict[UUID, Sync] = {}
        for row in rows:
            if row.action == "sync":
                self.roots.setdefault(row.target_id, self._root(row))
                syncs[row.target_id] = _merged(syncs.get(row.target_id), row, kinds[row.rule])
            if row.action not in AGREED or row.rule in both_ways:
                self._judge(row, number)
            if row.action == "equal":
                self._count(row, "unchanged")
        followed = list(await self.world.apply(list(syncs.values()), self.roots)) if syncs else []
        for row in rows:
            if row.action == "sync":
                self._count(row, "touched")
        return followed

    def _root(self, row: Any) -> Root:
        """What the row goes back to: the source's change, else the target's, else the only one there is."""
        found = self.roots.get(row.source_id) or self.roots.get(row.target_id)
        return found or next(iter(self.roots.values()))

    def _judge(self, row: Any, number: int) -> None:
        key = (row.rule, row.target_list, row.target_id or row.source_id)
        if key not in self._judged or self._judged[key][0] != number:
            self._judged[key] = (number, [])
        self._judged[key][1].append(judged(row, self._root(row).adjustment_id))

    def _count(self, row: Any, what: str) -> None:
        adjustment_id = self._root(row).adjustment_id
        if adjustment_id is not None:
            key = (adjustment_id, row.target_list, row.rule)
            counts = self.tally.setdefault(key, ledger_row(*key))
            counts[what] += 1

    def _failed(self, rule: Rule, wave: Sequence[Changed]) -> None:
        self.unasked_sources.add(rule.id)
        self.unasked_targets.add(rule.id)
        by_root: dict[Root, set[str]] = defaultdict(set)
        for change in wave:
            by_root[self.roots[change.item_id]].add(change.region_code)
        self.failures += [(rule, regions, root) for root, regions in by_root.items()]


def _elements(changes: Iterable[Changed]) -> dict[str, Elements]:
    """What changed, by list kind; None: anything may have, as in an entry that is new."""
    found: dict[str, Elements] = {}
    for change in changes:
        before = found.get(change.kind, _NOTHING)
        if before is None or change.before == 0 or not change.elements:
            found[change.kind] = None
        else:
            found[change.kind] = before | known(change.elements)
    return found


def _concerned(changed: Elements, read: Elements) -> bool:
    """Whether a rule that reads some elements has anything to say about changed ones; None is any of them."""
    if changed is None or read is None:
        return changed is None or bool(changed)
    return not changed.isdisjoint(read)


def _merged(held: Sync | None, row: Any, kind: str) -> Sync:
    """A target's patch; rules that share a target have different elements of it."""
    patch, provenance = row.expected, _provenance(row)
    if held is not None:
        patch = _join(held.patch, patch)
        provenance = _join(held.provenance, provenance)
    return Sync(row.target_id, kind, row.target_list, patch, provenance)


def _join(one: str, other: str) -> str:
    return orjson.dumps(orjson.loads(one) | orjson.loads(other)).decode()


def _provenance(row: Any) -> str:
    """For each element that follows: the rule, the source and its version."""
    origin = {"rule": row.rule, "item": str(row.source_id), "version": row.source_version}
    return orjson.dumps(dict.fromkeys(orjson.loads(row.expected), origin)).decode()
