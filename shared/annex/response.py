"""An annex as an answer: written once the request's transaction is over, since it takes longer than one may idle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from shared import child_writer
from shared.annex.offer import MEDIA_TYPES

WRITER = "shared.annex.writer"
_BLOCK = 1 << 18
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}, "example": "（文件）"}
_JSON: dict[str, Any] = {
    "schema": {"type": "object", "additionalProperties": True},
    "example": {"columns": ["序号", "许可事项名称"], "entries": [{"serial": 1, "cells": ["采砂许可"]}], "count": 1},
}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {
        media: _JSON if media == MEDIA_TYPES["json"] else _FILE for media in dict.fromkeys(MEDIA_TYPES.values())}}
}  # fmt: skip


class AnnexResponse(StreamingResponse):
    """The file of a task and its pages."""

    def __init__(
        self, request: Request, name: str, suffix: str, order: tuple[Mapping[str, Any], AsyncIterator[bytes]]
    ) -> None:
        super().__init__(iter(()), media_type=MEDIA_TYPES[suffix], headers=attachment(name, suffix))
        self._folder, self._suffix, self._order = request.app.state.settings.state_dir, suffix, order

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the file, then send it; what goes wrong before the first byte is still told as a problem."""
        self.body_iterator = _blocks(await child_writer.written(self._folder, self._suffix, WRITER, self._order))
        await super().__call__(scope, receive, send)


def attachment(name: str, suffix: str) -> dict[str, str]:
    """The header under which a browser saves the file."""
    return {"Content-Disposition": f"attachment; filename=\"annex.{suffix}\"; filename*=UTF-8''{quote(name, safe='')}"}


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while block := await anyio.to_thread.run_sync(file.read, _BLOCK):
            yield block
