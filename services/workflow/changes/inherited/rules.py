"""Which changes would say otherwise than the superior. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from uuid import UUID

from shared import problems

ELEMENTS = {"name": "事项名称", "base_code": "基本编码", "item_type": "事项类型", "basis": "设定依据"}


class Inherited(Protocol):
    """What an entry has from its superior's."""

    @property
    def superior_item_id(self) -> UUID: ...
    @property
    def superior_name(self) -> str: ...
    @property
    def superior_list(self) -> str: ...
    @property
    def superior_region(self) -> str: ...
    @property
    def elements(self) -> Mapping[str, Any]: ...


def deviations(
    place: str, proposed: Mapping[str, Any], current: Mapping[str, Any], inherited: Inherited
) -> Iterator[problems.FieldError]:
    """Elements a change would put otherwise than the superior; to come to agree is always possible."""
    for element, value in inherited.elements.items():
        if element in proposed and proposed[element] not in (value, current.get(element)):
            message = (
                f"{ELEMENTS[element]}沿用上级“{inherited.superior_list}”中的“{inherited.superior_name}”，"
                f"应与其一致：{value}；确有不妥请向上级清单的编制机关提出"
            )
            yield problems.FieldError(f"{place}/elements/{element}", "inherited_element", message)


def shown(inherited: Inherited) -> dict[str, Any]:
    """The superior's row, as a refusal shows it."""
    return {
        "item_id": str(inherited.superior_item_id),
        "name": inherited.superior_name,
        "list": inherited.superior_list,
        "region_code": inherited.superior_region,
        "elements": dict(inherited.elements),
    }
