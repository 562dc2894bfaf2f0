"""The guide of a published entry as data: the fourteen elements and everything around them (ZL-23, ZL-25). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.publish.documents.wording import Wording
from shared import problems
from shared.annex.texts import BASIS_USES, STATES
from shared.clock import ZONE
from shared.guide import fourteen
from shared.guide.materials import MATERIAL_FORMS, MATERIAL_SOURCES, NECESSITIES

Body = Mapping[str, Any]
Rows = list[dict[str, str]]
# In a drawing of a process: what of it is not made by a step of its own.
_SUSPENDED = "该事项目前暂停办理。"
_RIGHTS = ("applicant_rights", "reconsideration", "litigation")
_STEPS = "process_steps"
_REQUIREMENTS = ("specification", "signature", "filling_instructions", "notes")


def check_guided(state: str, wording: Wording) -> None:
    """A guide is for entries whose handling is described and that are still handled.

    Raises
    ------
    problems.Gone
        The entry was cancelled.
    problems.Conflict
        Code `no_guide`.
    """
    if state == "cancelled":
        raise problems.Gone("该事项已取消，不再提供办事指南。", code="item_cancelled")
    if wording.element(_STEPS) is None:
        message = "该清单不描述办理过程，没有办事指南；请查看实施清单中的对应事项。"
        raise problems.Conflict(message, code="no_guide")


def guide_data(body: Body, specification: Body | None, wording: Wording, proof: Mapping[str, Any]) -> dict[str, Any]:
    """Everything a guide says, for JSON and for templates; empty texts where nobody has said anything.

    `proof` says where it comes from: list, revision, hashes.
    """
    own, above = body["elements"], (specification or {}).get("elements", {})
    made = fourteen.guide(own, above, {}, wording)
    said = _Said(own, above, wording)
    told = {one.key: one.text for one in made.elements}
    return {
        "kind": "guide", "title": f"{own.get('name', '')}办事指南", "name": str(own.get("name", "")),
        "base_code": str(own.get("base_code") or ""), "implementation_code": str(own.get("implementation_code") or ""),
        "region": body["region_name"], "organ": told["implementing_body"], "state": STATES.get(body["state"], ""),
        "elements": [{"key": one.key, "title": one.title, "text": one.text, "source": one.source or ""}
                     for one in made.elements],
        "missing": list(made.missing), "complete": not made.missing,
        "basis": said.basis(), "conditions": said.texts("acceptance_conditions") + said.texts("conditions"),
        "service_objects": said.text("service_objects"),
        "statutory_limit": said.limit("statutory_limit"), "promised_limit": said.limit("promised_limit"),
        "steps": said.steps(), "materials": said.materials(), "fees": said.fees(),
        "free": said.value("charged") is False, "windows": said.windows(), "special_procedures": said.special(),
        "results": said.results(), "online_address": said.text("online_address"), "visits": said.text("visits"),
        "questions": said.rows("questions", "question", "answer"),
        "attention": [*([_SUSPENDED] if body["state"] == "suspended" else []), *made.notices,
                      *([body["transitional_rule"]] if body["transitional_rule"] not in made.notices else [])],
        "rights": [text for key in _RIGHTS if (text := said.text(key))],
        "consultation": [one for one in (told["consult_phone"], said.text("consult_way")) if one],
        "complaint": [one for one in (told["complaint_phone"], said.text("complaint_way")) if one],
        "correction_limit": said.limit("correction_limit"),
        "valid_from": _day(body["effective_from"]), "version": str(body["version"]), **proof,
    }  # fmt: skip


class _Said:
    """What an entry says, else its specification."""

    def __init__(self, own: Mapping[str, Any], above: Mapping[str, Any], wording: Wording) -> None:
        self._own, self._above, self._wording = own, above, wording

    def value(self, key: str) -> Any:
        for elements in (self._own, self._above):
            value = elements.get(key)
            if value is not None and value != "" and value != []:
                return value
        return None

    def text(self, key: str) -> str:
        return self._wording.text(key, self.value(key))

    def limit(self, key: str) -> str:
        known = self._wording.element(key)
        return fourteen.limit_text(self.value(key) or (known.default if known else None))

    def mappings(self, key: str) -> list[Mapping[str, Any]]:
        value = self.value(key)
        return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

    def cell(self, key: str, row: Mapping[str, Any], column: str) -> str:
        return self._wording.cell(key, column, row.get(column))

    def rows(self, key: str, *columns: str) -> Rows:
        return [{one: self.cell(key, row, one) for one in columns} for row in self.mappings(key)]

    def texts(self, key: str) -> list[str]:
        value = self.value(key)
        given = value if isinstance(value, list) else [value] if value else []
        return [str(one.get("name", "")) if isinstance(one, Mapping) else str(one) for one in given]

    def basis(self) -> Rows:
        columns = ("document", "number", "article", "text")
        return [
            {"use": BASIS_USES.get(str(row.get("kind")), ""), **{one: str(row.get(one) or "") for one in columns}}
            for row in self.mappings("basis")
        ]

    def steps(self) -> Rows:
        made = []
        for number, row in enumerate(self.mappings(_STEPS), 1):
            who = "、".join(filter(None, (self.cell(_STEPS, row, "body"), self.cell(_STEPS, row, "handler"))))
            limit = fourteen.limit_text(row.get("limit"))
            told = {one: self.cell(_STEPS, row, one) for one in ("name", "standard", "result", "basis")}
            stage, special = str(row.get("stage") or ""), "是" if row.get("special") is True else ""
            made.append({"number": str(number), **told, "stage": stage, "who": who, "limit": limit, "special": special})
        return made

    def materials(self) -> Rows:
        return [
            {
                "number": str(number), "name": str(row.get("name", "")),
                "necessity": NECESSITIES.get(str(row.get("necessity") or "required"), ""),
                "form": MATERIAL_FORMS.get(str(row.get("form")), ""), "copies": _copies(row),
                "source": "，".join(filter(None, (MATERIAL_SOURCES.get(str(row.get("source")), ""),
                                                str(row.get("issued_by") or "")))),
                "basis": str(row.get("basis") or ""), "situation": str(row.get("situation") or ""),
                "notes": "；".join(str(row[key]) for key in _REQUIREMENTS if row.get(key)),
            }
            for number, row in enumerate(self.mappings("materials"), 1)
        ]  # fmt: skip

    def fees(self) -> Rows:
        found = self.rows("fees", "name", "standard", "basis", "collector")
        if found or not self.text("fee_standard"):
            return found
        named = {"name": "", "standard": self.text("fee_standard"), "basis": self.text("fee_basis")}
        return [{**named, "collector": ""}]

    def windows(self) -> Rows:
        found = self.rows("windows", "name", "address", "hours", "phone", "traffic")
        if found or not self.text("handling_place"):
            return found
        return [{"name": "", "address": self.text("handling_place"), "hours": self.text("handling_hours"),
                 "phone": self.text("consult_phone"), "traffic": ""}]  # fmt: skip

    def special(self) -> Rows:
        made = self.rows("special_procedures", "name", "kind", "body", "basis", "description")
        for row, given in zip(made, self.mappings("special_procedures"), strict=True):
            row["limit"] = fourteen.limit_text(given.get("limit"))
        return made

    def results(self) -> list[str]:
        named = [str(row.get("name", "")) for row in self.mappings("results")]
        return named or [text for text in [self.text("result_name")] if text]


def _copies(row: Mapping[str, Any]) -> str:
    kinds = (("originals", "原件"), ("copies", "复印件"))
    return "、".join(f"{title}{row[key]}份" for key, title in kinds if isinstance(row.get(key), int))


def _day(instant: str) -> str:
    day = datetime.fromisoformat(instant).astimezone(ZONE)
    return f"{day.year}年{day.month}月{day.day}日"


def colophon(data: Mapping[str, Any]) -> Sequence[str]:
    """Where a document comes from, so that anybody can prove it: version, list, revision, hashes."""
    return (
        f"版本：第{data['version']}版，自{data['valid_from']}起有效",
        f"来源：《{data['list_title']}》第{data['revision']}次修订",
        f"清单摘要（SHA-256）：{data['list_hash']}",
        f"事项摘要（SHA-256）：{data['hash']}",
    )
