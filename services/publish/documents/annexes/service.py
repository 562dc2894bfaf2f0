"""Use cases of public annexes: what one shows, and its rows page by page. Made of published bodies alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.publish.channels.copies.marker import Marker
from services.publish.documents import repository as documents
from services.publish.documents.annexes import repository
from shared import problems
from shared.annex.layout import columns_of, shown
from shared.annex.offer import AT_ONCE, cover_of, file_name
from shared.statement import Row
from shared.visibility import Profile

PAGE = 500
Progress = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Content:
    """What an annex shows: its order is known, its rows are read page by page while it is written."""

    name: str
    task: Mapping[str, Any]
    mark: Marker
    purged: int
    order: Sequence[Row]


async def content(
    connection: AsyncConnection, list_id: UUID, form: str, *, revision: int | None, edition: str | None,
    most: int | None = None,
) -> Content:  # fmt: skip
    """What the annex of a published revision shows; of more than `most` entries only so many are in its order.

    Raises
    ------
    problems.NotFound
        The list is not published, or has no such revision or edition.
    problems.Invalid
        Revision and edition at once.
    """
    if revision is not None and edition is not None:
        place = problems.FieldError("query/edition", "one_state", "修订（revision）和版次（edition）只能指定一个")
        raise problems.Invalid(f"{place.message}。", code="one_state", errors=[place])
    row = await repository.revision(connection, list_id, revision=revision, edition=edition)
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row.revision is None:
        raise problems.NotFound("该清单没有公布过所指的修订或版次。", code="revision_not_found")
    elements = await _elements(connection, row)
    mark = Marker(list_id, row.revision, row.hash)
    cover = cover_of(dict(row), issuer=row.issuer, at=row.effective_at, revision=dict(row), edition=edition, unit="")
    cover = replace(cover, mark=mark.line)
    columns = [column.as_dict() for column in columns_of(row.layout, elements)]
    task = {"format": form, "split": False, "cover": asdict(cover), "columns": columns, "elements": elements}
    order = await repository.order(connection, list_id, row.revision, most=most)
    return Content(name=file_name(cover, form), task=task, mark=mark, purged=row.purged, order=order)


def check_size(of: Content, form: str) -> None:
    """Refuse what takes longer than a request may. Raises TooLarge with the remedy."""
    if len(of.order) > AT_ONCE[form]:
        raise problems.TooLarge(
            f"清单超过直接下载的上限（{AT_ONCE[form]}项）；请登录后提交生成任务（POST /publish/v1/documents），"
            "或使用开放数据下载。",
            code="annex_too_large", extra={"most": AT_ONCE[form]},
        )  # fmt: skip


async def _elements(connection: AsyncConnection, row: Row) -> dict[str, Any]:
    """Elements by key that an annex may show: of profiles that count and differ, the one that hides wins."""
    found = await documents.wording(connection, [row.kind], row.chain)
    known = {str(one["key"]): one for profile in found for one in profile.elements}
    counting = Profile.of(one for profile in found if profile.counts for one in profile.elements)
    return shown(known.values(), counting.hidden)


async def pages(engine: AsyncEngine, of: Content, progress: Progress | None = None) -> AsyncIterator[bytes]:
    """The rows for the writer; what was withdrawn from the public in the meantime is not among them."""
    for begin in range(0, len(of.order), PAGE):
        part = of.order[begin : begin + PAGE]
        async with engine.connect() as connection:
            bodies = {row.item_id: row.body for row in await repository.bodies(connection, of.mark.list_id, part)}
        rows = [{"unit": one.unit, "body": orjson.loads(bodies[one.item_id])} for one in part if one.item_id in bodies]
        yield orjson.dumps(rows)
        if progress is not None:
            await progress(begin + len(part))
