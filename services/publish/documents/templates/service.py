"""Use cases of templates: upload with check, trial, activation, retirement, and which one holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.documents import repository as documents
from services.publish.documents.printed import Document, order_of
from services.publish.documents.templates import repository, rules, samples
from shared import file_formats, problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.paper import printing
from shared.paper.printing import Order, Template
from shared.paper.refused import Refused
from shared.statement import Row

# A transaction may wait for five seconds; what needs four for one paper is no template for two thousand.
TRIAL_SECONDS = 4.0


async def holding(connection: AsyncConnection, chain: Sequence[str], *, document: str, form: str) -> Template | None:
    """The template that holds in a region for a form; None: the shipped one."""
    engine = rules.ENGINES.get(form)
    if engine is None:
        return None
    row = rules.holding(await repository.active(connection, chain, document=document, engine=engine))
    return await with_content(connection, row) if row is not None else None


async def with_content(connection: AsyncConnection, row: Row) -> Template:
    """A template with its file."""
    content = await repository.content(connection, row.id)
    return Template(engine=row.engine, content=content, sha256=row.sha256)


async def upload(
    tx: Transaction, who: Principal, *, region: str, document: str, name: str, content: bytes, open_below: bool
) -> Row:
    """Take a template in as a draft, checked: its format, what it names, and what it does with a full sample.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Conflict
    problems.Invalid
        Codes of `Refused`, such as `unknown_field` with the names.
    """
    chain = await _chain(tx.connection, region)
    rules.require_owner(who, chain)
    rules.check_size(len(content))
    engine = _engine_of(name, content)
    above = await repository.active(tx.connection, chain, document=document, engine=engine)
    rules.check_allowed(above, region)
    made = Template(engine=engine, content=content, sha256=hashlib.sha256(content).hexdigest())
    await try_out(samples.sample(document, made))
    template_id = new_id()
    values = {
        "id": template_id, "region_code": region, "document": document, "engine": engine, "name": name,
        "open_below": open_below, "content": content, "sha256": made.sha256, "size": len(content),
        "uploaded_by": who.actor, "uploaded_at": tx.now,
    }  # fmt: skip
    await repository.add(tx.connection, values)
    row = await _get(tx.connection, template_id)
    tx.append(_event("document_template.uploaded", row))
    return row


async def try_out(document: Document) -> bytes:
    """What a template makes of a document. Raises Invalid with the template's own error."""
    assert document.template is not None
    check = Order(act="check", paper=document.paper, data=document.data)
    form = next(form for form, engine in rules.ENGINES.items() if engine == document.template.engine)
    try:
        async with printing.press(document.template, seconds=TRIAL_SECONDS) as printer:
            await printer.printed(check)
            return await printer.printed(order_of(document, form))
    except Refused as refused:
        place = problems.FieldError("/file", refused.code, refused.message)
        raise problems.Invalid(f"{refused.message}。", code=refused.code, errors=[place]) from None


async def get(tx: Transaction, template_id: UUID, *, lock: bool = False) -> Row:
    """A template: a form of documents that are public, for all who sign in. Raises NotFound."""
    return await _get(tx.connection, template_id, lock=lock)


async def page(tx: Transaction, region: str, *, document: str | None, after: UUID | None, limit: int) -> list[Row]:
    """Templates of a region and those above it. Raises NotFound."""
    chain = await _chain(tx.connection, region)
    return await repository.page(tx.connection, chain, document=document, after=after, limit=limit)


async def trial(tx: Transaction, template_id: UUID) -> Document:
    """A full sample as the template would print it. Raises NotFound."""
    row = await get(tx, template_id)
    return samples.sample(row.document, await with_content(tx.connection, row))


async def activate(tx: Transaction, who: Principal, row: Row) -> Row:
    """Put a draft, or an earlier version, in force; it is tried once more. Raises Forbidden, Conflict, Invalid."""
    chain = await _chain(tx.connection, row.region_code)
    rules.require_owner(who, chain)
    if row.state == "active":
        raise problems.IllegalTransition("该模板已在使用。", allowed=["retire"])
    above = await repository.active(tx.connection, chain, document=row.document, engine=row.engine)
    rules.check_allowed(above, row.region_code)
    await try_out(samples.sample(row.document, await with_content(tx.connection, row)))
    await repository.activate(tx.connection, row, actor=who.actor, now=tx.now)
    tx.append(_event("document_template.activated", row))
    return await _get(tx.connection, row.id)


async def retire(tx: Transaction, who: Principal, row: Row) -> Row:
    """Take a template out of use. Raises Forbidden, IllegalTransition."""
    rules.require_owner(who, await _chain(tx.connection, row.region_code))
    if row.state != "active":
        raise problems.IllegalTransition("只有使用中的模板可以停用。", allowed=["activate"])
    await repository.retire(tx.connection, row.id)
    tx.append(_event("document_template.retired", row))
    return await _get(tx.connection, row.id)


def _engine_of(name: str, content: bytes) -> str:
    engine = next((engine for engine, suffix in rules.SUFFIXES.items() if name.lower().endswith(suffix)), None)
    if engine is None:
        place = problems.FieldError("/file", "format_not_taken", "模板应为 .docx（Word）或 .typ（Typst）文件")
        raise problems.Invalid("模板应为 .docx 或 .typ 文件。", code="format_not_taken", errors=[place])
    try:
        file_formats.format_of(name if engine == "docx" else "template.txt", content)
    except file_formats.Refused as refused:
        place = problems.FieldError("/file", refused.code, refused.message)
        raise problems.Invalid(f"{refused.message}。", code=refused.code, errors=[place]) from None
    return engine


async def _chain(connection: AsyncConnection, code: str) -> list[str]:
    found = await documents.region(connection, code)
    if found is None:
        raise problems.NotFound("没有这个区划，请核对代码。", code="region_not_found")
    return list(found.chain)


async def _get(connection: AsyncConnection, template_id: UUID, *, lock: bool = False) -> Row:
    row = await repository.find(connection, template_id, lock=lock)
    if row is None:
        raise _unknown()
    return row


def _unknown() -> problems.NotFound:
    return problems.NotFound("没有这个模板，请核对编号。", code="template_not_found")


def _event(type_: str, row: Row) -> NewEvent:
    refs = {"template": str(row.id), "document": row.document, "engine": row.engine, "number": row.number,
            "sha256": row.sha256}  # fmt: skip
    return NewEvent(type=type_, region_code=row.region_code, refs=refs)
