"""Use cases of the element dictionary: look up, add the next version, hold definitions against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.dictionary import repository, rules
from services.catalog.dictionary.schemas import NewDictionaryElement
from services.catalog.regions import service as regions
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def check(connection: AsyncConnection, chain: Sequence[str], elements: Sequence[Mapping[str, Any]]) -> None:
    """Refuse elements of a kind that mean something else in the region's dictionary (QX-36). Raises Invalid."""
    keys = [str(element["key"]) for element in elements]
    known = {row.key: dict(row) for row in await repository.in_force(connection, chain, keys=keys)}
    rules.check_meaning(elements, known)


async def add(tx: Transaction, principal: Principal, request: NewDictionaryElement) -> Row:
    """Add an element, or its next version, to the dictionary of a region, or of all regions.

    Raises
    ------
    problems.Forbidden
        Not an administrator there.
    problems.Invalid
        The definition is wrong.
    problems.Conflict
        Kinds have the element with another type, or somebody added a version at the same moment.
    """
    chain = await regions.chain(tx.connection, request.region_code) if request.region_code else []
    regions.require_administrator(principal, chain)
    element = request.model_dump(include={"key", "title", "type", "vocabulary", "description"})
    columns = [column.model_dump(exclude_defaults=True) for column in request.columns]
    rules.check_element(element | {"columns": columns})
    await _check_use(tx, request, chain)
    region_code = chain[0] if chain else None
    values = element | {"region_code": region_code, "columns": columns, "aliases": request.aliases, "any_title": False,
                        "source": request.source, "created_by": principal.actor, "created_at": tx.now}  # fmt: skip
    number = await repository.add(tx.connection, values)
    if number is None:
        raise problems.Conflict("该要素刚被他人修订，请重新读取后再试。", code="element_versioned")
    tx.append(NewEvent(type="dictionary_element.versioned", region_code=region_code, reason=request.reason,
                       legal_basis=request.legal_basis, elements=[request.key], refs={"number": number}))  # fmt: skip
    return (await repository.in_force(tx.connection, chain, keys=[request.key]))[0]


async def _check_use(tx: Transaction, request: NewDictionaryElement, chain: Sequence[str]) -> None:
    used = await repository.used_otherwise(tx.connection, request.key, request.type, chain)
    if used:
        kinds = "、".join(f"{row.kind}（{row.type}）" for row in used)
        raise problems.Conflict(
            f"要素“{request.key}”已被这些清单类型以其他类型使用：{kinds}；同一要素在各清单中只能有一种类型，请换一个要素标识。",
            code="element_in_use", errors=[problems.FieldError("/type", "element_in_use", "类型与在用的要素表不同")],
        )  # fmt: skip
