"""Who may compile for which organ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from services.workflow.register import repository
from services.workflow.register.repository import Document, Organ
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


def may_compile(principal: Principal, organ: Organ) -> bool:
    """Whether the caller compiles for the organ: as its own compiler, or as one of the organ that supervises it.

    Items of subordinate institutions are submitted through the supervising department (ZL, HB section 4).
    """
    if principal.holds("compiler", region=organ.region_chain, organ_id=organ.id):
        return True
    supervisor = organ.supervising_organ_id
    return supervisor is not None and principal.holds("compiler", region=organ.region_chain, organ_id=supervisor)


def require_compiler(principal: Principal, organ: Organ) -> None:
    """Refuse whoever does not compile for the organ.

    Raises
    ------
    problems.Forbidden
        Code `not_compiler`.
    """
    if not may_compile(principal, organ):
        raise problems.Forbidden(
            f"您不是“{organ.name}”的编制人员，不能代其编制动态调整；请由该单位或其主管部门的编制人员办理。",
            code="not_compiler",
        )


async def organs_of(tx: Transaction, ids: Sequence[UUID], place: str) -> dict[UUID, Organ]:
    """The organs named in a request.

    Raises
    ------
    problems.Invalid
        One of them is not registered; pointers are `<place>` or `<place>/<n>` in the order given.
    """
    found = await repository.organs(tx.connection, ids)
    errors = [
        problems.FieldError(f"{place}/{index}" if len(ids) > 1 else place, "unknown_organ", f"没有标识为 {id_} 的机构")
        for index, id_ in enumerate(ids)
        if id_ not in found
    ]
    if errors:
        raise problems.Invalid("所列机构未登记，请核对机构标识。", errors=errors)
    return found


async def sources(tx: Transaction, ids: Iterable[UUID | None]) -> dict[UUID, Document]:
    """The registered documents that procedures and campaigns come from; each once."""
    return await repository.documents(tx.connection, {id_ for id_ in ids if id_ is not None})


async def require_document(tx: Transaction, document_id: UUID | None) -> None:
    """Refuse a source that is not in the register of normative documents (TH-43).

    Raises
    ------
    problems.Invalid
        Pointer `/source_document_id`.
    """
    if document_id is not None and not await sources(tx, [document_id]):
        place = problems.FieldError("/source_document_id", "unknown_document", "规范性文件库中没有这份文件，请先登记")
        raise problems.Invalid("所列依据文件未登记。", code="unknown_document", errors=[place])


async def chain_of(tx: Transaction, code: str) -> tuple[str, ...]:
    """A region and those above it.

    Raises
    ------
    problems.NotFound
        There is no such region.
    """
    return (await chains_of(tx, [code]))[code]


async def chains_of(tx: Transaction, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Regions, each with those above it.

    Raises
    ------
    problems.NotFound
        There is no such region.
    """
    found = await repository.region_chains(tx.connection, codes)
    for code in codes:
        if code not in found:
            raise problems.NotFound(f"区划 {code} 未登记。", code="region_not_found")
    return found
