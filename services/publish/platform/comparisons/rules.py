"""What differs between a platform's inventory and what is published here. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from services.publish.platform.rules import BadAnswer, kept

Difference = Literal["missing", "surplus", "differs", "foreign"]
Repair = tuple[UUID, UUID | None, str, int | None, int]
"""What is to be queued: item, list here, operation, version there, version here as it was seen (nought: none)."""
# Differences that are shown one by one; all are counted.
MOST_SHOWN = 1_000
LONGEST_SHOWN = 100
_TASK_GUID = 36
# A number that another one can follow: after 99999 there is none, and who says so would end the exchange.
_BATCH = re.compile("(?![0-9]{8}99999)[0-9]{13}")


@dataclass(frozen=True)
class Held:
    """What the platform holds of one item; `hash` is None where it does not tell."""

    task_guid: str
    version: int
    hash: str | None


@dataclass(frozen=True)
class Ours:
    """An item published here, or one with rows on their way.

    Attributes
    ----------
    hash : what the platform's should be; None when the mapping profile cannot express the item.
    published : False when nobody outside may see the item any more.
    state, version : of its newest row; None when there is none.
    """

    item_id: UUID
    list_id: UUID | None
    hash: str | None
    published: bool
    state: str | None
    version: int | None


@dataclass(frozen=True)
class Found:
    """One difference, with what is to be queued to repair it.

    `unkept` : the platform has acknowledged what it does not hold.
    """

    kind: Difference
    task_guid: str
    version: int | None
    repair: Repair | None
    unkept: bool = False


@dataclass
class Report:
    """What a comparison has found so far."""

    compared: int = 0
    equal: int = 0
    in_transit: int = 0
    rejected: int = 0
    repaired: int = 0
    unkept: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def note(self, found: Iterable[Found]) -> None:
        """Take differences in."""
        for one in found:
            self.differences[one.kind] += 1
            self.unkept += one.unkept
            if len(self.shown) < MOST_SHOWN:
                self.shown.append(
                    {"kind": one.kind, "item": kept(one.task_guid, LONGEST_SHOWN), "version": one.version}
                )

    def result(self) -> dict[str, Any]:
        """As the operation tells it."""
        return {
            "compared": self.compared, "equal": self.equal, "in_transit": self.in_transit, "rejected": self.rejected,
            "differences": sum(self.differences.values()),
            "missing": self.differences["missing"], "surplus": self.differences["surplus"],
            "differs": self.differences["differs"], "foreign": self.differences["foreign"],
            "repaired": self.repaired, "unkept": self.unkept, "shown": self.shown,
        }  # fmt: skip


def inventory_of(data: Mapping[str, Any]) -> tuple[list[Held], str, str | None]:
    """A page of an inventory in order of TASK_GUID, the cursor after it (empty on the last page), the last batch.

    Raises
    ------
    BadAnswer
        An entry cannot be read, or the page is not in order.
    """
    told, cursor, last = data.get("list"), data.get("CURSOR", ""), data.get("LAST_BATCH")
    if not isinstance(told, list) or not isinstance(cursor, str):
        raise BadAnswer("清点缺少 data.list 或 data.CURSOR")
    held = []
    for one in told:
        guid, version = (one.get("TASK_GUID"), one.get("TASK_VERSION")) if isinstance(one, Mapping) else (None, None)
        if not isinstance(guid, str) or not isinstance(version, int) or isinstance(version, bool):
            raise BadAnswer("清点中的事项缺少 TASK_GUID 或 TASK_VERSION")
        if not 0 <= version < 2**63:
            raise BadAnswer("清点中的 TASK_VERSION 超出范围")
        held.append(Held(guid, version, str(one.get("HASH", ""))))
    guids = [one.task_guid for one in held]
    if guids != sorted(set(guids)):
        raise BadAnswer("清点没有按 TASK_GUID 排序，无法比对")
    return held, cursor, last if isinstance(last, str) and _BATCH.fullmatch(last) else None


def compare(held: Sequence[Held], ours: Sequence[Ours], report: Report, *, include_rejected: bool) -> list[Found]:
    """The differences of one stretch of ids; what is on its way or waits for a correction is counted, not found."""
    there = {one.task_guid: one for one in held}
    here = {str(one.item_id): one for one in ours}
    found = []
    for guid in sorted(there.keys() | here.keys()):
        report.compared += 1
        theirs, mine = there.get(guid), here.get(guid)
        one = _difference(guid, theirs, mine)
        if one is None:
            report.equal += 1
        elif mine is not None and mine.state in ("waiting", "sending"):
            report.in_transit += 1
        elif mine is not None and mine.state == "rejected" and not include_rejected:
            report.rejected += 1
        else:
            found.append(replace(one, unkept=_is_unkept(theirs, mine)))
    report.note(found)
    return found


def _is_unkept(theirs: Held | None, mine: Ours | None) -> bool:
    """Whether the platform has said 00 for a version and holds none or an older one, or holds what it has deleted."""
    if mine is None or mine.state != "accepted":
        return False
    if not mine.published:
        return theirs is not None
    return theirs is None or theirs.version < (mine.version or 0)


def _difference(guid: str, theirs: Held | None, mine: Ours | None) -> Found | None:
    version = theirs.version if theirs else None
    if mine is None or not mine.published:
        if theirs is None:
            return None
        item, known = (mine.item_id, mine.version or 0) if mine else (_uuid(guid), 0)
        if item is None:
            return Found("foreign", guid, version, None)
        return Found("surplus", guid, version, (item, mine.list_id if mine else None, "D", version, known))
    if theirs is None:
        return Found("missing", guid, None, (mine.item_id, mine.list_id, "I", None, mine.version or 0))
    # The same content under another version is of another history, as after a restore: feedback about it would not be
    # known here, and the next version might not be above it.
    if theirs.version == mine.version and theirs.hash in (None, mine.hash):
        return None
    return Found("differs", guid, version, (mine.item_id, mine.list_id, "U", version, mine.version or 0))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == _TASK_GUID and text == text.lower() else None
    except ValueError:
        return None
