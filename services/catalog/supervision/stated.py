"""V17 as a rule of its own: outside the linkage rules, since what is missing here contradicts no other list."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import IDENTITY
from services.catalog.linkage.ruleset import Rule

V17 = Rule(
    id="V17",
    title="行政许可明确监管主体、监管事项和监管措施",
    source_kind="internet_supervision",
    target_kind="permit",
    relation="supervised",
    match=IDENTITY,
    severity="block",
    source="ZZ-08; ZZ-49",
)
