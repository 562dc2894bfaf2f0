"""Filters checked against the registers: what is named must exist, and be known to the public."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.publish.subscriptions import registry, repository
from services.publish.subscriptions.matching.repository import NATION
from services.publish.subscriptions.schemas import Filter
from shared import problems
from shared.codes import region_code
from shared.codes.problems import CodeError
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row

PARTS = ("kinds", "regions", "types", "items", "elements", "changes")
_REGISTERED = {"types": frozenset(registry.SELECTABLE), "changes": frozenset(registry.CHANGES)}
_UNKNOWN = {
    "kinds": ("kind_unknown", "清单种类未登记，可用种类见 GET /catalog/v1/kinds"),
    "regions": ("region_unknown", "区划不在区划库中，请检查代码"),
    "types": ("event_type_unknown", "事件类型不在登记表中，可用类型见 GET /publish/v1/event-types"),
    "items": ("item_not_published", "没有公布过该事项，请检查事项标识"),
    "elements": ("element_unknown", "没有这个公开要素，请检查要素名称"),
    "changes": ("change_unknown", f"没有这种调整类型，可用类型为：{'、'.join(registry.CHANGES)}"),
}


async def checked(tx: Transaction, wanted: Filter, held: Row | None = None) -> dict[str, list[Any] | None]:
    """The filter as it is stored: the parts by name, sorted, each value once.

    What `held`, the subscription as it is, names already stays allowed: an entry that was withdrawn since must not
    keep its owner from moving the endpoint.

    Raises
    ------
    problems.Invalid
        Something it names is unknown; every place is told.
    """
    regions, errors = _regions(wanted.regions)
    given: dict[str, Sequence[Any] | None] = {**{part: getattr(wanted, part) for part in PARTS}, "regions": regions}
    found = await repository.known(
        tx.connection, {part: list(given[part] or ()) for part in PARTS if part not in _REGISTERED}
    )  # fmt: skip
    there = {part: set(found[part]) for part in PARTS if part not in _REGISTERED} | _REGISTERED
    there["regions"] = there["regions"] | {NATION}
    if held is not None:
        there |= {part: there[part] | set(held[part] or ()) for part in PARTS if part not in _REGISTERED}
    broken = {error.pointer for error in errors}
    errors += [
        FieldError(f"/filter/{part}/{index}", *_UNKNOWN[part])
        for part in PARTS
        for index, value in enumerate(given[part] or ())
        if value not in there[part] and f"/filter/{part}/{index}" not in broken
    ]
    if errors:
        raise problems.Invalid(f"订阅条件有 {len(errors)} 处有误，请按提示修改。", code="filter_unknown", errors=errors)
    names = given["types"]
    stored = {**given, "types": None if names is None else [registry.SELECTABLE[name] for name in names]}
    return {part: None if values is None else sorted(set(values)) for part, values in stored.items()}


def _regions(texts: Sequence[str] | None) -> tuple[list[str] | None, list[FieldError]]:
    if texts is None:
        return None, []
    codes, errors = [], []
    for index, text in enumerate(texts):
        try:
            codes.append(region_code.parse(text).value if text.isdigit() else text)
        except CodeError as error:
            codes.append(text)
            errors.append(FieldError(f"/filter/regions/{index}", error.problem.code, error.problem.message))
    return codes, errors


def document(stored: Any) -> dict[str, Any]:
    """A stored filter as it is shown: parts that let everything through are null."""
    shown = {part: stored[part] for part in PARTS}
    types = shown["types"]
    return shown | {
        "types": None if types is None else [registry.outward(name) for name in types],
        "items": None if shown["items"] is None else [str(item) for item in shown["items"]],
    }
