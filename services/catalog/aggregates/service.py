"""Use cases of documents for peers: an entry, or a list, in the shape of a peer's item library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog.aggregates import mapping as mappings
from services.catalog.aggregates import repository
from services.catalog.aggregates.mapping import AggregateMapping
from services.catalog.aggregates.rules import document_of
from services.catalog.exchange.registry import repository as registry
from services.catalog.lists import service as lists
from services.catalog.regions import service as regions
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction, begin

PAGE = 500
_FIRST = UUID(int=0)


async def of_item(tx: Transaction, who: Principal, item_id: UUID, profile: str) -> bytes:
    """A platform's answer with one entry.

    Raises
    ------
    problems.NotFound, problems.Invalid
        No such entry; a mapping that is not for its kind.
    problems.Forbidden
        No post in the region: the document holds what is not public.
    """
    row = await repository.entry(tx.connection, item_id)
    if row is None:
        raise problems.NotFound("没有这个事项，请核对编号。", code="item_not_found")
    mapping = await _mapping(tx.connection, profile, row.kind)
    await _require_post(tx.connection, who, row.region_code)
    return orjson.dumps(_answer([_document(mapping, row)], row.effective_from))


async def of_list(
    tx: Transaction, engine: AsyncEngine, who: Principal, list_id: UUID, profile: str
) -> AsyncIterator[bytes]:
    """A platform's answer with all entries of a list, in pieces. Raises as `of_item`."""
    row = await lists.get(tx.connection, list_id)
    mapping = await _mapping(tx.connection, profile, row["kind"])
    await _require_post(tx.connection, who, row["region_code"])
    # Reading is a transaction that cannot write; that somebody took a list away is kept all the same.
    async with begin(engine, service="catalog", actor=who.actor, request_id=tx.request_id) as keeping:
        await keeping.audit("catalog:list:documents", "done", {"list_id": str(list_id), "profile": profile})
    return _pieces(engine, mapping, list_id)


async def _mapping(connection: AsyncConnection, profile: str, kind: str) -> AggregateMapping:
    found = await registry.find(connection, profile)
    if found is None or "aggregate" not in found.document:
        raise _refuse("mapping_profile_not_found", "没有这个聚合文档的映射方案，请核对编码")
    if kind not in found.list_kinds:
        raise _refuse("list_kind", f"该映射方案只用于：{'、'.join(found.list_kinds)}")
    return mappings.parse(found.document)


def _refuse(code: str, message: str) -> problems.Invalid:
    return problems.Invalid(f"{message}。", code=code, errors=[problems.FieldError("query/profile", code, message)])


async def _require_post(connection: AsyncConnection, who: Principal, region_code: str) -> None:
    chain = await regions.chain(connection, region_code)
    if not any(grant.region_code in chain for grant in who.grants):
        raise problems.Forbidden("该文档含不公开的字段，只有本区划的工作人员可以导出。")


async def _pieces(engine: AsyncEngine, mapping: AggregateMapping, list_id: UUID) -> AsyncIterator[bytes]:
    yield b'{"STATUS":{"CODE":"00","TEXT":""},"data":{"list":['
    after, count, newest = _FIRST, 0, 0
    while True:
        async with engine.connect() as connection:
            rows = await repository.entries(connection, list_id, after=after, size=PAGE)
        if not rows:
            break
        documents = b",".join(orjson.dumps(_document(mapping, row)) for row in rows)
        yield (b"," if count else b"") + documents
        after, count = rows[-1].id, count + len(rows)
        newest = max(newest, *(_milliseconds(row.effective_from) for row in rows))
    yield b'],"RETURNITEMSUNNUM":%d,"LASTTIMESTAMP":%d}}' % (count, newest)


def _document(mapping: AggregateMapping, row: Row[Any]) -> dict[str, Any]:
    organ = {"name": row.organ_name, "credit_code": row.credit_code} if row.organ_name else None
    return document_of(mapping, {**row.elements, "implementing_body": organ})


def _answer(documents: list[Mapping[str, Any]], at: datetime) -> dict[str, Any]:
    data = {"LASTTIMESTAMP": _milliseconds(at), "RETURNITEMSUNNUM": len(documents), "list": documents}
    return {"STATUS": {"CODE": "00", "TEXT": ""}, "data": data}


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
