"""Use cases of the contacts of organs: read them, replace them."""

from __future__ import annotations

from uuid import UUID

from services.workflow.contacts import repository, rules
from services.workflow.contacts.schemas import Contact, Contacts, NewContacts
from services.workflow.register import repository as register
from services.workflow.register.repository import Organ
from shared import problems
from shared.codes.region_code import NATION
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def get(tx: Transaction, organ_id: UUID) -> tuple[Contacts, int]:
    """The contacts of an organ and their version (0: never set).

    Raises
    ------
    problems.NotFound
        There is no such organ.
    """
    await _organ(tx, organ_id)
    found = [
        Contact.model_validate(dict(row) | {"duty_title": rules.TITLES[row.duty]})
        for row in await repository.read(tx.connection, organ_id)
    ]
    return Contacts(organ_id=organ_id, contacts=found), await repository.version(tx.connection, organ_id)


async def put(
    tx: Transaction, principal: Principal, organ_id: UUID, given: NewContacts, if_match: str | None
) -> tuple[Contacts, int]:
    """Replace the contacts of an organ: by its principal, or who administers its region. The event names nobody.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.PreconditionRequired, problems.PreconditionFailed
    problems.Invalid
        One of the accounts is unknown or blocked.
    """
    organ = await _organ(tx, organ_id)
    if not principal.holds("principal", region=organ.region_chain, organ_id=organ.id):
        principal.require("administrator", region=[*organ.region_chain, NATION])
    unknown = await repository.unknown(
        tx.connection, [contact.account_id for contact in given.contacts if contact.account_id]
    )
    errors = [
        problems.FieldError(f"/contacts/{index}/account_id", "account_not_found", "没有这个账号，或已停用")
        for index, contact in enumerate(given.contacts)
        if contact.account_id in unknown
    ]
    if errors:
        raise problems.Invalid("所列账号有误，请核对。", code="account_not_found", errors=errors)
    await repository.lock(tx.connection, organ_id)
    require_match(if_match, await repository.version(tx.connection, organ_id))
    rows = [contact.model_dump() for contact in given.contacts]
    version = await repository.replace(tx.connection, organ_id, rows, set_by=tx.actor, now=tx.now)
    duties = sorted({contact.duty for contact in given.contacts})
    refs = {"organ": str(organ_id), "version": version, "duties": duties}
    tx.append(NewEvent(type="organ_contact.changed", region_code=organ.region_code, refs=refs))
    return await get(tx, organ_id)


async def _organ(tx: Transaction, organ_id: UUID) -> Organ:
    organ = (await register.organs(tx.connection, [organ_id])).get(organ_id)
    if organ is None:
        raise problems.NotFound("没有这个机构，请核对标识。", code="organ_not_found")
    return organ
