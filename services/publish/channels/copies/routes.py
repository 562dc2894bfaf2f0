"""HTTP of copies: everybody may read what is made for everybody; papers are made for those who publish."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.publish.channels import service as channels
from services.publish.channels.copies import repository, service
from services.publish.channels.copies.formats import FORMATS
from services.publish.channels.copies.service import Copy, Setting
from services.publish.channels.routes import BASE, Code, ListId
from services.publish.channels.schemas import ChannelCode, CopyFormat
from shared import problems
from shared.http.etag import IfNoneMatch, with_digest
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger.transaction import Transaction

router = transactional_router(prefix="/publish/v1/lists", tags=["channels"])
staff_router = transactional_router(prefix=BASE, tags=["channels"])
FormatName = Annotated[CopyFormat, Path(description="Which copy", examples=["data.json"])]
Revision = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The present one when empty", examples=[12])]
Base = Annotated[
    int | None,
    Query(ge=0, le=2**31 - 1, description="Changes are told from this revision; 0: all of it", examples=[11]),
]
_EXAMPLES = {"application/json": {"list_id": "01890a5d-ac96-774b-bcce-b302099a8057", "revision": 12, "hash": "5f" * 32}}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The copy; `Qingdan-Revision`, `Qingdan-List-Hash` and `Qingdan-Sha256` say what it is",
        "content": {
            kind: {"schema": {"type": "string"} if kind not in _EXAMPLES else {"type": "object"},
                   "example": _EXAMPLES.get(kind, "…")}
            for kind in sorted({one.media_type.partition(";")[0] for one in FORMATS.values()})
        },
    },
    304: {"description": "Unchanged"},
}  # fmt: skip


@router.get(
    "/{list_id}/copies/{format}", operation_id="get_copy", summary="A copy of a published list, generated",
    response_class=Response, responses=_ANSWER,
)  # fmt: skip
async def copy(
    tx: Unit, list_id: ListId, format: FormatName, revision: Revision = None, base: Base = None,
    channel: Annotated[ChannelCode | None, Query(description="As this channel is due to show it")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """已公布清单的副本：门户数据、大厅数据、网页、文章、微博、公报、新闻稿和开放数据。"""
    if FORMATS[format].slow:
        raise problems.NotFound(
            "PDF、DOCX 副本由工作人员在渠道管理中下载；公众请使用网页或数据。", code="copy_not_public"
        )
    if channel is not None:
        if (revision, base) != (None, None):
            raise _unclear()
        return _answer(await _of_channel(tx, channel, list_id, format), if_none_match)
    return _answer(await service.make(tx.connection, list_id, format, revision=revision, base=base), if_none_match)


@staff_router.get(
    "/{code}/lists/{list_id}/copies/{format}", operation_id="download_channel_copy",
    summary="The copy a channel is to show", response_class=Response, responses=_ANSWER,
)  # fmt: skip
async def of_channel(
    tx: Unit, staff: Staff, code: Code, list_id: ListId, format: FormatName, if_none_match: IfNoneMatch = None
) -> Response:
    """下载某渠道应展示的副本，供发布、张贴或刊登。"""
    await channels.get(tx, staff, code)
    made = await _of_channel(tx, code, list_id, format)
    answer = _answer(made, if_none_match)
    stem, _, suffix = format.rpartition(".")
    answer.headers["Content-Disposition"] = f'attachment; filename="{code}-r{made.revision}-{stem}.{suffix}"'
    return answer


async def _of_channel(tx: Transaction, code: str, list_id: UUID, format_: str) -> Copy:
    """The copy as an active channel is due to show it. Raises NotFound."""
    row = await repository.of_channel(tx.connection, code, list_id)
    if row is None:
        raise problems.NotFound("该渠道不展示这份清单，请核对代码和清单标识。", code="not_on_channel")
    return await service.make(
        tx.connection,
        list_id,
        format_,
        revision=row.due_revision,
        base=row.base_revision,
        setting=Setting.of(dict(row)),
    )


def _answer(made: Copy, if_none_match: str | None) -> Response:
    headers = {
        "Qingdan-Revision": str(made.revision),
        "Qingdan-List-Hash": made.list_hash,
        "Qingdan-Sha256": made.digest.hex(),
        # May be kept, must be asked for each time: what becomes secret has to leave caches as well.
        "Cache-Control": "public, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return with_digest(made.content, made.media_type, if_none_match, headers)


def _unclear() -> problems.Invalid:
    place = problems.FieldError(
        "query/channel", "state_unclear", "指定渠道时，版本由渠道决定，请不要再给出 revision 或 base"
    )
    return problems.Invalid("所要的版本不明确。", code="state_unclear", errors=[place])
