"""Use cases of the slots: what stands in them, uploads of review rules, and which entries lack something."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from services.publish.documents import repository as documents
from services.publish.documents.guides import rules as guide_rules
from services.publish.documents.guides import service as guides
from services.publish.documents.printed import Document
from services.publish.documents.slots import paper, repository, rules
from services.publish.documents.templates import service as templates
from services.publish.documents.wording import Wording
from shared import file_formats, problems
from shared.clock import ZONE
from shared.http.etag import require_match
from shared.http.uploads import plain_name
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.paper.printing import Template
from shared.statement import Row


def document(row: Row, wording: Wording, template: Template | None) -> Document | None:
    """Review rules generated from the standards of entry and specification; None where there is no standard."""
    made = guides.document(row, wording, None)
    data = paper.review_data(made.data, rules.standards(_elements(row)))
    if not data["standards"] and not any(step["standard"] for step in data["steps"]):
        return None
    return Document(paper=paper.paper(data), data=data, template=template)


async def of_item(tx: Transaction, item_id: UUID) -> dict[str, Any]:
    """The three slots of a published entry; a constant number of queries. Raises NotFound, Gone, Conflict."""
    row = await guides.published(tx.connection, item_id)
    wording = (await guides.wordings(tx.connection, [row]))[row.kind]
    guide_rules.check_guided(row.state, wording)
    cited = rules.cited(_elements(row))
    register = await repository.register(
        tx.connection, row.chain, numbers=[one["number"] for one in cited if one["number"]],
        titles=[rules.key(one["title"]) for one in cited])  # fmt: skip
    policies = rules.with_state(cited, register, tx.now.astimezone(ZONE).date())
    missing = guides.document(row, wording, None).data["missing"]
    generated, uploaded = document(row, wording, None), await repository.current(tx.connection, item_id)
    base = f"/publish/v1/items/{item_id}"
    return {
        "item_id": item_id,
        "policy_documents": {"state": "present" if policies else "missing", "documents": policies},
        "guide": {"state": "incomplete" if missing else "present", "missing": missing, "address": f"{base}/guide"},
        "review_rules": _review(generated, uploaded, f"{base}/review-rules"),
    }


def _review(generated: Document | None, uploaded: Row | None, address: str) -> dict[str, Any]:
    if generated is not None:
        return {"state": "present", "source": "generated", "address": address, "file": None}
    if uploaded is not None:
        return {"state": "present", "source": "uploaded", "address": address, "file": dict(uploaded)}
    return {"state": "missing", "source": None, "address": None, "file": None}


async def review_rules(tx: Transaction, item_id: UUID, form: str) -> Document | tuple[Row, bytes]:
    """Review rules of an entry: generated, else the organ's file. Raises NotFound, Gone, Conflict."""
    row = await guides.published(tx.connection, item_id)
    wording = (await guides.wordings(tx.connection, [row]))[row.kind]
    guide_rules.check_guided(row.state, wording)
    template = await templates.holding(tx.connection, row.chain, document="review_rules", form=form)
    if (generated := document(row, wording, template)) is not None:
        return generated
    uploaded = await repository.current(tx.connection, item_id)
    if uploaded is None:
        raise problems.NotFound("该事项尚未公布审查细则，请向实施机关咨询。", code="review_rules_missing")
    return uploaded, await repository.content(tx.connection, uploaded.id)


async def upload(
    tx: Transaction, who: Principal, item_id: UUID, *, file_name: str, content: bytes, if_match: str | None
) -> Row:
    """Put an organ's file in the slot; the one before it stays kept. The first is put with `If-Match: "0"`.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.PreconditionRequired, problems.PreconditionFailed
    problems.Invalid
        Codes of `file_formats.Refused`.
    """
    place, newest = await _editable(tx, who, item_id, if_match)
    rules.check_size(len(content))
    name = plain_name(file_name)
    try:
        media_type = await asyncio.to_thread(file_formats.format_of, name, content)
    except file_formats.Refused as refused:
        error = problems.FieldError("/file", refused.code, refused.message)
        raise problems.Invalid(f"{refused.message}。", code=refused.code, errors=[error]) from None
    values = {
        "id": new_id(), "item_id": item_id, "number": (newest.number if newest else 0) + 1, "file_name": name,
        "media_type": media_type, "content": content, "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content), "uploaded_by": who.actor, "uploaded_at": tx.now,
    }  # fmt: skip
    await repository.close(tx.connection, item_id, "replaced")
    await repository.add(tx.connection, values)
    tx.append(_event("review_rules.uploaded", place, values))
    found = await repository.current(tx.connection, item_id)
    assert found is not None
    return found


async def remove(tx: Transaction, who: Principal, item_id: UUID, if_match: str | None) -> None:
    """Take the file out of the slot. Raises as `upload`."""
    place, newest = await _editable(tx, who, item_id, if_match)
    if newest is None or newest.state != "current":
        raise problems.NotFound("该事项没有上传的审查细则。", code="review_rules_missing")
    await repository.close(tx.connection, item_id, "removed")
    tx.append(_event("review_rules.removed", place, newest))


async def _editable(tx: Transaction, who: Principal, item_id: UUID, if_match: str | None) -> tuple[Row, Row | None]:
    place = await repository.place(tx.connection, item_id)
    if place is None:
        raise problems.NotFound("没有公布过该事项，请检查事项标识。", code="item_not_published")
    rules.require_editor(who, place.chain, place.organ_id)
    newest = await repository.newest(tx.connection, item_id)
    require_match(if_match, newest.number if newest else 0)
    return place, newest


async def coverage(tx: Transaction, who: Principal, region: str, organ: UUID | None) -> list[Row]:
    """By kind and organ, how many entries lack something (ZL-26). Raises NotFound, Forbidden."""
    await _readable(tx, who, region, organ)
    return await repository.coverage(tx.connection, region, organ=organ)


async def lacking(
    tx: Transaction, who: Principal, region: str, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Row]:
    """Entries that lack something. Raises NotFound, Forbidden."""
    await _readable(tx, who, region, filters["organ"])
    return await repository.lacking(tx.connection, region, filters, after=after, limit=limit)


async def _readable(tx: Transaction, who: Principal, region: str, organ: UUID | None) -> None:
    found = await documents.region(tx.connection, region)
    if found is None:
        raise problems.NotFound("没有这个区划，请核对代码。", code="region_not_found")
    rules.require_reader(who, found.chain, organ)


def _elements(row: Row) -> list[Mapping[str, Any]]:
    bodies = [orjson.loads(raw) for raw in (row.body, row.permit_body) if raw]
    return [body["elements"] for body in bodies]


def _event(type_: str, place: Row, file: Any) -> NewEvent:
    refs = {"number": file["number"], "sha256": file["sha256"], "media_type": file["media_type"]}
    return NewEvent(type=type_, region_code=place.region_code, list_kind=place.kind, list_id=place.list_id,
                    item_ids=[place.item_id], refs=refs)  # fmt: skip
