"""Use cases of the register: register and correct documents, say what became of them, link them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.documents import normaliser, repository, rules, shown
from services.catalog.documents.articles import split
from services.catalog.documents.citations import article_key, find_number, read_number, title_key
from services.catalog.documents.schemas import Articles, DocumentContent, NewDocument, NewLink, StatusChange
from services.catalog.fields import Grounds
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

# Who keeps the register of a region: whoever leads a list there, or administers it.
_KEEPERS = ("administrator", "list_authority")


async def get(connection: AsyncConnection, document_id: UUID, *, lock: bool = False) -> Record:
    """A document. Raises NotFound."""
    row = await repository.get(connection, document_id, lock=lock)
    if row is None:
        raise problems.NotFound("没有这份文件，请核对编号。", code="document_not_found")
    return row


async def authorise(tx: Transaction, principal: Principal, region: str | None) -> str | None:
    """The stored code of the region whose register the principal keeps; None for the nation's.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    """
    chain = await regions.chain(tx.connection, region) if region is not None else []
    places = {*chain, NATION}
    if not any(grant.role in _KEEPERS and grant.region_code in places for grant in principal.grants):
        place = "本区划" if region else "全国"
        raise problems.Forbidden(
            f"登记{place}文件需要“清单牵头单位”或“系统管理员”角色，当前账号没有此角色。",
            extra={"role": "list_authority", "region": chain[0] if chain else NATION},
        )
    return None if not chain or chain[0] == NATION else chain[0]


async def register(tx: Transaction, principal: Principal, request: NewDocument) -> Record:
    """Register a document, with its articles as far as its text shows them.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        Its number, or its title with this date, is registered.
    """
    region = await authorise(tx, principal, request.region_code)
    values = _values(request, region, clean=request.clean)
    row = await repository.add(tx.connection, {"id": new_id(), **values})
    if row is None:
        raise problems.Conflict("该文号或同名同日期的文件已登记，请查询后修改原记录。", code="document_exists")
    await _write_rest(tx, row, request)
    await _tell(tx, row, "registered", request)
    return row


async def change(tx: Transaction, principal: Principal, row: Record, request: DocumentContent) -> Record:
    """Correct what the register says of a document. Raises Forbidden, Invalid, Conflict."""
    await authorise(tx, principal, row["region_code"])
    region = await authorise(tx, principal, request.region_code)
    values = _values(request, region, clean=False)
    changed = await repository.change(tx.connection, row["id"], values)
    await _write_rest(tx, changed, request)
    former = {"former": {"title_key": row["title_key"], "number": row["number"]}}
    await _tell(tx, changed, "updated", request, names=_differing(row, changed), refs=former)
    return changed


async def change_status(tx: Transaction, principal: Principal, document_id: UUID, request: StatusChange) -> Record:
    """Say what became of a document, or of articles of it; entries that rest on it are found by the event.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.IllegalTransition
    problems.Invalid
        A text that is no article, or articles with an act that concerns whole documents only.
    """
    row = await get(tx.connection, document_id, lock=True)
    await authorise(tx, principal, row["region_code"])
    by = await get(tx.connection, request.by_document_id) if request.by_document_id else None
    named = _articles(request)
    act = "amended" if named else request.act
    status = rules.check_act(act, row["status"])
    values = {"status": status, "status_from": request.from_day, "status_by": by and by["id"], "status_at": tx.now}
    changed = await repository.change(tx.connection, document_id, values)
    if named:
        await repository.mark_articles(
            tx.connection, document_id, articles=named, status=request.act, status_from=request.from_day
        )
    if by is not None and request.act in rules.SAYING:
        said = _relation(rules.SAYING[request.act], row["number"] or f"《{row['title']}》")
        await repository.relate(tx.connection, by["id"], None, [said])
        await repository.resolve_relations(tx.connection, [by["id"], document_id])
    refs = {"from": request.from_day.isoformat(), "by": str(by["id"]) if by else None, "articles": list(named)}
    await _tell(tx, changed, act, request, names=["status"], refs=refs)
    return changed


async def set_articles(tx: Transaction, principal: Principal, row: Record, request: Articles) -> Record:
    """Replace the articles of a document. Raises Forbidden, Invalid."""
    await authorise(tx, principal, row["region_code"])
    rows, wrong = [], []
    seen: set[str] = set()
    for place, article in enumerate(request.items, start=1):
        key = article_key(article.number)
        if key is None or key in seen:
            message = "条款号重复" if key else "应为条款号，如“第三十五条”"
            wrong.append(FieldError(f"/items/{place - 1}/number", "article_number", message))
            continue
        seen.add(key)
        rows.append({"article": key, "place": place, "number": article.number, "content": article.content})
    if wrong:
        raise problems.Invalid(f"有{len(wrong)}个条款号有误，请按提示修改。", code="articles_invalid", errors=wrong)
    await repository.replace_articles(tx.connection, row["id"], rows)
    changed = await repository.change(tx.connection, row["id"], {})
    await _tell(tx, changed, "updated", request, names=["articles"])
    return changed


async def link(tx: Transaction, principal: Principal, document_id: UUID, request: NewLink) -> Record:
    """Note that a list, a deadline or a campaign rests on a document.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Conflict
    """
    row = await get(tx.connection, document_id)
    await _authorise_subject(tx, principal, request.subject, request.subject_id)
    values = {"document_id": document_id, "subject": request.subject, "subject_id": request.subject_id,
              "purpose": request.purpose, "created_by": tx.actor}  # fmt: skip
    made = await repository.link(tx.connection, values)
    if made is None:
        raise problems.Conflict("该关联已存在。", code="link_exists")
    _append(tx, row, "document.linked", request, refs=_subject(request.subject, request.subject_id))
    return {**made, "title": row["title"], "number": row["number"], "status": row["status"]}


async def unlink(tx: Transaction, principal: Principal, document_id: UUID, subject: str, subject_id: str) -> None:
    """Take a link back; the event keeps it. Raises NotFound, Forbidden."""
    row = await get(tx.connection, document_id)
    await _authorise_subject(tx, principal, subject, subject_id)
    if not await repository.unlink(tx.connection, document_id, subject, subject_id):
        raise problems.NotFound("没有这条关联。", code="link_not_found")
    _append(tx, row, "document.unlinked", Grounds(), refs=_subject(subject, subject_id))


async def authorise_anywhere(principal: Principal) -> None:
    """Refuse whoever leads no list and administers nothing. Raises Forbidden."""
    if not any(grant.role in _KEEPERS for grant in principal.grants):
        raise problems.Forbidden("该操作需要“清单牵头单位”或“系统管理员”角色，当前账号没有此角色。")


async def _authorise_subject(tx: Transaction, principal: Principal, subject: str, subject_id: str) -> None:
    """Refuse whoever may not say what something rests on: of a list, who leads it or administers its region.

    Raises
    ------
    problems.Forbidden, problems.NotFound
    """
    if subject != "list":
        return await authorise_anywhere(principal)
    try:
        place = await repository.list_place(tx.connection, UUID(subject_id))
    except ValueError:
        place = None
    if place is None:
        raise problems.NotFound("没有这个清单，请核对编号。", code="list_not_found")
    if not principal.holds("administrator", region=[*place.chain, NATION]):
        principal.require("list_authority", region=place.chain, organ_id=place.lead_organ_id)


def _values(request: DocumentContent, region: str | None, *, clean: bool) -> dict[str, Any]:
    """The columns of a document. Raises Invalid for a number or a date that cannot be read."""
    number = read_number(request.number) if request.number else None
    if request.number and number is None:
        place = FieldError("/number", "document_number", "应为文号，如“冀政办函〔2014〕100号”或“国务院令第412号”")
        raise problems.Invalid("文号无法识别：应含机关代字、年份和序号。", code="document_number", errors=[place])
    issued = rules.read_date(request.issued) if request.issued else None
    if request.issued and issued is None:
        raise problems.Invalid(
            "成文日期不存在，请核对。", code="bad_date", errors=[FieldError("/issued", "bad_date", "日期不存在")]
        )
    if not title_key(request.title):
        raise problems.Invalid(
            "标题须含文字。", code="bad_title", errors=[FieldError("/title", "bad_title", "标题须含文字")]
        )
    text = request.full_text
    names = ("kind", "issuer", "addressees", "copied_to", "approval", "effective_from", "expires_on", "verified")
    return {
        **{name: getattr(request, name) for name in names},
        "title": request.title, "title_key": title_key(request.title), "region_code": region,
        "number": number and number.text, "agency": number and number.agency, "year": number and number.year,
        "serial": number and number.serial,
        "adoption": request.adoption and request.adoption.model_dump(mode="json", by_alias=True),
        "issued_on": issued and issued.first, "issued_precision": issued.precision if issued else "day",
        "full_text": (normaliser.clean(text).text if clean else normaliser.mask(text)[0]) if text else None,
        "attachments": [one.model_dump(mode="json") for one in request.attachments],
        "source": request.source or "",
    }  # fmt: skip


async def _write_rest(tx: Transaction, row: Record, request: DocumentContent) -> None:
    """Articles as the text shows them, and what the document says it rests on."""
    articles = split(row["full_text"] or "")
    if articles:
        await repository.replace_articles(tx.connection, row["id"], articles)
    related = [_relation("based_on", cited) for cited in dict.fromkeys(request.based_on)]
    await repository.relate(tx.connection, row["id"], "based_on", related)
    await repository.resolve_relations(tx.connection, [row["id"]])


def _relation(type_: str, cited: str) -> dict[str, Any]:
    number = find_number(cited)
    return {"id": new_id(), "type": type_, "cited": cited, "number": number and number.text,
            "title_key": title_key(cited)}  # fmt: skip


def _articles(request: StatusChange) -> dict[str, str]:
    """Comparable form -> as written. Raises Invalid."""
    if request.articles and request.act not in ("amended", "repealed"):
        place = FieldError("/articles", "whole_document", "暂停、恢复、宣布失效只针对文件整体")
        raise problems.Invalid("该操作只针对文件整体，请不要指定条款。", code="whole_document", errors=[place])
    keys = [article_key(text) for text in request.articles]
    wrong = [FieldError(f"/articles/{place}", "article_number", "应为条款号，如“第三十五条”")
             for place, key in enumerate(keys) if key is None]  # fmt: skip
    if wrong:
        raise problems.Invalid("条款号无法识别，请按提示修改。", code="article_number", errors=wrong)
    return {key: text for key, text in zip(keys, request.articles, strict=True) if key is not None}


def _differing(before: Record, after: Record) -> list[str]:
    aside = ("version", "settled_on", "title_key")
    return sorted(name for name in after if name not in aside and before[name] != after[name])


def _subject(subject: str, subject_id: str) -> dict[str, str]:
    return {"subject": subject, "subject_id": subject_id}


async def _tell(
    tx: Transaction, row: Record, operation: str, grounds: Any, *, names: Sequence[str] = (),
    refs: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Keep what the register says now, and append the event."""
    version = {
        "document_id": row["id"], "number": row["version"], "content": shown.content(row), "operation": operation,
        "actor": tx.actor, "reason": grounds.reason, "legal_basis": grounds.legal_basis, "recorded_at": tx.now,
    }  # fmt: skip
    await repository.keep_version(tx.connection, version)
    _append(tx, row, f"document.{operation}", grounds, names=names, refs=refs)


def _append(
    tx: Transaction, row: Record, kind: str, grounds: Any, *, names: Sequence[str] = (),
    refs: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    tx.append(
        NewEvent(type=kind, region_code=row["region_code"], elements=list(names), reason=grounds.reason,
                 legal_basis=grounds.legal_basis, refs={"documents": [str(row["id"])], **(refs or {})})
    )  # fmt: skip
