-- Views other services read of the catalog: the contract, so columns are added, never changed or removed.

CREATE OR REPLACE VIEW qingdan.catalog_region_v1 AS
SELECT code, name, level, kind, parent_code, ancestors, participates, version
FROM qingdan.region;

CREATE OR REPLACE VIEW qingdan.catalog_organ_v1 AS
SELECT id, name, credit_code, credit_code_check, kind, region_code, administrative_subject, supervising_organ_id,
       vertical, system, state, version
FROM qingdan.organ;

CREATE OR REPLACE VIEW qingdan.catalog_kind_v1 AS
SELECT code, title, origin, region_code, description, version, unique_code
FROM qingdan.list_kind;

CREATE OR REPLACE VIEW qingdan.catalog_profile_v1 AS
SELECT id, kind, number, item_type, region_code, valid_from, source, verified, elements, name
FROM qingdan.element_profile
-- What is only offered applies nowhere.
WHERE NOT offered;

CREATE OR REPLACE VIEW qingdan.catalog_list_v1 AS
SELECT id, kind, region_code, title, lead_organ_id, state, edition, decision, enacted_at, version, mirrored_from
FROM qingdan.list;

-- Entries of a peer's catalogue that its mirror could not take.
CREATE OR REPLACE VIEW qingdan.catalog_mirror_refusal_v1 AS
SELECT item_id, peer_id, version, element, code, message, refused_at
FROM qingdan.mirror_refusal;

CREATE OR REPLACE VIEW qingdan.catalog_list_member_v1 AS
SELECT list_id, organ_id
FROM qingdan.list_member;

CREATE OR REPLACE VIEW qingdan.catalog_item_v1 AS
SELECT id, list_id, kind, region_code, version, effective_from, name, base_code, main_code, implementation_code,
       handling_item, item_type, level, implementing_body, permit_name, state, audience, basis_digest, burden_digest
FROM qingdan.item;

CREATE OR REPLACE VIEW qingdan.catalog_item_version_v1 AS
SELECT item_id, number, effective_from, recorded_at, elements, changed, provenance, rule_set, adjustment_id, operation
FROM qingdan.item_version;

CREATE OR REPLACE VIEW qingdan.catalog_item_code_v1 AS
SELECT item_id, scheme, code, list_id, space, valid_from, valid_until, replaced_by, successor, ended_by, adjustment_id
FROM qingdan.item_code;

CREATE OR REPLACE VIEW qingdan.catalog_item_link_v1 AS
SELECT id, from_item_id, to_item_id, type, note, created_at, created_by
FROM qingdan.item_link;

CREATE OR REPLACE VIEW qingdan.catalog_draft_v1 AS
SELECT id, rule, rule_set, list_id, list_kind, region_code, item_id, source_item_id, source_version, elements, reason,
       state, adjustment_id, cause_id, opinion, opened_at, closed_at, closed_by
FROM qingdan.draft;

CREATE OR REPLACE VIEW qingdan.catalog_finding_v1 AS
SELECT id, rule, severity, list_id, list_kind, region_code, item_id, element, actual, expected, source_item_id,
       source_version, message, state, adjustment_id, opened_at, due_at, closed_at, waiver, codes
FROM qingdan.finding;

CREATE OR REPLACE VIEW qingdan.catalog_validation_v1 AS
SELECT adjustment_id, submission, blocking, findings, validated_at
FROM qingdan.validation;

CREATE OR REPLACE VIEW qingdan.catalog_cascade_v1 AS
SELECT adjustment_id, list_id, rule, touched, unchanged, waiting, failed, error, first_at, last_at
FROM qingdan.cascade_ledger;

CREATE OR REPLACE VIEW qingdan.catalog_rule_set_v1 AS
SELECT version, rules, state, effective_from, adjustment_id, created_by, created_at
FROM qingdan.rule_set;

CREATE OR REPLACE VIEW qingdan.catalog_account_v1 AS
SELECT id, login, name, organ_id, active
FROM qingdan.account;

-- Systems that act for themselves; what they are known by stays in the catalog.
CREATE OR REPLACE VIEW qingdan.catalog_client_v1 AS
SELECT id, name, organ_id, operator, region_code, scopes, active
FROM qingdan.service_client;

CREATE OR REPLACE VIEW qingdan.catalog_account_role_v1 AS
SELECT account_id, role, region_code, organ_id
FROM qingdan.account_role;
