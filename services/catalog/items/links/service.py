"""Use cases of links between items."""

from __future__ import annotations

from uuid import UUID

from services.catalog.items import service as items
from services.catalog.items.links import repository
from services.catalog.items.reading import repository as reading
from services.catalog.lists import service as lists
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def of_item(tx: Transaction, item_id: UUID, *, type_: str | None, after: UUID | None, limit: int) -> list[Record]:
    """Links from and to an item. Raises NotFound."""
    await items.get(tx.connection, item_id)
    return await repository.of_item(tx.connection, item_id, type_=type_, after=after, limit=limit)


async def add(
    tx: Transaction, principal: Principal, item_id: UUID, *, to_item_id: UUID, type_: str, note: str,
    reason: str | None, legal_basis: str | None,
) -> Record:  # fmt: skip
    """Link two items.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        The other item does not exist, or is the same.
    problems.Conflict
        There is such a link.
    """
    source = await items.get(tx.connection, item_id)
    await _authorise(tx, principal, source)
    if to_item_id == item_id or await reading.entry(tx.connection, to_item_id) is None:
        message = "不能与自身关联" if to_item_id == item_id else "关联的事项不存在"
        raise problems.Invalid(f"{message}，请核对。", code="link_target",
                               errors=[FieldError("/to_item_id", "link_target", message)])  # fmt: skip
    values = {"id": new_id(), "from_item_id": item_id, "to_item_id": to_item_id, "type": type_, "note": note,
              "created_by": tx.actor}  # fmt: skip
    row = await repository.add(tx.connection, values)
    if row is None:
        raise problems.Conflict("这两个事项之间已有同类关联。", code="link_exists")
    tx.append(_event("link.created", source, row, reason, legal_basis))
    return row


async def remove(tx: Transaction, principal: Principal, item_id: UUID, link_id: UUID) -> None:
    """Remove a link that starts from an item. Raises NotFound, Forbidden."""
    row = await repository.get(tx.connection, link_id)
    if row is None or row["from_item_id"] != item_id:
        raise problems.NotFound("该事项没有这个关联。", code="link_not_found")
    source = await items.get(tx.connection, item_id)
    await _authorise(tx, principal, source)
    await repository.remove(tx.connection, link_id)
    tx.append(_event("link.removed", source, row, None, None))


async def _authorise(tx: Transaction, principal: Principal, source: Record) -> None:
    """The list's authority, or a compiler of the organ that implements the item. Raises Forbidden."""
    chain = await regions.chain(tx.connection, source["region_code"])
    body = source["elements"].get("implementing_body")
    if body and principal.holds("compiler", region=chain, organ_id=UUID(body)):
        return
    row = await lists.get(tx.connection, source["list_id"])
    principal.require("list_authority", region=chain, organ_id=row["lead_organ_id"])


def _event(kind: str, source: Record, row: Record, reason: str | None, legal_basis: str | None) -> NewEvent:
    return NewEvent(type=kind, region_code=source["region_code"], list_kind=source["kind"], list_id=source["list_id"],
                    item_ids=[source["id"]], reason=reason, legal_basis=legal_basis,
                    refs={"link": str(row["id"]), "type": row["type"], "to": str(row["to_item_id"])})  # fmt: skip
