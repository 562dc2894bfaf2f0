"""Tables of the catalog service: the register, the lists, their items and what links them."""

from shared.schema.catalog.claims import (
    claim,
    claim_contact,
    claim_plan,
    delegation,
    list_exemption,
    list_responsibility,
    local_optimisation,
    mandatory_list,
)
from shared.schema.catalog.codes import code_mapping
from shared.schema.catalog.disguised import suspect, suspect_verdict
from shared.schema.catalog.documents import (
    document_article,
    document_link,
    document_relation,
    document_version,
    item_basis,
    normative_document,
)
from shared.schema.catalog.exchange import import_outcome, import_row, import_run, mapping_profile
from shared.schema.catalog.items import (
    item,
    item_code,
    item_link,
    item_successor,
    item_version,
    list_,
    list_member,
    mirror_refusal,
)
from shared.schema.catalog.linkage import cascade_ledger, day_equivalent, draft, finding, rule_set, validation
from shared.schema.catalog.quality import dictionary_element, quality_gate, quality_measure, validation_level
from shared.schema.catalog.reading import edition, reconciliation
from shared.schema.catalog.register import annex_layout, element_profile, list_kind, organ, region, vocabulary_mapping
from shared.schema.catalog.responsibility import declaration, duty_proposal
from shared.schema.catalog.succession import organ_successor, region_successor
from shared.schema.catalog.supervision import supervision_determination, supervision_dispute, supervision_gate
from shared.schema.search import item_phrase, item_search, item_search_fill

__all__ = [
    "annex_layout",
    "cascade_ledger",
    "claim",
    "claim_contact",
    "claim_plan",
    "code_mapping",
    "day_equivalent",
    "declaration",
    "delegation",
    "dictionary_element",
    "document_article",
    "document_link",
    "document_relation",
    "document_version",
    "draft",
    "duty_proposal",
    "edition",
    "element_profile",
    "finding",
    "import_outcome",
    "import_row",
    "import_run",
    "item",
    "item_basis",
    "item_code",
    "item_link",
    "item_phrase",
    "item_search",
    "item_search_fill",
    "item_successor",
    "item_version",
    "list_",
    "list_exemption",
    "list_kind",
    "list_member",
    "list_responsibility",
    "local_optimisation",
    "mandatory_list",
    "mapping_profile",
    "mirror_refusal",
    "normative_document",
    "organ",
    "organ_successor",
    "quality_gate",
    "quality_measure",
    "reconciliation",
    "region",
    "region_successor",
    "rule_set",
    "supervision_determination",
    "supervision_dispute",
    "supervision_gate",
    "suspect",
    "suspect_verdict",
    "validation",
    "validation_level",
    "vocabulary_mapping",
]
