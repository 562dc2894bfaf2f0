"""Who may attach a file, how much, and what a record says that refers to one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.workflow.procedures.rules import ReviewStep
from shared import problems

# A scanned decision of a hundred pages has some ten megabytes.
LARGEST_FILE = 20 * 1024 * 1024
# The file of a case of five departments; an adjustment that needs more is several.
MOST_FILES, LARGEST_TOTAL = 200, 500 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of an adjustment, without its content."""

    id: UUID
    adjustment_id: UUID
    step_id: UUID | None
    title: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    uploaded_by: str
    uploaded_at: datetime


def check_size(size: int) -> None:
    """A file holds something, and not too much.

    Raises
    ------
    problems.Invalid, problems.TooLarge
    """
    if size == 0:
        place = problems.FieldError("/file", "empty_file", "文件为空")
        raise problems.Invalid("文件为空，请重新选择。", code="empty_file", errors=[place])
    if size > LARGEST_FILE:
        raise problems.TooLarge(f"附件超过 {LARGEST_FILE // (1 << 20)} MB，请压缩或拆分后上传。")


def check_room(files: int, total: int, size: int) -> None:
    """An adjustment is no archive.

    Raises
    ------
    problems.Conflict
        Code `too_many_attachments`.
    """
    if files >= MOST_FILES or total + size > LARGEST_TOTAL:
        raise problems.Conflict(
            f"一项动态调整最多 {MOST_FILES} 个附件、合计 {LARGEST_TOTAL // (1 << 20)} MB，请合并后上传。",
            code="too_many_attachments",
        )


def step_of(
    opened: Iterable[ReviewStep], mine: Callable[[ReviewStep], bool], wanted: UUID | None, *, compiles: bool
) -> UUID | None:
    """The open step a file is attached at; None while it is compiled, or where several steps are the caller's.

    Parameters
    ----------
    compiles : the adjustment is with those who compile it, and the caller is one of them.

    Raises
    ------
    problems.Forbidden
        Code `not_taking_part`: nothing of the adjustment lies with the caller now.
    problems.Invalid
        The step he names is not open, or not his; pointer `query/step_id`.
    """
    steps = [step.id for step in opened if mine(step)]
    if wanted is not None and wanted not in steps:
        place = problems.FieldError("query/step_id", "unknown_step", "该环节未在办理中，或不由您办理")
        raise problems.Invalid("所写环节有误。", errors=[place])
    if not steps and not compiles:
        raise problems.Forbidden(
            "目前该动态调整没有由您办理的环节，不能上传附件；编制期间由编制人员上传，审核期间由承办环节的人员上传。",
            code="not_taking_part",
        )
    return wanted or (steps[0] if len(steps) == 1 else None)


def evidence(pointer: str, given: Mapping[str, Any], found: Attachment | None) -> dict[str, Any]:
    """What a record keeps of a document that is attached: the digest is that of the file.

    Raises
    ------
    problems.Invalid
        The adjustment has no such file, or the digest is another one's; pointers below `pointer`.
    """
    if found is None:
        place = problems.FieldError(f"{pointer}/attachment_id", "unknown_attachment", "本次调整没有这个附件，请先上传")
        raise problems.Invalid("所引用的附件有误。", errors=[place])
    if given.get("sha256") not in (None, found.sha256):
        message = f"摘要与附件“{found.file_name}”不符，应为 {found.sha256}；请核对文件是否为同一份"
        place = problems.FieldError(f"{pointer}/sha256", "hash_mismatch", message)
        raise problems.Invalid("凭证的摘要与所引用的附件不符。", errors=[place])
    return {**given, "reference": given.get("reference") or found.file_name, "sha256": found.sha256}
