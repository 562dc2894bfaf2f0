"""Intermediary services of permits, and what rests on them."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import GOES_WITH, IDENTITY, OF_PERMIT, same
from services.catalog.linkage.ruleset import ElementGroup, RowGroup, Rule

# What a service brings about in the matter it belongs to: it goes when the service is cancelled or cleaned up.
_RESTING = (
    RowGroup(element="intermediary_services", named_by="name"),
    RowGroup(element="materials", named_by="resulting_materials"),
    RowGroup(element="process_steps", named_by="served_steps"),
    RowGroup(element="fees", named_by="served_fees"),
)

K08 = Rule(
    id="K08",
    title="中介服务事项对应行政许可事项清单中的许可",
    source_kind="permit",
    target_kind="intermediary_service",
    match=IDENTITY,
    groups=(
        ElementGroup(action="sync", pairs=(*OF_PERMIT, *same("implementation_code"))),
        GOES_WITH,
    ),
    orphan="error",
    source="QX-10; V11",
)

K28 = Rule(
    id="K28",
    title="中介服务取消或清理后，许可实施规范中依此而设的材料、环节、收费随之取消",
    source_kind="intermediary_service",
    target_kind="permit",
    relation="rows",
    match=IDENTITY,
    rows=_RESTING,
    source="QX-15",
)

K28_SI = Rule(
    id="K28_SI",
    title="中介服务取消或清理后，实施清单中依此而设的材料、环节、收费随之取消",
    source_kind="intermediary_service",
    target_kind="implementation",
    relation="rows",
    match=IDENTITY,
    rows=_RESTING,
    source="QX-15",
)

RULES = (K08, K28, K28_SI)
