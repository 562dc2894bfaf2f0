"""Taking in an uploaded file: a form with a file in it, or the bare file with its name in the address."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from shared import problems
from shared.file_formats import FORMATS

_LONGEST_FIELD = 16 * 1024
LONGEST_NAME = 200
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
# How the download of a file that was taken in is described.
DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file as it was uploaded",
        "content": {each.media_type: {"schema": _FILE, "example": "…"} for each in FORMATS},
    }
}


def body(example: str) -> dict[str, Any]:
    """How the request that brings a file is described: `openapi_extra` of its operation."""
    form = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form, "example": {"file": example}},
                "application/octet-stream": {"schema": _FILE, "example": example},
            },
        }
    }


async def receive(request: Request, file_name: str | None, *, most: int) -> tuple[str, bytes]:
    """Name and content of the file of a request; what is longer than `most` bytes is cut one above.

    Raises
    ------
    problems.BadRequest
        Neither form nor bytes, or a form that cannot be read.
    problems.Invalid
        No file, or no name for it.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        return await _from_form(request, file_name, most)
    if content_type != "application/octet-stream":
        raise problems.BadRequest(
            "请以 multipart/form-data（含 file 字段）或 application/octet-stream 提交文件。",
            code="unsupported_content_type",
        )
    if not file_name:
        place = problems.FieldError("query/file_name", "missing", "直接提交文件内容时，请写明文件名")
        raise problems.Invalid("缺少文件名。", errors=[place])
    return file_name, await request.body()


async def _from_form(request: Request, file_name: str | None, most: int) -> tuple[str, bytes]:
    try:
        form = await request.form(max_files=1, max_fields=10, max_part_size=_LONGEST_FIELD)
    except (HTTPException, ClientDisconnect, ValueError, LookupError) as error:
        raise problems.BadRequest(
            "表单无法识别，请检查分隔符、文件个数（一个）和字段长度。", code="bad_form"
        ) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            place = problems.FieldError("/file", "missing", "请选择文件")
            raise problems.Invalid("表单中缺少文件字段 file。", code="file_missing", errors=[place])
        return file_name or file.filename or "", await file.read(most + 1)
    finally:
        await form.close()


def plain_name(name: str) -> str:
    """A file name to show to people: no folders, no control or direction signs, not endless; its ending stays."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign for sign in last if sign.isprintable()).strip()
    stem, dot, suffix = shown.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}" if dot else shown[:LONGEST_NAME]
