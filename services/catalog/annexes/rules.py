"""What an annex holds and how it is named. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared import problems
from shared.annex.offer import AT_ONCE

Format = Literal["xlsx", "csv", "json", "docx", "html", "pdf"]
NO_UNIT = "none"
# Instants at the ends of the calendar cannot be told in every zone.
FIRST_YEAR, LAST_YEAR = 1949, 2999


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for: at most one of `as_of`, `revision`, `edition`; none of them is the list as it stands.

    `unit` is an implementing body's id, or ``none`` for the entries that name none; `by_unit` a file for each of them.
    """

    format: Format
    as_of: datetime | None = None
    revision: int | None = None
    edition: str | None = None
    unit: str | None = None
    by_unit: bool = False

    def __post_init__(self) -> None:
        named = [name for name in ("as_of", "revision", "edition") if getattr(self, name) is not None]
        if len(named) > 1:
            raise _refuse(named[1], "one_state", "时点（as_of）、修订（revision）、版次（edition）只能指定一个")
        if self.as_of is not None and not FIRST_YEAR <= self.as_of.year <= LAST_YEAR:
            raise _refuse("as_of", "out_of_range", f"时点应在{FIRST_YEAR}年至{LAST_YEAR}年之间")
        if self.unit is not None and self.by_unit:
            raise _refuse("by_unit", "one_unit", "已指定单位（unit）时不能再按单位分册（by_unit）")
        if self.unit is not None and self.unit_id is None and self.unit != NO_UNIT:
            raise _refuse("unit", "uuid_parsing", "应为机构编号（UUID），或以 none 表示未列实施机关的事项")

    @property
    def published(self) -> bool:
        """Whether a published state is meant."""
        return self.revision is not None or self.edition is not None

    @property
    def unit_id(self) -> UUID | None:
        """The implementing body, if one is named."""
        try:
            return UUID(self.unit) if self.unit else None
        except ValueError:
            return None

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return "zip" if self.by_unit else self.format

    @property
    def at_once(self) -> int:
        """The most entries that are written while somebody waits."""
        return AT_ONCE[self.format]

    def check_size(self, entries: int) -> None:
        """Refuse what takes longer than a request may. Raises TooLarge with the remedy."""
        if entries > self.at_once:
            raise problems.TooLarge(
                f"清单超过直接下载的上限（{self.at_once}项）；请提交生成任务（POST …/annexes）后下载结果文件，"
                "或按单位（unit）导出。",
                code="annex_too_large", extra={"most": self.at_once},
            )  # fmt: skip


def _refuse(name: str, code: str, message: str) -> problems.Invalid:
    return problems.Invalid(f"{message}。", code=code, errors=[problems.FieldError(f"query/{name}", code, message)])


def check_layout(columns: Sequence[Mapping[str, Any]], known: frozenset[str]) -> None:
    """Refuse a layout that names what no profile of the kind has, or a thing twice. Raises Invalid."""
    seen: set[str] = set()
    errors = []
    for index, column in enumerate(columns):
        if column["element"] not in known:
            errors.append(problems.FieldError(f"/columns/{index}/element", "unknown_element",
                                              f"该清单类型没有要素“{column['element']}”"))  # fmt: skip
        elif column["element"] in seen:
            errors.append(problems.FieldError(f"/columns/{index}/element", "element_twice", "同一要素只列一次"))
        seen.add(column["element"])
    if errors:
        raise problems.Invalid(f"附件列有{len(errors)}处错误，请按提示修改。", code="layout_invalid", errors=errors)
