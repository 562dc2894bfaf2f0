"""The guide as a paper: its sections in the order in which people ask. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.publish.documents.guides.rules import colophon
from shared.paper.model import Flow, Paper, Section, Step, Table

# Elements that have a section of their own; the others stand at the head.
_IN_SECTIONS = frozenset({"basis", "materials", "process_steps", "fee_standard", "fee_basis"})
NOT_SAID = "（未公布）"
_SPECIAL = "特别程序所需时间不计入办结时限。"


def paper(data: Mapping[str, Any]) -> Paper:
    """The guide in sections; all fourteen elements are in it, also those nobody has said anything about."""
    facts = [(one["title"], one["text"] or NOT_SAID) for one in data["elements"] if one["key"] not in _IN_SECTIONS]
    more = (("事项编码", data["implementation_code"] or data["base_code"]), ("服务对象", data["service_objects"]),
            ("法定办结时限", data["statutory_limit"]), ("办理结果", "、".join(data["results"])),
            ("网上办理地址", data["online_address"]), ("到办事现场次数", data["visits"]))  # fmt: skip
    return Paper(
        kind="guide", title=data["title"], issuer=data["organ"],
        facts=[*facts, *((title, text) for title, text in more if text)],
        sections=[section for section in _sections(data) if _says_something(section)], colophon=colophon(data),
    )  # fmt: skip


def flow(title: str, data: Mapping[str, Any]) -> Flow | None:
    """The process as a drawing; none without steps."""
    steps = [
        Step(name=row["name"], note="，".join(filter(None, (row["who"], row["limit"]))), stage=row["stage"],
             special=bool(row["special"]))
        for row in data["steps"]
    ]  # fmt: skip
    refusal = "不予许可（同意）的，说明理由并告知申请行政复议、提起行政诉讼的权利" if steps else ""
    within = data["correction_limit"]
    correction = f"当场或在{within}内" if within else ""
    return Flow(title=title, steps=steps, correction=correction, refusal=refusal) if steps else None


def _sections(data: Mapping[str, Any]) -> Sequence[Section]:
    contact = [f"咨询：{one}" for one in data["consultation"]] + [f"监督投诉：{one}" for one in data["complaint"]]
    return (
        Section(key="basis", title="设定依据", table=table(
            data["basis"], use="用途:1", document="文件名称:3", number="文号:2", article="条款:2")),
        Section(key="conditions", title="办理条件", paragraphs=_numbered(data["conditions"])),
        Section(key="materials", title="申请材料", table=table(
            data["materials"], number="序号:0.6", name="材料名称:3", form="形式:1.2", copies="份数:1.4",
            source="来源:1.6", necessity="必要性:1.1", basis="依据:2", notes="要求:2")),
        Section(key="steps", title="办理流程", table=table(
            data["steps"], number="序号:0.6", name="环节:1.5", who="办理机构、岗位:2", limit="时限:1.2",
            standard="审查标准:3", result="结果:1.5")),
        Section(key="flow", title="办理流程图", flow=flow(f"{data['name']}办理流程图", data)),
        Section(key="special_procedures", title="特别程序", table=table(
            data["special_procedures"], name="名称:2", limit="所需时间:1", body="办理机构:2", basis="依据:2",
            description="说明:2"), paragraphs=[_SPECIAL] if data["special_procedures"] else ()),
        Section(key="fees", title="收费标准和依据", paragraphs=_fees(data), table=table(
            data["fees"], name="项目:2", standard="收费标准:2", basis="收费依据:3", collector="执收单位:1.5")),
        Section(key="windows", title="办理地点和时间", table=table(
            data["windows"], name="窗口:1.5", address="地点:3", hours="时间:2", phone="电话:1.5", traffic="交通:2")),
        Section(key="attention", title="注意事项", paragraphs=_numbered(data["attention"])),
        Section(key="questions", title="常见问题", table=table(data["questions"], question="问题:1", answer="解答:2")),
        Section(key="rights", title="申请人的权利和义务", paragraphs=data["rights"]),
        Section(key="contact", title="咨询和监督投诉", paragraphs=contact or [NOT_SAID]),
    )  # fmt: skip


def table(rows: Sequence[Mapping[str, str]], **columns: str) -> Table | None:
    """Columns that say anything in any row; `columns` are titles and relative widths by key."""
    told = {key: title.rpartition(":") for key, title in columns.items() if any(row[key] for row in rows)}
    if not told:
        return None
    return Table(
        columns=[title for title, _, _ in told.values()], weights=[float(weight) for _, _, weight in told.values()],
        rows=[[row[key] for key in told] for row in rows],
    )  # fmt: skip


def _numbered(texts: Sequence[str]) -> Sequence[str]:
    return texts if len(texts) < 2 else [f"{number}. {text}" for number, text in enumerate(texts, 1)]


def _fees(data: Mapping[str, Any]) -> Sequence[str]:
    if data["fees"]:
        return ()
    return ["不收费。"] if data["free"] else [NOT_SAID]


def _says_something(section: Section) -> bool:
    return bool(section.paragraphs or section.table or section.flow)
