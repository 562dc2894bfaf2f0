"""What is compared between organs of one level, and the rule that one matter has one name (V22). Pure."""

from __future__ import annotations

from services.catalog.linkage.ruleset import Pair, Rule

# 同层级同要素管理、同标准办理 (ZZ-07, TH-22): what an applicant meets. A promised limit may be shorter by merit, so it
# is shown where something differs and makes no difference by itself.
COMPARED = (
    "name", "materials", "conditions", "process_steps", "statutory_limit", "fees", "intermediary_services",
    "quantity_limit", "promised_limit",
)  # fmt: skip
# Elements whose rows are compared by their names alone: which materials, which steps.
BY_NAME = ("materials", "process_steps", "fees", "intermediary_services")

_KEYS = ("base_code", "implementing_body", "handling_item")
# QX-36: the same item cannot have two names or two service objects in two lists of a region.
V22 = Rule(
    id="V22",
    title="同一事项在本区划各清单中的名称、服务对象一致",
    source_kind="permit",
    target_kind="power",
    match=tuple(Pair(source=name, target=name) for name in _KEYS),
    severity="error",
    source="QX-36; V22",
)
# QX-31: entries of other lists that concern permits resolve to the edition of the permit list in force.
K29 = Rule(
    id="K29",
    title="涉及行政许可的事项应当在现行版行政许可事项清单中",
    source_kind="permit",
    target_kind="power",
    match=(Pair(source="base_code", target="base_code"),),
    severity="block",
    source="QX-31; K29",
)
# Lists whose entries stay when their permit is cancelled.
OUTLIVING = ("follow_up_supervision",)
# Whose word counts where lists differ: the permit list for permits, then what follows from it.
AUTHORITY = ("permit", "power", "catalogue", "implementation")
