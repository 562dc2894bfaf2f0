"""What stands in the three slots of an entry, and what counts as there (ZL-09, ZL-25, ZL-26, TH-21, ZZ-05). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from shared import problems
from shared.identity.principal import Principal

SLOTS = {"policy_documents": "政策文件", "guide": "办事指南", "review_rules": "审查细则"}
# Of permits: what was received from above, and what is made of it for those who handle.
OF_PERMITS = {"specification": "实施规范", "manual": "业务手册", "guide": "办事指南"}
LARGEST_FILE = 20 * 2**20
# Where an entry says what is asked for, as SQL/JSON paths; the elements of its guide are in `publish_guide_v1`.
_TEXT = '? (@.type() == "string" && @ != "")'
STANDARDS = (f"$.process_steps[*].standard {_TEXT}", f"$.review_standard {_TEXT}")
POLICIES = (f"$.basis[*].document {_TEXT}", f"$.policy_documents[*].name {_TEXT}")
SPECIFIED = (f"$.process_steps[*].name {_TEXT}", f"$.conditions[*] {_TEXT}", f"$.materials[*].name {_TEXT}")
_STATUSES = {
    "in_force": "现行有效",
    "amended": "已修改",
    "suspended": "暂停执行",
    "repealed": "已废止",
    "void": "已失效",
}
_HOLDS = frozenset({"in_force", "amended"})
_EDITORS = ("compiler", "principal", "reviewer", "list_authority")
_READERS = (*_EDITORS, "decider", "auditor", "administrator")
_SIGNS = re.compile(r"[《》\s]")
_STATE = "中华人民共和国"


def bare(title: str) -> str:
    """A title without its brackets."""
    return _SIGNS.sub("", title)


def key(title: str) -> str:
    """A title as titles are compared: laws are cited with and without the name of the state."""
    return bare(title).removeprefix(_STATE)


def cited(elements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Documents that entries rest on or name as policy, each once with its articles, in the order of the entries."""
    found: dict[str, dict[str, Any]] = {}
    for one in elements:
        for row in [*_rows(one.get("basis")), *_rows(one.get("policy_documents"))]:
            title = bare(str(row.get("document") or row.get("name") or ""))
            if not title:
                continue
            known = found.setdefault(title, {"title": title, "number": "", "articles": [], "address": ""})
            known["number"] = known["number"] or str(row.get("number") or "")
            known["address"] = known["address"] or str(row.get("reference") or "")
            if row.get("article") and row["article"] not in known["articles"]:
                known["articles"].append(str(row["article"]))
    return list(found.values())


def with_state(documents: Sequence[dict[str, Any]], register: Sequence[Any], today: date) -> list[dict[str, Any]]:
    """The same, each with what the register of documents says of it: in force or not, None where nothing is known."""
    by_number = {one.number: one for one in register if one.number}
    by_title = {key(one.title): one for one in register}
    return [one | _state(by_number.get(one["number"]) or by_title.get(key(one["title"])), today) for one in documents]


def _state(known: Any, today: date) -> dict[str, Any]:
    if known is None:
        return {"document_id": None, "status": None, "status_title": "未登记", "in_force": None}
    begun = known.effective_from is None or known.effective_from <= today
    over = known.expires_on is not None and known.expires_on < today
    title = "已失效" if over else _STATUSES.get(known.status, known.status) if begun else "尚未施行"
    return {
        "document_id": known.id, "status": known.status, "status_title": title,
        "in_force": known.status in _HOLDS and begun and not over,
    }  # fmt: skip


def standards(elements: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Review standards of the whole, of entry and specification, each once."""
    said = (str(one["review_standard"]) for one in elements if one.get("review_standard"))
    return tuple(dict.fromkeys(said))


def require_editor(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> None:
    """The organ itself uploads, or the region for it. Raises Forbidden."""
    if not any(who.holds(role, region=chain, organ_id=organ_id) for role in _EDITORS):
        raise problems.Forbidden("只有该事项的实施机关或本级审改办、清单牵头单位可以上传审查细则。", code="not_yours")


def require_reader(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> None:
    """Who works for a region reads of all its organs, an organ's people of theirs. Raises Forbidden."""
    if not any(who.holds(role, region=chain, organ_id=organ_id) for role in _READERS):
        raise problems.Forbidden("您不能查看该区划的情况；查看本单位的，请写明单位（organ）。", code="not_yours")


def check_size(size: int) -> None:
    """A file holds something, and not too much. Raises Invalid, TooLarge."""
    if size == 0:
        place = problems.FieldError("/file", "empty_file", "文件为空")
        raise problems.Invalid("文件为空，请重新选择。", code="empty_file", errors=[place])
    if size > LARGEST_FILE:
        raise problems.TooLarge(f"文件超过 {LARGEST_FILE // 2**20} MB，请压缩或拆分后上传。")


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def things(kind: str) -> Mapping[str, str]:
    """What entries of a kind ought to have."""
    return OF_PERMITS if kind == "permit" else SLOTS


def covered(counts: Sequence[tuple[str, int, Mapping[str, int]]]) -> dict[str, float]:
    """`kind.thing` -> share of entries that have it; to four places, rounded down, so that 1 is all."""
    entries: dict[str, int] = {}
    missing: dict[str, int] = {}
    for kind, count, lacks in counts:
        for thing, number in lacks.items():
            key = f"{kind}.{thing}"
            entries[key] = entries.get(key, 0) + count
            missing[key] = missing.get(key, 0) + number
    return {key: (count - missing[key]) * 10_000 // count / 10_000 for key, count in sorted(entries.items()) if count}
