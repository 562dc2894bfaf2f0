"""Review rules (审查细则) generated from the standards of the steps. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.publish.documents.guides.paper import table
from services.publish.documents.guides.rules import colophon
from shared.paper.model import Paper, Section


def review_data(data: Mapping[str, Any], standards: Sequence[str]) -> dict[str, Any]:
    """What review rules say: the guide's data under another title, with the standards of the whole."""
    return {**data, "kind": "review_rules", "title": f"{data['name']}审查细则", "standards": list(standards)}


def paper(data: Mapping[str, Any]) -> Paper:
    """Review rules in sections."""
    facts = (("事项名称", data["name"]), ("事项编码", data["implementation_code"] or data["base_code"]),
             ("实施机关", data["organ"]))  # fmt: skip
    steps = [row for row in data["steps"] if row["standard"]]
    sections = (
        Section(key="basis", title="审查依据", table=table(
            data["basis"], use="用途:1", document="文件名称:3", number="文号:2", article="条款:2")),
        Section(key="conditions", title="许可条件", paragraphs=data["conditions"]),
        Section(key="standards", title="审查标准", paragraphs=data["standards"]),
        Section(key="steps", title="各环节审查标准", table=table(
            steps, name="环节:1.5", who="办理机构、岗位:2", standard="审查标准:5", limit="时限:1.2")),
    )  # fmt: skip
    return Paper(
        kind="review_rules", title=data["title"], issuer=data["organ"],
        facts=[(title, text) for title, text in facts if text],
        sections=[one for one in sections if one.paragraphs or one.table], colophon=colophon(data),
    )  # fmt: skip
