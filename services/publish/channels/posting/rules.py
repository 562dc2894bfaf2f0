"""When people may say that they have posted a copy, and with what evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared import problems
from shared.problems import FieldError

# A scan or a photo.
LARGEST_FILE = 20 * 1024 * 1024

# Files that nobody has confirmed anything with yet: one posting of each list and some mistakes.
MOST_UNUSED = 50


def check_room(unused: int) -> None:
    """A channel is no archive. Raises Conflict."""
    if unused >= MOST_UNUSED:
        raise problems.Conflict(
            f"该渠道已有 {unused} 份凭证尚未用于确认发布，请先确认发布再上传。", code="too_much_evidence"
        )


def check_size(size: int) -> None:
    """A file holds something, and not too much. Raises Invalid, TooLarge."""
    if size == 0:
        raise _invalid("/file", "empty_file", "文件为空，请重新选择")
    if size > LARGEST_FILE:
        raise problems.TooLarge(f"凭证文件超过 {LARGEST_FILE // (1 << 20)} MB，请压缩后上传。")


def check_posting(channel: Mapping[str, Any], given: Mapping[str, Any], today: date) -> None:
    """A person confirms what a person posts, as of a day that has come, with a link or a picture.

    Raises
    ------
    problems.Conflict
        The channel gets its copies by itself, or is paused.
    problems.Invalid
    """
    if channel["delivery"] != "post":
        raise problems.Conflict("该渠道的副本由系统推送或渠道读取，无需人工确认。", code="not_posted_by_people")
    if channel["state"] != "active":
        raise problems.Conflict("该渠道已暂停，请恢复后再确认发布。", code="channel_paused")
    if given["posted_on"] > today:
        raise _invalid("/posted_on", "in_future", "发布日期不能晚于今天")
    if not given.get("link") and not given.get("evidence_id"):
        raise _invalid("/evidence_id", "required", "请上传照片、扫描件，或填写已发布内容的链接")


def check_revision(revision: int, due: int) -> None:
    """What counts is the revision that is due: an older one on the wall is not the list in force. Raises Conflict."""
    if revision != due:
        raise problems.Conflict(
            f"该渠道应发布第 {due} 次修订，请下载该版本的副本发布后再确认。",
            code="revision_superseded", extra={"due_revision": due},
        )  # fmt: skip


def _invalid(pointer: str, code: str, message: str) -> problems.Invalid:
    return problems.Invalid(f"{message}。", code=code, errors=[FieldError(pointer, code, message)])
