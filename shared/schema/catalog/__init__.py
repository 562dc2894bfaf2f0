"""Tables of the catalog service: the register, the lists, their items and what links them."""

from shared.schema.catalog.exchange import import_outcome, import_row, import_run, mapping_profile
from shared.schema.catalog.items import item, item_code, item_link, item_version, list_, list_member, mirror_refusal
from shared.schema.catalog.linkage import cascade_ledger, day_equivalent, draft, finding, rule_set, validation
from shared.schema.catalog.register import element_profile, list_kind, organ, region, vocabulary_mapping
from shared.schema.catalog.supervision import supervision_determination, supervision_dispute, supervision_gate

__all__ = [
    "cascade_ledger",
    "day_equivalent",
    "draft",
    "element_profile",
    "finding",
    "import_outcome",
    "import_row",
    "import_run",
    "item",
    "item_code",
    "item_link",
    "item_version",
    "list_",
    "list_kind",
    "list_member",
    "mapping_profile",
    "mirror_refusal",
    "organ",
    "region",
    "rule_set",
    "supervision_determination",
    "supervision_dispute",
    "supervision_gate",
    "validation",
    "vocabulary_mapping",
]
