"""The shipped profiles beside the sheets they follow: every column of a source has its element."""

from __future__ import annotations

import pytest

from services.catalog.kinds.builtin import definitions
from services.catalog.kinds.rules import choose, read_profile
from services.catalog.kinds.subtables import BASIS_COLUMNS, MATERIAL_COLUMNS

# Columns of each source, by the element that holds them; what the platform alone needs (row ids, batches) is apart.
GENERAL_BASIC = (
    "name base_code local_base_code item_type basis power_source level implementation_code local_implementation_code"
    " handling_item state implementing_body body_nature entrusting_body statutory_limit statutory_limit_explanation"
    " promised_limit promised_limit_explanation conditions process_steps special_procedures charged fee_basis"
    " service_objects handling_kind handling_forms visits mobile_address single_login online_address handling_place"
    " handling_hours consult_way complaint_way plan_effective_date plan_cancel_date"
)
GENERAL_EXTEND = (
    "in_hall handling_area joint_bodies intermediary_services quantity_limit result_kind result_name result_sample"
    " appointment online_payment express_delivery self_service online online_depth visit_reason natural_person_topics"
    " legal_person_topics township village"
)
PROVINCIAL = (
    "exercise_content authority_division preceding_items preceding_bodies review_standard litigation reconsideration"
    " publicity_way progress_query cooperating_bodies lead_body quantity_limited intermediary_needed four_ways"
    " approval_office result_delivery material_verification agency_service situations questions windows"
    " applicant_rights"
)
COLLECTION = "collection_kind reduction_approval"
SOURCES = {
    ("base_catalogue", "UP_TASK_DIRECTORY"): "name base_code local_base_code item_type basis level state"
    " plan_effective_date plan_cancel_date central_department graded",
    ("implementation", "UP_TASK_GENERAL_BASIC"): GENERAL_BASIC,
    ("implementation", "UP_TASK_GENERAL_EXTEND"): GENERAL_EXTEND,
    ("implementation", "省级事项库"): PROVINCIAL,
    ("implementation", "UP_TASK_HANDLE_BASIC; TH-04"): f"{COLLECTION} graded",
    ("permit", "第1组"): "main_item_name main_item_code sub_item_name sub_item_code handling_item_name handling_item"
    " basis implementing_body approval_level level accepted_by_approver acceptance_level preliminary_review"
    " preliminary_review_level national_item_name element_uniformity",
    ("permit", "第2至14组"): "permit_category conditions conditions_basis service_objects market_entity reform_way"
    " reform_measures materials intermediary_services process_steps procedure_basis site_inspection hearing bidding"
    " inspection_testing appraisal expert_review publicity notification_commitment commissioned_services"
    " acceptance_limit statutory_limit statutory_limit_basis promised_limit charged fees results validity alteration"
    " renewal valid_area quantity_limited quantity_publication quantity_allocation quantity_basis annual_check"
    " annual_report supervising_body",
    ("permit", "TH-04; ZZ-49; ZZ-50"): "graded supervising_body supervision_items supervision_measures"
    " approval_responsible joint_supervision",
    ("power", "权责清单表头"): "name sub_item_name item_type basis implementing_body undertaking_office level"
    " authority_division department_duties responsibilities responsibility_basis accountability_scope accountability"
    " notes state power_source joint_bodies service_objects",
    ("power", "省级规定"): "flow_charts complaint_way reconsideration litigation statutory_limit promised_limit"
    " charged",
    ("power", "UP_TASK_PUNISH_BASIC, UP_TASK_HANDLE_BASIC"): f"penalty_terms {COLLECTION}",
    ("responsibility", "四部分"): "section duty_category work_items accountability_scope boundary_parties"
    " coordination field service_domain service_nature disposition supervision_object supervision_content"
    " supervision_method supervision_measures supervision_procedure supervision_handling supervision_parties"
    " daily_supervision spot_checks hazard_investigation major_cases key_area notes",
    ("market_access_negative", "省级负面清单库"): "list_version state category industry name item_number measure_name"
    " measure_code local_measure scope measure_state measure_version temporary plan_effective_date plan_cancel_date"
    " matched_service_items",
    ("construction_approval", "SPGL_DFXMSPLCXXB"): "process_code process_name process_version process_effective_date"
    " process_type process_description",
    ("construction_approval", "SPGL_DFXMSPLCJDXXB"): "stage_code stage_name stage_order standard_stage_order"
    " stage_limit stage_milestone",
    ("construction_approval", "SPGL_DFXMSPLCJDSXXXB"): "item_number item_version name standard_item_code"
    " notification_commitment handling_kind applicant delivery time_limit implementing_body preceding_items milestone",
    ("investment_approval", "投资项目"): "project_stage name project_type implementing_body level base_code"
    " preceding_items",
    ("internet_supervision", "主项"): "duty_department business_line_code business_line supervision_code name"
    " power_code supervising_body permit_type permit_name base_code permit_power_code state",
    ("intermediary_service", "中介"): "name base_code basis provider_kind standard time_limit timing",
    ("proof", "证明"): "name base_code issued_by basis replacement",
    ("charge", "收费罚没"): "name standard basis collecting_body base_code reducible reduction_basis",
    ("random_inspection", "抽查"): "name inspection_object inspection_content inspection_methods inspection_ratio"
    " inspection_frequency basis implementing_body",
    ("enforcement", "执法"): "item_type implementing_body basis enforcement_procedure penalty_terms",
    ("prohibited_investment", "禁投"): "industry_code prohibition basis area",
    ("one_seal_transfer", "划转"): "name transfer_from implementing_body transfer_date supervising_body",
}  # fmt: skip
SUBTABLES = {
    ("internet_supervision", "sub_items"): "code name kind power_code object_category object form method level basis"
    " procedure result check_list_code scope in_use",
    ("internet_supervision", "check_items"): "content code operation penalty_basis penalty_power_code kind",
    ("implementation", "fees"): "name standard basis reducible reduction_basis notes",
    ("implementation", "questions"): "question answer",
    ("implementation", "special_procedures"): "name kind limit basis body phone",
    ("implementation", "process_steps"): "name stage handler limit result basis special",
    ("responsibility", "supervision_parties"): "party_kind party share work_focus",
}  # fmt: skip


def elements_of(kind: str) -> dict[str, object]:
    """The elements of the profile that applies where nobody has adopted another one."""
    definition = next(entry for entry in definitions() if entry["code"] == kind)
    profiles = [read_profile({"kind": kind, **row}) for row in definition["profiles"] if not row.get("offered")]
    chosen = choose(profiles, item_type=None, region_chain=[], on=max(one.valid_from for one in profiles))
    assert chosen is not None
    return {element.key: element for element in chosen.elements}


@pytest.mark.parametrize(("kind", "source"), sorted(SOURCES))
def test_every_column_of_a_source_has_its_element(kind: str, source: str) -> None:
    assert set(SOURCES[kind, source].split()) - elements_of(kind).keys() == set()


@pytest.mark.parametrize(("kind", "element"), sorted(SUBTABLES))
def test_every_column_of_a_sub_table_has_its_place(kind: str, element: str) -> None:
    columns = {column.key for column in elements_of(kind)[element].columns}  # type: ignore[attr-defined]
    assert set(SUBTABLES[kind, element].split()) - columns == set()


def test_the_rows_of_basis_and_materials_have_the_columns_of_the_exchange_tables() -> None:
    basis = {"kind", "document_kind", "document", "number", "issuer", "date", "article", "text"}
    materials = {
        "name", "kind", "form", "necessity", "blank_form", "sample", "source", "source_explanation", "originals",
        "copies", "specification", "filling_instructions", "acceptance_standard", "basis", "notes", "signature",
        "issued_by", "issue_requirement", "shareable", "online_verifiable",
    }  # fmt: skip
    assert basis - BASIS_COLUMNS.keys() == set()
    assert materials - MATERIAL_COLUMNS.keys() == set()
