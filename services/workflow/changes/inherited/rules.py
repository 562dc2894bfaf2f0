"""Which changes would say otherwise than the superior. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared import problems
from shared.inheritance import ELEMENT_TITLES, Inherited, deviations


def refusals(
    place: str, proposed: Mapping[str, Any], current: Mapping[str, Any], inherited: Inherited
) -> Iterator[problems.FieldError]:
    """An error for each element a change would put otherwise than the superior."""
    for element in deviations(proposed, current, inherited):
        message = (
            f"{ELEMENT_TITLES[element]}沿用上级“{inherited.superior_list}”中的“{inherited.superior_name}”，"
            f"应与其一致：{inherited.elements[element]}；确有不妥请向上级清单的编制机关提出"
        )
        yield problems.FieldError(f"{place}/elements/{element}", "inherited_element", message)
