"""What a bundle is made of and how its files are called. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from shared import problems
from shared.identity.principal import Principal

What = Literal["guide", "manual", "review_rules", "annex"]
KIND = "documents"
# Long enough to fetch a file after a holiday.
KEPT = timedelta(days=10)
# Files of one part: a press sets some fifty a second and lives no longer, so its memory is bounded; a kill costs no
# more than a part.
PART = 50
LIST_KINDS: Mapping[str, str] = {"guide": "implementation", "review_rules": "implementation", "manual": "permit"}
_LONGEST_NAME = 60
# Who keeps lists and who publishes them. Two thousand documents are work for every worker, so nobody else starts them.
_STARTERS = ("compiler", "principal", "reviewer", "list_authority", "decider", "administrator")
_FORBIDDEN = str.maketrans(dict.fromkeys('\\/:*?"<>|\r\n\t', "_"))


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for: documents of a list, a region (alone, not those below) or an organ; or a list's annex."""

    what: What
    format: str
    list_id: UUID | None = None
    region: str | None = None
    organ: UUID | None = None
    revision: int | None = None
    edition: str | None = None

    def __post_init__(self) -> None:
        places = [one for one in (self.list_id, self.region, self.organ) if one is not None]
        if len(places) != 1:
            raise _refuse("", "one_place", "清单（list_id）、区划（region）、机关（organ）应指定其中一个")
        if self.what == "annex":
            if self.list_id is None:
                raise _refuse("/list_id", "missing", "清单附件须指明清单（list_id）")
            return
        if self.format not in ("html", "json", "docx", "pdf"):
            raise _refuse("/format", "format_not_available", "该类文件的格式为 pdf、docx、html 或 json")
        if self.revision is not None or self.edition is not None:
            raise _refuse("/revision", "annex_only", "修订和版次只适用于清单附件；其余文件按现行公布内容生成")

    def stored(self) -> dict[str, Any]:
        """As an operation keeps it."""
        return {key: str(value) if isinstance(value, UUID) else value for key, value in asdict(self).items()}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Wish:
        """From `stored`."""
        ids = {key: UUID(stored[key]) if stored[key] else None for key in ("list_id", "organ")}
        return cls(**{**stored, **ids})


def may_start(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> bool:
    """Whether somebody keeps or publishes the lists of a place.

    Parameters
    ----------
    chain : the region of what is asked for and those above it.
    organ_id : the organ it is about, if it is about one.
    """
    return any(who.holds(role, region=chain, organ_id=organ_id) for role in _STARTERS)


def require_starter(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> None:
    """Raises Forbidden unless `may_start`."""
    if not may_start(who, chain, organ_id):
        told = "只有该区划的清单编制、审核、牵头、审定人员和系统管理员可以批量生成；编制人员限本机关的事项。"
        raise problems.Forbidden(told, code="not_yours")


def file_name(title: str, item_id: UUID, form: str) -> str:
    """What a document is called in its bundle: findable by people, and never twice."""
    return f"{title.translate(_FORBIDDEN)[:_LONGEST_NAME]}-{item_id}.{form}"


def _refuse(pointer: str, code: str, message: str) -> problems.Invalid:
    return problems.Invalid(f"{message}。", code=code, errors=[problems.FieldError(pointer, code, message)])
