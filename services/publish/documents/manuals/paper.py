"""The manual as a paper: in the order in which a permit is handled. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.publish.documents.guides.paper import flow, table
from services.publish.documents.guides.rules import colophon
from shared.paper.model import Paper, Section


def paper(data: Mapping[str, Any]) -> Paper:
    """The manual in sections; those that say nothing are left out."""
    facts = (("许可事项", data["name"]), ("事项编码", data["implementation_code"] or data["base_code"]),
             ("实施机关", data["organ"]), ("监管主体", data["supervising_body"]),
             ("法定办结时限", data["statutory_limit"]), ("承诺办结时限", data["promised_limit"]),
             ("审批结果", "、".join(data["results"])))  # fmt: skip
    sections = (
        Section(key="basis", title="设定和实施依据", table=table(
            data["basis"], use="用途:1", document="文件名称:3", number="文号:2", article="条款:2", text="条款内容:4")),
        Section(key="review_points", title="审查要点", table=table(
            data["review_points"], point="环节或条件:1.5", standard="审查标准:4")),
        Section(key="steps", title="办理环节和时限", table=table(
            data["steps"], number="序号:0.6", name="环节:1.5", who="办理机构、岗位:2", limit="时限:1.2",
            result="结果:1.5", basis="依据:2")),
        Section(key="flow", title="办理流程图", flow=flow(f"{data['name']}办理流程图", data)),
        Section(key="materials", title="申请材料", table=table(
            data["materials"], number="序号:0.6", name="材料名称:3", form="形式:1.2", copies="份数:1.4",
            source="来源:1.6", necessity="必要性:1.1", basis="依据:2", notes="要求:2")),
        Section(key="notices", title="应当送达的文书", table=table(
            data["notices"], name="文书:2", stage="环节:1", when="时限和要求:2.5", basis="依据:2.5")),
        Section(key="special_procedures", title="特别程序", table=table(
            data["special_procedures"], name="名称:2", limit="所需时间:1", body="办理机构:2", basis="依据:2",
            description="说明:2")),
        Section(key="fees", title="收费标准和依据", paragraphs=["不收费。"] if data["free"] else (), table=table(
            data["fees"], name="项目:2", standard="收费标准:2", basis="收费依据:3", collector="执收单位:1.5")),
        Section(key="afterwards", title="许可证件和后续手续", table=table(
            data["afterwards"], title="事项:1.5", text="要求:4")),
        Section(key="duties", title="责任事项", table=table(
            data["duties"], name="责任事项:2", content="责任内容:3", work="具体工作:2", accountability="追责情形:3")),
        Section(key="supervision", title="监督管理", paragraphs=data["supervision"]),
        Section(key="attention", title="办理须知", paragraphs=data["attention"]),
    )  # fmt: skip
    return Paper(
        kind="manual", title=data["title"], issuer=data["organ"],
        facts=[(title, text) for title, text in facts if text],
        sections=[one for one in sections if one.paragraphs or one.table or one.flow], colophon=colophon(data),
    )  # fmt: skip
