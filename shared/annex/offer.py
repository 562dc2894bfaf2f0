"""How an annex is offered: its media type, its cover and name, and how many entries are written at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.annex.layout import Cover
from shared.clock import ZONE

MEDIA_TYPES: Mapping[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
# Entries that are written while somebody waits: about a second each on one core (docs/performance.md). Longer annexes
# are operations.
AT_ONCE: Mapping[str, int] = {"xlsx": 2_000, "csv": 5_000, "json": 5_000, "docx": 3_000, "html": 5_000, "pdf": 500}


def cover_of(
    row: Mapping[str, Any], *, issuer: str, at: datetime, revision: Mapping[str, Any] | None, edition: str | None,
    unit: str,
) -> Cover:  # fmt: skip
    """The cover of a published revision, else of the draft that a list is or was at an instant: it says so."""
    decision = (revision or {}).get("decision") or (row["decision"] if revision is None else None) or {}
    if revision is not None:
        state = edition or f"第{revision['revision']}次修订"
        day = _day_of(decision) or revision["effective_at"].astimezone(ZONE).date()
        date_text = chinese_date(day)
    else:
        state = "编制稿" if row["state"] == "compiling" else "工作稿（未公布）"
        date_text = f"截至{chinese_date(at.astimezone(ZONE).date())}"
    return Cover(
        title=row["title"], issuer=issuer, edition=state, date=date_text, number=str(decision.get("number") or ""),
        unit=unit,
    )  # fmt: skip


def _day_of(decision: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(decision.get("date")))
    except ValueError:
        return None


def chinese_date(day: date) -> str:
    """A date as documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def mark_of(list_id: object, revision: int, digest: str) -> str:
    """What proves to people who hold a paper which revision of a list it shows; copies in channels end with it too.

    Parameters
    ----------
    digest : SHA-256 of the revision, hexadecimal (docs/publication-hash.md).
    """
    return f"清单版本 {list_id} 第{revision}次修订 校验码 {digest}"


def file_name(cover: Cover, suffix: str) -> str:
    """What a person's computer calls the file."""
    parts = [cover.title, cover.edition, cover.unit]
    return "-".join(part for part in parts if part).replace("/", "_") + f".{suffix}"
