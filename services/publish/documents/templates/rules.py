"""Which template holds in a region, who may bring one, and how much of one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from shared import problems
from shared.identity.principal import Principal

# What a format is made with, and what of it a template is for.
ENGINES = {"docx": "docx", "pdf": "typst"}
DOCUMENTS = {"guide": "办事指南", "manual": "业务手册", "review_rules": "审查细则"}
SUFFIXES = {"docx": ".docx", "typst": ".typ"}
# A template with a crest has some hundred kilobytes.
LARGEST = 5 * 2**20
_OWNERS = ("administrator", "reviewer", "list_authority")


class Placed(Protocol):
    """A template as far as its place matters."""

    @property
    def region_code(self) -> Any:
        """Where it belongs."""

    @property
    def open_below(self) -> Any:
        """Whether regions below may have their own."""


P = TypeVar("P", bound=Placed)


def holding(templates: Sequence[P]) -> P | None:
    """The template that holds, of those active from the top down: the nearest one that those above allow (HB-37)."""
    chosen: P | None = None
    for template in templates:
        chosen = template
        if not template.open_below:
            break
    return chosen


def check_allowed(above: Sequence[Placed], region: str) -> None:
    """Refuse a template where a superior's holds. Raises Conflict, code `template_fixed_above`."""
    fixed = next((one for one in above if one.region_code != region and not one.open_below), None)
    if fixed is not None:
        raise problems.Conflict(
            f"上级（区划{fixed.region_code}）已统一规定该类模板，本级不能另行制定；确需调整的，请商上级开放。",
            code="template_fixed_above", extra={"region_code": fixed.region_code},
        )  # fmt: skip


def require_owner(who: Principal, chain: Sequence[str]) -> None:
    """Whoever leads lists, reviews or administers in a region brings its templates. Raises Forbidden."""
    if not any(who.holds(role, region=chain) for role in _OWNERS):
        raise problems.Forbidden("只有本级系统管理员、审改办或清单牵头单位可以管理模板。", code="not_yours")


def check_size(size: int) -> None:
    """A template holds something, and not too much. Raises Invalid, TooLarge."""
    if size == 0:
        place = problems.FieldError("/file", "empty_file", "文件为空")
        raise problems.Invalid("模板文件为空，请重新选择。", code="empty_file", errors=[place])
    if size > LARGEST:
        raise problems.TooLarge(f"模板超过 {LARGEST // 2**20} MB，请精简其中的图片后上传。", code="template_too_large")
