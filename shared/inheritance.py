"""What an entry has from its superior's is read-only at the lower level (ZZ-14): one rule for every way in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from uuid import UUID

ELEMENT_TITLES = {"name": "事项名称", "base_code": "基本编码", "item_type": "事项类型", "basis": "设定依据"}


class Inherited(Protocol):
    """What an entry has from its superior's, by name of the columns of `catalog_inheritance_v1`."""

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


def deviations(patch: Mapping[str, Any], current: Mapping[str, Any], inherited: Inherited) -> Iterator[str]:
    """Elements of a patch that would say otherwise than the superior; to come to agree is always possible."""
    for element, value in inherited.elements.items():
        if element in patch and patch[element] not in (value, current.get(element)):
            yield element


def shown(inherited: Inherited) -> dict[str, Any]:
    """The superior's row, as a refusal shows it."""
    return {
        "item_id": str(inherited.superior_item_id),
        "name": inherited.superior_name,
        "list": inherited.superior_list,
        "region_code": inherited.superior_region,
        "elements": dict(inherited.elements),
    }
