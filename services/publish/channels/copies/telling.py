"""What a revision changed, told in words: an article, a press text, the lines of a gazette. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.publish.channels.copies.data import marker_of
from services.publish.channels.copies.source import Change, Source, code_of, organ_of

VERBS = {"added": "新增", "taken_over": "承接", "transferred": "划转", "cancelled": "取消", "changed": "调整"}
_EMPTY = "（空）"


def chosen(source: Source, kind: str) -> list[Change]:
    """The changes of a kind."""
    return [change for change in source.changes if change.kind == kind]


def summary(source: Source) -> str:
    """One sentence of what is new; of a first publication how much there is."""
    facts = source.facts
    place = facts.title if facts.title.startswith(facts.region_name) else f"{facts.region_name}{facts.title}"
    if not facts.base:
        return f"{place}已公布，共{len(source.shown)}项，自{facts.effective_on}起施行。"
    counted = [f"{verb}{count}项" for kind, verb in VERBS.items() if (count := len(chosen(source, kind)))]
    what = "、".join(counted) or "内容未作调整"
    done = f"撤回{facts.withdraws}号公布" if facts.withdraws else "已更新"
    return f"{place}{done}（{facts.version}）：{what}，自{facts.effective_on}起施行。"


def sections(source: Source) -> list[tuple[str, list[str]]]:
    """Heading and paragraphs of everything that is to be told."""
    facts = source.facts
    more = [
        f"{what}：{said.removesuffix('。')}。"
        for what, said in (("撤回说明", facts.withdrawal), ("审定", facts.decided), ("发布单位", facts.issuer))
        if said
    ]
    told = [("基本情况", [summary(source), *more])]
    if not facts.base:
        told.append(("清单事项", [f"{number}. {_named(*one)}" for number, one in enumerate(_names(source), 1)]))
    for kind, verb in VERBS.items():
        found = chosen(source, kind) if facts.base else []
        if found:
            told.append((f"{verb}事项", [f"{number}. {_told(one)}" for number, one in enumerate(found, 1)]))
    rules = list(dict.fromkeys(change.transitional_rule for change in source.changes)) if facts.base else []
    if rules:
        told.append(("过渡安排", rules))
    return told


def _names(source: Source) -> Iterator[tuple[str, str, str]]:
    for body in source.shown:
        yield source.text(body, "name"), code_of(body), organ_of(body)


def _named(name: str, code: str, organ: str) -> str:
    more = "，".join(part for part in (organ, code) if part)
    return f"{name}（{more}）" if more else name


def _told(change: Change) -> str:
    """One change: which entry, since when, each element with old and new."""
    told = f"{_named(change.name, change.code, change.organ)}，自{change.effective_on}起"
    if change.kind == "transferred":
        return f"{told}划转至{_other(change, '另一单位', '承接编码')}，事项继续实施。"
    if change.kind == "taken_over":
        return f"{told}承接，原由{_other(change, '另一单位', '原编码')}实施。"
    if change.kind != "changed":
        return f"{told}{VERBS[change.kind]}。"
    details = "；".join(f"{title}由“{old or _EMPTY}”调整为“{new or _EMPTY}”" for title, old, new in change.details)
    return f"{told}：{details}。"


def _other(change: Change, nobody: str, of_code: str) -> str:
    code = f"（{of_code}：{change.other_code}）" if change.other_code and change.other_code != change.code else ""
    return f"{change.other_organ or nobody}{code}"


def press(source: Source) -> bytes:
    """What newspapers, broadcasters and a press conference say."""
    lines = [source.facts.title, ""]
    for heading, paragraphs in sections(source):
        lines += [f"【{heading}】", *paragraphs, ""]
    return _text(source, lines)


def article_text(source: Source, title: str, cut: Sequence[tuple[str, list[str]]]) -> bytes:
    """An article as text, with the sections that fit."""
    lines = [title, ""]
    for heading, paragraphs in cut:
        lines += [heading, *paragraphs, ""]
    return _text(source, lines)


def gazette(source: Source) -> bytes:
    """The whole list as a gazette prints it: decision, then every entry with organ, code and basis."""
    facts = source.facts
    lines = [facts.title, facts.decided, f"（{facts.version}，自{facts.effective_on}起施行）", ""]
    for number, (body, names) in enumerate(zip(source.shown, _names(source), strict=True), 1):
        basis = source.text(body, "basis")
        lines.append(f"{number}. {_named(*names)}{f'　依据：{basis}' if basis else ''}")
    return _text(source, [*lines, "", facts.issuer])


def _text(source: Source, lines: Sequence[str]) -> bytes:
    link = [f"全文：{source.facts.link}"] if source.facts.link else []
    return "\n".join([*lines, *link, marker_of(source).line, ""]).encode()
