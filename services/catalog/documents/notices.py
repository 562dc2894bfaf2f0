"""What a notice says about itself: number, title, issuer, addressees, dates, approval, what it rests on. Pure.

Made for the form official documents have (GB/T 9704-2012: 发文字号, 标题, 主送机关, 正文, 署名, 成文日期, 抄送机关).
What is not found stays empty: a person fills it in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from services.catalog.documents.citations import find_number, in_text, plain, read_number
from services.catalog.documents.rules import PartialDate, read_date, shown_date

_ORGAN = r"[\u3400-\u9fff]{2,30}?(?:人民政府办公[厅室]|人民政府|委员会|办公[厅室]|局|厅|委|部)"
_TITLE_END = re.compile(r"(?:通知|意见|办法|方案|规定|决定|细则|通告|公告|批复|函|条例|要点|规则)$")
_ADDRESSEES = re.compile(r"^[各市县乡镇区省有关政府部门直属单位机构委办局管会、，,（）()\u3400-\u9fff]{3,200}[：:]$")
_SIGNED = re.compile(r"^([0-9]{4}年[0-9]{1,2}月\s*[0-9]{0,2}\s*日?)(?:印发)?$")
_ADOPTED = re.compile(
    r"(?:已经|业经|经)\s*(?P<date>[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)?(?P<meeting>[^，。,]{2,40}?会议)(?:讨论|审议|研究)?(?:通过|同意)"
)
_APPROVED = re.compile(r"(?:已经|经)([^，。,]{2,30}?)同意")
_COPIED = re.compile(r"^抄\s*送[：:](.+)$")
_ENUMERATED = re.compile(r"[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）")
# The words that introduce what a document rests on stand near its opening.
_OPENING = 8
_RESTS = re.compile(r"根据|按照|依据|为贯彻落实|为落实|贯彻落实")


@dataclass(frozen=True, slots=True)
class Notice:
    """What was read; empty where the text does not say so in a form we know."""

    title: str = ""
    number: str | None = None
    issuer: str = ""
    addressees: tuple[str, ...] = ()
    copied_to: tuple[str, ...] = ()
    adopted_meeting: str | None = None
    adopted_on: PartialDate | None = None
    approval: str | None = None
    issued: PartialDate | None = None
    based_on: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


def read_notice(text: str) -> Notice:
    """Read a cleaned text (`normaliser.clean`)."""
    lines = [line.strip() for line in text.split("\n")]
    filled = [line for line in lines if line]
    addressed = next((place for place, line in enumerate(filled[:15]) if _is_address(line)), None)
    number = next((found.text for line in filled[:6] if (found := read_number(line))), None)
    title = _title(filled[: addressed if addressed is not None else 6], filled)
    meeting = next((match for line in filled[:15] if (match := _ADOPTED.search(line))), None)
    approval = next((match[1] for line in filled[:15] if (match := _APPROVED.search(line))), None)
    return Notice(
        title=title,
        number=number,
        issuer=_issuer(title, filled),
        addressees=_split(filled[addressed].rstrip("：:")) if addressed is not None else (),
        copied_to=_copied(lines),
        adopted_meeting=meeting["meeting"] if meeting else None,
        adopted_on=read_date(meeting["date"]) if meeting and meeting["date"] else None,
        approval=None if meeting else approval,
        issued=_issued(filled),
        based_on=_based_on(filled),
        attachments=tuple(line.split("：", 1)[1] for line in filled if line.startswith("附件：")),
    )


def _is_address(line: str) -> bool:
    return bool(_ADDRESSEES.match(line)) and not _ENUMERATED.match(line) and ("各" in line or "部门" in line)


def _title(head: list[str], filled: list[str]) -> str:
    """The lines before the addressees that end in a word for documents; else the attached plan's."""
    kept: list[str] = []
    for line in head:
        if read_number(line) or _is_masthead(line):
            continue
        kept.append(line)
    joined = "".join(re.sub(r"\s+", "", line) for line in kept)
    if _TITLE_END.search(joined):
        return joined
    later = next((line for line in filled[:12] if _TITLE_END.search(line) and len(line) < 80 and "，" not in line), "")
    return re.sub(r"\s+", "", later)


def _is_masthead(line: str) -> bool:
    """The red head of the paper: 某某人民政府办公室文件."""
    return line.endswith("文件") and bool(re.fullmatch(_ORGAN + "文件", line))


def _issuer(title: str, filled: list[str]) -> str:
    if found := re.match(_ORGAN + r"(?=关于)", title):
        return found[0]
    signed = [line for line in filled if re.fullmatch(_ORGAN, line)]
    return signed[0] if signed else ""


def _issued(filled: list[str]) -> PartialDate | None:
    for line in filled:
        if found := _SIGNED.match(re.sub(r"\s+", "", plain(line))):
            return read_date(found[1])
    return None


def _split(text: str) -> tuple[str, ...]:
    """Organs in a row; what stands in brackets belongs to the name before it."""
    parts = re.split(r"[，,、；;](?![^（(]*[）)])", text.rstrip("。."))
    return tuple(part.strip() for part in parts if part.strip())


def _copied(lines: list[str]) -> tuple[str, ...]:
    """抄送, which may go on in the next line until its full stop."""
    for place, line in enumerate(lines):
        if found := _COPIED.match(line):
            text = found[1]
            for following in lines[place + 1 : place + 4]:
                if text.endswith("。") or not following:
                    break
                text += following
            return _split(text)
    return ()


def _based_on(filled: list[str]) -> tuple[str, ...]:
    """Documents named in the opening behind 根据, 按照, 贯彻落实: with their number where it is given."""
    found: list[str] = []
    for line in filled[: _OPENING + 6]:
        if _ENUMERATED.match(line):
            break
        if introduced := _RESTS.search(line):
            found += [cited for cited, _, _ in in_text(line[introduced.start() :])]
    return tuple(dict.fromkeys(one for one in found if find_number(one) or len(one) > 6))


def proposal(text: str) -> dict[str, Any]:
    """What a cleaned text gives for a document's fields, in the form in which documents are registered."""
    notice = read_notice(text)
    adoption = None
    if notice.adopted_meeting:
        day = notice.adopted_on
        adoption = {"meeting": notice.adopted_meeting, "date": day.first.isoformat() if day else None}
    issued = shown_date(notice.issued.first, notice.issued.precision) if notice.issued else None
    return {
        "title": notice.title, "number": notice.number, "issuer": notice.issuer,
        "addressees": list(notice.addressees), "copied_to": list(notice.copied_to), "adoption": adoption,
        "approval": notice.approval, "issued": issued, "based_on": list(notice.based_on),
        "attachments": [{"name": name, "missing": True} for name in notice.attachments],
    }  # fmt: skip
