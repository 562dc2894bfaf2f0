"""When a withdrawal cannot be carried out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class InTheWay(Protocol):
    """An entry that cannot go back."""

    @property
    def name(self) -> str: ...
    @property
    def audience(self) -> str: ...
    @property
    def mirrored(self) -> bool: ...


def refusal(entries: Sequence[InTheWay]) -> str | None:
    """Why a withdrawal is not carried out; None when nothing is in the way.

    The public reads it, so entries that are not public are not named.
    """
    if not entries:
        return None
    named = "、".join(f"“{entry.name}”" for entry in entries if entry.audience == "public") or "部分事项"
    if any(entry.mirrored for entry in entries):
        return f"{named}与上级平台目录同步，不能在本系统恢复；请向目录的编制机关提出。"
    return f"{named}在撤回决定之后又有变更，未予恢复；请通过调整办理。"
