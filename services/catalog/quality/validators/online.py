"""V10: who can apply online is not made to come, and what is said of the online stages fits together."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import ERROR, WARN, Entry, Finding, Validator

STAGES = {"apply": "申请", "accept": "受理", "review": "审查", "decide": "决定", "deliver": "送达"}
# Depths that say that an application is at least accepted online (互联网受理 and deeper).
_DEEP = frozenset({"4", "5", "6", "7", "8"})
_WHOLLY = "8"


def presence(entry: Entry) -> Iterator[Finding]:
    """Online yet visits without a reason (ZL-32), in lists whose entries can give the reason."""
    elements, visits = entry.elements, entry.elements.get("visits")
    if elements.get("online") is not True or not isinstance(visits, int) or visits <= 0:
        return
    if entry.profile.element("visit_reason") is not None and not entry.text("visit_reason"):
        message = f"可网上办理的事项要求到现场{visits}次而没有说明原因，请改为不跑现场或写明必须现场办理的原因"
        yield Finding("V10", ERROR, "visits", "presence_without_reason", message, "/visits")
    if _WHOLLY in _depths(entry):
        message = f"网上办理深度为全程网办，却要求到现场{visits}次，请核对"
        yield Finding("V10", ERROR, "online_depth", "depth_disagrees", message, "/online_depth")


def depth(entry: Entry) -> Iterator[Finding]:
    """Depth and stages agree with whether the matter can be handled online; the five stages stand once each."""
    online, deep = entry.elements.get("online"), _depths(entry) & _DEEP
    if online is False and deep:
        message = "标明不可网上办理，网上办理深度却达到受理以上，请核对"
        yield Finding("V10", ERROR, "online_depth", "depth_disagrees", message, "/online_depth")
    rows = entry.rows("online_stages")
    if not rows:
        return
    depths = {row.get("depth") for row in rows}
    if online is False and depths != {"offline"}:
        message = "标明不可网上办理，却有环节可网上办理，请核对"
        yield Finding("V10", ERROR, "online_stages", "stages_disagree", message, "/online_stages")
    if online is True and depths == {"offline"}:
        message = "标明可网上办理，各环节却都是线下办理，请核对"
        yield Finding("V10", ERROR, "online_stages", "stages_disagree", message, "/online_stages")
    named = [row.get("stage") for row in rows]
    if len(set(named)) < len(named):
        message = "同一环节写了两次，请合并"
        yield Finding("V10", ERROR, "online_stages", "stage_twice", message, "/online_stages")
    absent = [title for stage, title in STAGES.items() if stage not in named]
    if absent:
        message = f"网上办理环节缺少：{'、'.join(absent)}，请补充"
        yield Finding("V10", WARN, "online_stages", "stage_missing", message, "/online_stages")


def _depths(entry: Entry) -> frozenset[str]:
    value = entry.elements.get("online_depth")
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()


def one_window(entry: Entry) -> Iterator[Finding]:
    """One window accepts and the same concludes (TH-17): otherwise a hint."""
    accepts, concludes = entry.text("acceptance_window"), entry.text("conclusion_window")
    if accepts and concludes and accepts != concludes:
        message = f"受理窗口“{accepts[:40]}”与办结窗口“{concludes[:40]}”不同，宜由一个窗口受理、一个窗口办结"
        yield Finding("V10", WARN, "conclusion_window", "windows_differ", message, "/conclusion_window")


VALIDATORS = (
    Validator(rule="V10", check=presence, elements=frozenset({"visits"})),
    Validator(rule="V10", check=depth, elements=frozenset({"online_depth", "online_stages"})),
    Validator(rule="V10", check=one_window, elements=frozenset({"conclusion_window"})),
)
