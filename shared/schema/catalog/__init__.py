"""Tables of the catalog service: the register, the lists, their items and what links them."""

from shared.schema.catalog.exchange import import_outcome, import_row, import_run, mapping_profile
from shared.schema.catalog.items import item, item_code, item_link, item_version, list_, list_member, mirror_refusal
from shared.schema.catalog.linkage import cascade_ledger, day_equivalent, draft, finding, rule_set, validation
from shared.schema.catalog.quality import dictionary_element, quality_gate, quality_measure, validation_level
from shared.schema.catalog.register import element_profile, list_kind, organ, region, vocabulary_mapping

__all__ = [
    "cascade_ledger",
    "day_equivalent",
    "dictionary_element",
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
    "quality_gate",
    "quality_measure",
    "region",
    "rule_set",
    "validation",
    "validation_level",
    "vocabulary_mapping",
]
