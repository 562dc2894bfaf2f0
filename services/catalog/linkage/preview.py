"""Preview: the same walk as the cascade, each layer put into an overlay instead of written; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.catalog.linkage import repository
from services.catalog.linkage.closure import Closure
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.judgement import AGREED, Changed, Judged, Sync
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.telling import Root
from shared.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that is not decided yet: the entry as it would be is what is in force with `patch` over it."""

    item_id: UUID
    list_id: UUID
    kind: str
    region_code: str
    patch: dict[str, Any]
    new: bool
    state: str = "in_use"


class Overlay:
    """The world as it would be."""

    overlay = True

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.patches: dict[UUID, dict[str, Any]] = {}
        self.lists: dict[UUID, UUID] = {}
        self.reasons: list[tuple[Sync, dict[str, Any]]] = []

    def put(self, item_id: UUID, list_id: UUID, patch: Mapping[str, Any]) -> None:
        """Lay a patch over an item, or over the patches it has already."""
        self.patches.setdefault(item_id, {}).update(patch)
        self.lists[item_id] = list_id

    @property
    def parameters(self) -> dict[str, Any]:
        """The overlay as arrays for a statement."""
        return {
            "overlaid": list(self.patches),
            "overlaid_lists": [self.lists[item_id] for item_id in self.patches],
            "patches": [orjson.dumps(patch).decode() for patch in self.patches.values()],
        }

    async def differences(self, parts: Sequence[Part], ids: Sequence[UUID], moved: Mapping[UUID, int]) -> Sequence[Any]:
        """Rows of `difference` over the overlay; where an item had its keys before is what is in force."""
        return await repository.differences(self._tx.connection, parts, {"ids": list(ids)} | self.parameters)

    async def apply(self, syncs: Sequence[Sync], roots: Mapping[UUID, Root]) -> Sequence[Changed]:
        """Put targets into the overlay."""
        followed = []
        for sync in syncs:
            patch = orjson.loads(sync.patch)
            self.put(sync.item_id, sync.list_id, patch)
            self.reasons.append((sync, orjson.loads(sync.provenance)))
            state = patch.get("state", "in_use")
            followed.append(
                Changed(sync.item_id, 0, sync.list_id, sync.kind, "", tuple(sorted(patch)), state, 1, False)
            )
        return followed

    async def guarded(self, rule: Rule, step: Any) -> Any:
        """Never used: a preview that fails says so."""
        return await step()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of changes.

    Attributes
    ----------
    followed : (item, list, element, value, rule, source item) of every element that would follow at once.
    left : what would be left for people: drafts, missing counterparts, findings.
    """

    followed: list[dict[str, Any]]
    left: list[Judged]


async def preview(tx: Transaction, linkage: Sequence[Rule], proposals: Sequence[Proposal]) -> Preview:
    """Walk the closure of proposals over an overlay."""
    overlay = Overlay(tx)
    root = Root(None, None, tx.now)
    changed = []
    for one in proposals:
        overlay.put(one.item_id, one.list_id, one.patch)
        before = 0 if one.new else 1
        changed.append(
            Changed(one.item_id, 0, one.list_id, one.kind, one.region_code, tuple(one.patch), one.state, before, True)
        )
    closure = Closure(overlay, linkage, {one.item_id: root for one in proposals})
    await closure.run(changed)
    followed = [
        {
            "item_id": sync.item_id,
            "list_id": sync.list_id,
            "list_kind": sync.kind,
            "element": element,
            "value": value,
            "rule": reasons[element]["rule"],
            "source_item_id": reasons[element]["item"],
        }
        for sync, reasons in overlay.reasons
        for element, value in orjson.loads(sync.patch).items()
    ]
    return Preview(followed, [row for row in closure.judged if row.action not in AGREED])
