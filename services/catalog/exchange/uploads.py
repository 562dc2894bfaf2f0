"""Taking in an uploaded file: a form with a file in it, or the bare CSV with its parameters in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from services.catalog.exchange import spool
from services.catalog.exchange.schemas import ImportRequest
from shared import problems
from shared.http import messages
from shared.settings import Settings

_RAW = (
    "text/csv",
    "application/csv",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_FORM = "multipart/form-data"
# Parameters of the form are short sentences.
_LONGEST_FIELD = 16 * 1024
_MOST_FIELDS = 20
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file and what is to become of it."""

    spool: str
    file_name: str
    wish: ImportRequest


async def receive(request: Request, settings: Settings, parameters: Mapping[str, Any]) -> Upload:
    """Store the file of a request; nothing is kept when anything is wrong with it.

    Raises
    ------
    problems.BadRequest
        Neither form nor CSV, or a form that cannot be read.
    problems.Invalid
        Parameters missing or wrong, no file, an empty file.
    problems.TooLarge
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == _FORM:
        return await _from_form(request, settings)
    if content_type not in _RAW:
        raise problems.BadRequest(
            "请以 multipart/form-data（含 file 字段）、text/csv 或 XLSX 提交文件。", code="unsupported_content_type"
        )
    wish = _wish(parameters)
    try:
        name = await spool.keep(settings.state_dir, request.stream(), settings.upload_limit)
    except ClientDisconnect as error:
        raise problems.BadRequest("上传中断，请重新提交。", code="upload_interrupted") from error
    return _kept(settings, name, str(parameters.get("file_name") or "upload.csv"), wish)


async def _from_form(request: Request, settings: Settings) -> Upload:
    try:
        form = await request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD)
    except (HTTPException, ClientDisconnect, ValueError, LookupError) as error:
        raise problems.BadRequest(
            "表单无法识别，请检查分隔符、文件个数（一个）和字段长度。", code="bad_form"
        ) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise problems.Invalid(
                "表单中缺少文件字段 file。",
                code="file_missing",
                errors=[problems.FieldError("/file", "missing", "请选择CSV文件")],
            )
        wish = _wish({key: value for key, value in form.items() if key != "file"})
        name = await spool.keep(settings.state_dir, spool.blocks_of(file.file), settings.upload_limit)
        return _kept(settings, name, file.filename or "upload.csv", wish)
    finally:
        await form.close()


def _kept(settings: Settings, name: str, file_name: str, wish: ImportRequest) -> Upload:
    path = spool.folder(settings.state_dir) / name
    if path.stat().st_size == 0:
        spool.remove(settings.state_dir, name)
        raise problems.Invalid(
            "文件为空，请上传含表头和数据的CSV文件。",
            code="empty_file",
            errors=[problems.FieldError("/file", "empty_file", "文件为空")],
        )
    return Upload(name, _plain_name(file_name), wish)


def _wish(parameters: Mapping[str, Any]) -> ImportRequest:
    """The parameters as a model; an empty field counts as not given."""
    given = {key: value for key, value in parameters.items() if value not in ("", None) and key != "file_name"}
    try:
        return ImportRequest.model_validate(given)
    except ValidationError as error:
        places = [
            problems.FieldError(
                "/" + "/".join(map(str, entry["loc"])),
                entry["type"],
                messages.message(entry["type"], entry.get("ctx") or {}),
            )
            for entry in error.errors(include_url=False, include_input=False)
        ]
        raise problems.Invalid(f"导入参数有 {len(places)} 处有误，请按提示修改。", errors=places) from error


def _plain_name(name: str) -> str:
    """A file name to show to people: no folders, no control characters, not endless."""
    last = Path(name.replace("\\", "/")).name
    shown = "".join(sign for sign in last if sign.isprintable())
    return shown[:_LONGEST_NAME] or "upload.csv"
