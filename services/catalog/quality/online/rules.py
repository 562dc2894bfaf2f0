"""Whether a matter suits being handled online, whether it is, and what is missing. Pure; TH-36, no. 2 of part 4(1).

No element says "suits" as such: what an entry says of itself does. 是否网上办理 or a form of handling by computer or
phone says that it can be; 必须现场办理的原因 says that it cannot. That it really is, is said by how deep it goes
(网上办理深度, 网上办理环节) and by the address where people find it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# What of an entry's elements is looked at.
ELEMENTS = ("online", "handling_forms", "visit_reason", "online_depth", "online_stages", "online_address",
            "mobile_address")  # fmt: skip
# Depths at which an application is at least accepted online (互联网受理 and deeper).
DEEP = frozenset({"4", "5", "6", "7", "8"})
_ONLINE_FORMS = frozenset({"web", "mobile"})
_ADDRESSES = ("online_address", "mobile_address")
_OFFLINE = "offline"


class Suitable(StrEnum):
    """What an entry says of whether it suits being handled online."""

    YES = "yes"
    NO = "no"
    UNSAID = "unsaid"


class Gap(StrEnum):
    """What keeps an entry from being online although it suits, or from being known not to suit."""

    NOT_ONLINE = "not_online"
    ADDRESS_MISSING = "address_missing"
    UNSAID = "unsaid"


SUITABLE: Mapping[Suitable, str] = {Suitable.YES: "适宜", Suitable.NO: "不适宜", Suitable.UNSAID: "未说明"}
GAPS: Mapping[Gap, str] = {
    Gap.NOT_ONLINE: "适宜网上办理而未实现网上受理",
    Gap.ADDRESS_MISSING: "已网上办理而未填写网上办理地址",
    Gap.UNSAID: "既未网上办理，也未说明必须现场办理的原因",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one entry says.

    Attributes
    ----------
    online : an application is accepted online at least; who says nothing of the depth is where an address leads.
    address : the first there is: of the computer, the phone, a stage.
    """

    suitable: Suitable
    online: bool
    address: str | None

    @property
    def gap(self) -> Gap | None:
        """What is missing; None: it is online and found, or does not suit."""
        if self.online:
            return None if self.address else Gap.ADDRESS_MISSING
        return {Suitable.YES: Gap.NOT_ONLINE, Suitable.UNSAID: Gap.UNSAID}.get(self.suitable)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Entries counted; `suitable`, `unsuitable` and `unsaid` add up to `entries`, `online` is part of `suitable`."""

    entries: int
    suitable: int
    unsuitable: int
    unsaid: int
    online: int
    gaps: Mapping[Gap, int]

    @property
    def share(self) -> float | None:
        """Of those that suit, how many are online: to four places, rounded down; None when none suits."""
        return self.online * 10_000 // self.suitable / 10_000 if self.suitable else None


def judge(elements: Mapping[str, Any]) -> Verdict:
    """What an entry's elements say. What is online suits, whatever else is said."""
    address = _address(elements)
    online = _online(elements, address)
    if online or elements.get("online") is True or _ONLINE_FORMS & _texts(elements.get("handling_forms")):
        suitable = Suitable.YES
    else:
        suitable = Suitable.NO if _text(elements.get("visit_reason")) else Suitable.UNSAID
    return Verdict(suitable=suitable, online=online, address=address)


def figures(verdicts: Iterable[Verdict]) -> Figures:
    """The counts of some entries."""
    told = list(verdicts)
    said = Counter(one.suitable for one in told)
    gaps = Counter(one.gap for one in told if one.gap)
    return Figures(
        entries=len(told), suitable=said[Suitable.YES], unsuitable=said[Suitable.NO], unsaid=said[Suitable.UNSAID],
        online=sum(one.online for one in told), gaps={gap: gaps[gap] for gap in Gap},
    )  # fmt: skip


def _online(elements: Mapping[str, Any], address: str | None) -> bool:
    if elements.get("online") is False:  # what else is said contradicts it, which V10 finds
        return False
    depths, stages = _texts(elements.get("online_depth")), _stages(elements)
    if depths or stages:
        return bool(DEEP & depths) or any(stage.get("depth") not in (None, _OFFLINE) for stage in stages)
    return address is not None


def _address(elements: Mapping[str, Any]) -> str | None:
    given = [*(elements.get(key) for key in _ADDRESSES), *(stage.get("address") for stage in _stages(elements))]
    return next((text for one in given if (text := _text(one))), None)


def _stages(elements: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = elements.get("online_stages")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _texts(value: Any) -> frozenset[str]:
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
