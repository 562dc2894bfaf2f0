"""The business manual of a published permit as data (TH-21): what is examined, by when, what is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.publish.documents.guides.rules import Body, guide_data
from services.publish.documents.wording import Wording
from shared import problems
from shared.annex.texts import plain

PERMIT = "permit"
# Kinds of entries that tell what the organ owes and who supervises, matched by the permit's base code.
DUTIES, SUPERVISION = "responsibility", "follow_up_supervision"
# The stage of a notice and its article in 行政许可法; what an entry names itself comes beside it.
_NOTICES = (
    ("受理通知书", "受理", "当场出具", "行政许可法第三十二条"),
    ("不予受理决定书", "受理", "当场出具，说明理由", "行政许可法第三十二条"),
    ("一次性补正告知书", "受理", "{correction}一次性告知", "行政许可法第三十二条"),
    ("听证告知书", "审查", "作出决定前", "行政许可法第四十六条、第四十七条"),
    ("延期告知书", "审查", "期限届满前，说明理由", "行政许可法第四十二条"),
    ("准予行政许可决定书", "决定", "{limit}作出，十日内送达", "行政许可法第三十八条、第四十四条"),
    ("不予行政许可决定书", "决定", "{limit}作出，说明理由并告知救济权利", "行政许可法第三十八条"),
)
_AFTERWARDS = (
    ("validity", "许可证件有效期"),
    ("alteration", "变更"),
    ("renewal", "延续"),
    ("extension_procedure", "延长期限"),
)


def check_permit(kind: str, state: str) -> None:
    """A manual is for permits that are handled. Raises Conflict `no_manual`, Gone."""
    if kind != PERMIT:
        message = "业务手册按行政许可事项编制；请从许可事项清单选择事项。"
        raise problems.Conflict(message, code="no_manual")
    if state == "cancelled":
        raise problems.Gone("该许可事项已取消，不再提供业务手册。", code="item_cancelled")


def manual_data(
    body: Body, specification: Body | None, duties: Sequence[Body], supervision: Sequence[Body], wording: Wording,
    proof: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Everything a manual says: that of the guide, and what those who handle the permit need beside it."""
    data = guide_data(body, specification, wording, proof)
    both = {**(specification or {}).get("elements", {}), **{k: v for k, v in body["elements"].items() if v}}
    return data | {
        "kind": "manual", "title": f"{data['name']}业务手册",
        "review_points": review_points(data, wording.text("review_standard", both.get("review_standard"))),
        "notices": _notices(data, both.get("notice_templates")),
        "afterwards": [{"title": title, "text": text} for key, title in _AFTERWARDS
                       if (text := wording.text(key, both.get(key)))],
        "supervising_body": plain(both.get("supervising_body") or ""),
        "supervision": _texts([both.get("supervision_measures"), *(
            one["elements"].get(key) for one in supervision
            for key in ("supervision_content", "supervision_method", "supervision_measures"))]),
        "duties": [_duty(one["elements"]) for one in duties],
    }  # fmt: skip


def review_points(data: Mapping[str, Any], standard: str) -> list[dict[str, str]]:
    """What is examined: each step's standard, each condition, the standard of the whole."""
    steps = [{"point": row["name"], "standard": row["standard"]} for row in data["steps"] if row["standard"]]
    conditions = [{"point": "许可条件", "standard": text} for text in data["conditions"]]
    return [*steps, *([{"point": "审查标准", "standard": standard}] if standard else []), *conditions]


def _notices(data: Mapping[str, Any], named: Any) -> list[dict[str, str]]:
    filling = {
        "correction": f"当场或在{data['correction_limit']}内" if data["correction_limit"] else "当场或在五日内",
        "limit": f"在{data['promised_limit'] or data['statutory_limit'] or '法定期限'}内",
    }
    made = [
        {"name": name, "stage": stage, "when": when.format(**filling), "basis": basis}
        for name, stage, when, basis in _NOTICES
    ]
    own = [row for row in named if isinstance(row, Mapping)] if isinstance(named, list) else []
    known = {row["name"] for row in made}
    return made + [
        {"name": str(row.get("name", "")), "stage": "", "when": "", "basis": str(row.get("number") or "")}
        for row in own if row.get("name") not in known
    ]  # fmt: skip


def _duty(elements: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": plain(elements.get("name") or ""),
        "content": "\n".join(_texts([elements.get("duty_content")])),
        "work": "；".join(
            str(row.get("name", "")) for row in elements.get("work_items") or () if isinstance(row, Mapping)
        ),
        "accountability": "\n".join(_texts([elements.get("accountability"), elements.get("accountability_scope")])),
    }


def _texts(values: Sequence[Any]) -> list[str]:
    """Texts and lists of texts as one list, each once."""
    flat = [text for value in values if value for text in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(plain(text) for text in flat))
