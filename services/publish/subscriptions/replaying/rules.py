"""Which numbers a receiver asks for again, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from services.publish.subscriptions.rules import MOST_NUMBERS
from shared.problems import FieldError

Range = tuple[str, int, int]
"""Where it stands in the request, the first number, the last."""


def wrong_with(ranges: Sequence[Range], last_sequence: int) -> list[FieldError]:
    """What is wrong with the numbers that are asked for; the first of them that was given is looked at elsewhere."""
    ahead = f"目前最大编号为 {last_sequence}，请只填写已产生的编号"
    errors = [FieldError(place, "sequence_not_given", ahead) for place, _, last in ranges if last > last_sequence]
    if not errors and sum(last - first + 1 for _, first, last in ranges) > MOST_NUMBERS:
        message = f"一次最多补发 {MOST_NUMBERS} 个编号，请分批，或用 replay 从某个编号起重新推送"
        errors.append(FieldError("/ranges", "too_many_numbers", message))
    return errors


def numbers_of(ranges: Sequence[Range]) -> list[int]:
    """All the numbers, each once, in order."""
    return sorted({number for _, first, last in ranges for number in range(first, last + 1)})
