"""Use cases of manuals."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.documents.guides import service as guides
from services.publish.documents.manuals import paper, repository, rules
from services.publish.documents.printed import Document
from services.publish.documents.templates import service as templates
from services.publish.documents.wording import Wording
from shared import problems, settings
from shared.identity.principal import Principal
from shared.paper.printing import Template
from shared.statement import Row


def require_reader(who: Principal | None) -> None:
    """Manuals are for those who handle, unless the installation shows them to everybody. Raises Unauthenticated."""
    if settings.load().manuals_public:
        return
    if who is None:
        raise problems.Unauthenticated("业务手册供办理人员使用，请先登录。", headers={"WWW-Authenticate": "Bearer"})
    if who.client:
        raise problems.Forbidden("业务手册仅供工作人员使用，接入系统不能读取。", code="staff_only")


async def of_item(connection: AsyncConnection, item_id: UUID, form: str) -> Document:
    """The manual of a published permit; a constant number of queries. Raises NotFound, Gone, Conflict."""
    row = await guides.published(connection, item_id)
    rules.check_permit(row.kind, row.state)
    wording = (await guides.wordings(connection, [row]))[row.kind]
    template = await templates.holding(connection, row.chain, document="manual", form=form)
    related = await repository.about(connection, [item_id], [rules.DUTIES, rules.SUPERVISION])
    return document(row, related, wording, template)


def document(row: Row, related: Sequence[Row], wording: Wording, template: Template | None) -> Document:
    """The manual of a permit that was read, with the entries about it."""
    body = orjson.loads(row.body)
    specification = orjson.loads(row.permit_body) if row.permit_body else None
    about = {kind: [orjson.loads(one.body) for one in related if one.kind == kind]
             for kind in (rules.DUTIES, rules.SUPERVISION)}  # fmt: skip
    data = rules.manual_data(
        body, specification, about[rules.DUTIES], about[rules.SUPERVISION], wording, guides.proof(row, body)
    )
    shown = [(one.item_id, one.hash.hex()) for one in related]
    return Document(paper=paper.paper(data), data=data, template=template, related=shown)
