-- Views other services read of the catalog: the contract, so columns are added, never changed or removed.

CREATE OR REPLACE VIEW qingdan.catalog_region_v1 AS
SELECT code, name, level, kind, parent_code, ancestors, participates, version
FROM qingdan.region;

CREATE OR REPLACE VIEW qingdan.catalog_organ_v1 AS
SELECT id, name, credit_code, credit_code_check, kind, region_code, administrative_subject, supervising_organ_id,
       vertical, system, state, version
FROM qingdan.organ;

CREATE OR REPLACE VIEW qingdan.catalog_kind_v1 AS
SELECT code, title, origin, region_code, description, version, unique_code, list_class
FROM qingdan.list_kind;

CREATE OR REPLACE VIEW qingdan.catalog_profile_v1 AS
SELECT p.id, p.kind, p.number, p.item_type, p.region_code, p.valid_from, p.source, p.verified, p.elements, p.name,
       -- Until then it counts: from there on a later one for the same type and region holds in its place. One that is
       -- still to come counts already, so that what is going to be hidden is hidden at once.
       (SELECT min(n.valid_from) FROM qingdan.element_profile AS n
        WHERE n.kind = p.kind AND n.number > p.number AND n.valid_from >= p.valid_from AND NOT n.offered
          AND n.item_type IS NOT DISTINCT FROM p.item_type
          AND n.region_code IS NOT DISTINCT FROM p.region_code) AS replaced_from
FROM qingdan.element_profile AS p
-- What is only offered applies nowhere.
WHERE NOT p.offered;

CREATE OR REPLACE VIEW qingdan.catalog_list_v1 AS
SELECT id, kind, region_code, title, lead_organ_id, state, edition, decision, enacted_at, version, mirrored_from
FROM qingdan.list;

-- Entries of a peer's catalogue that its mirror could not take.
CREATE OR REPLACE VIEW qingdan.catalog_mirror_refusal_v1 AS
SELECT item_id, peer_id, version, element, code, message, refused_at
FROM qingdan.mirror_refusal;

-- Mirrored entries that came and that their list has not followed yet: the consumer is not there, or holds them back.
CREATE OR REPLACE VIEW qingdan.catalog_mirror_awaited_v1 AS
SELECT unnest(e.item_ids) AS item_id
FROM qingdan.event AS e
WHERE e.type = 'catalogue.received'
  AND e.position > (SELECT c.position FROM qingdan.consumer AS c WHERE c.name = 'mirrors')
UNION ALL
SELECT p.item_id FROM qingdan.parked AS p WHERE p.consumer = 'mirrors';

-- Who leads which list in a region, also of lists that are not there yet.
CREATE OR REPLACE VIEW qingdan.catalog_responsibility_v1 AS
SELECT region_code, list_kind, lead_organ_id
FROM qingdan.list_responsibility;

CREATE OR REPLACE VIEW qingdan.catalog_list_member_v1 AS
SELECT list_id, organ_id
FROM qingdan.list_member;

CREATE OR REPLACE VIEW qingdan.catalog_item_v1 AS
SELECT id, list_id, kind, region_code, version, effective_from, name, base_code, main_code, implementation_code,
       handling_item, item_type, level, implementing_body, permit_name, state, audience, basis_digest, burden_digest,
       section
FROM qingdan.item;

CREATE OR REPLACE VIEW qingdan.catalog_item_version_v1 AS
SELECT item_id, number, effective_from, recorded_at, elements, changed, provenance, rule_set, adjustment_id, operation
FROM qingdan.item_version;

CREATE OR REPLACE VIEW qingdan.catalog_item_code_v1 AS
SELECT item_id, scheme, code, list_id, space, valid_from, valid_until, replaced_by, successor, ended_by, adjustment_id
FROM qingdan.item_code;

-- What took the place of entries that were merged or split.
CREATE OR REPLACE VIEW qingdan.catalog_item_successor_v1 AS
SELECT item_id, successor_id, since, adjustment_id
FROM qingdan.item_successor;

CREATE OR REPLACE VIEW qingdan.catalog_item_link_v1 AS
SELECT id, from_item_id, to_item_id, type, note, created_at, created_by
FROM qingdan.item_link;

CREATE OR REPLACE VIEW qingdan.catalog_draft_v1 AS
SELECT id, rule, rule_set, list_id, list_kind, region_code, item_id, source_item_id, source_version, elements, reason,
       state, adjustment_id, cause_id, opinion, opened_at, closed_at, closed_by, due_at
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

-- The register of normative documents, without their texts.
CREATE OR REPLACE VIEW qingdan.catalog_document_v1 AS
SELECT id, title, number, kind, issuer, region_code, issued_on, issued_precision, effective_from, expires_on, status,
       status_from, status_by, version
FROM qingdan.normative_document;

CREATE OR REPLACE VIEW qingdan.catalog_document_link_v1 AS
SELECT document_id, subject, subject_id, purpose, created_at
FROM qingdan.document_link;

-- Suspected disguised permits and the last word of people on them.
CREATE OR REPLACE VIEW qingdan.catalog_suspect_v1 AS
SELECT id, subject, item_id, document_id, list_id, list_kind, region_code, name, pattern, score, state, verdict, reason,
       judged_at, complaints, opened_at
FROM qingdan.suspect;

-- Elements of permits that stay as they are because organs do not agree on who supervises.
CREATE OR REPLACE VIEW qingdan.catalog_disputed_element_v1 AS
SELECT d.item_id, e.element, d.id AS dispute_id, d.question
FROM qingdan.supervision_dispute AS d
CROSS JOIN unnest(ARRAY['supervising_body', 'joint_supervision']) AS e (element)
WHERE d.state = 'open';

-- Claims of superiors' matters, one a matter, region and organ.
CREATE OR REPLACE VIEW qingdan.catalog_claim_v1 AS
SELECT id, superior_item_id, superior_list_id, superior_version, confirmed_version, list_kind, region_code, organ_id,
       assigned_by, state, reason, local_item_id, missing, offered_at, due_at, handled_at, handled_by, closed_at,
       dispute, decision, adjustment_id, version
FROM qingdan.claim;

-- What entries that are claimed have from their superior's, and may not say otherwise. The name of one way of handling
-- among several is the organ's own.
CREATE OR REPLACE VIEW qingdan.catalog_inheritance_v1 AS
SELECT DISTINCT ON (t.id) t.id AS item_id, c.id AS claim_id, u.id AS superior_item_id, u.version AS superior_version,
       u.name AS superior_name, l.title AS superior_list, l.region_code AS superior_region,
       jsonb_strip_nulls(jsonb_build_object(
           'name', CASE WHEN t.handling_item = '' THEN v.elements -> 'name' END,
           'base_code', CASE WHEN t.base_code = u.base_code THEN v.elements -> 'base_code' END,
           'item_type', v.elements -> 'item_type', 'basis', v.elements -> 'basis')) AS elements
FROM qingdan.item AS t
JOIN qingdan.item AS o ON o.base_code = t.base_code AND o.kind = t.kind AND o.region_code = t.region_code
    AND o.implementing_body IS NOT DISTINCT FROM t.implementing_body
JOIN qingdan.claim AS c ON c.local_item_id = o.id AND c.state = 'claimed' AND c.list_kind = t.kind
JOIN qingdan.item AS u ON u.id = c.superior_item_id AND u.state <> 'cancelled'
JOIN qingdan.list AS l ON l.id = u.list_id
JOIN qingdan.item_version AS v ON v.item_id = u.id AND v.number = u.version
ORDER BY t.id, c.offered_at, c.id;

-- Claims that somebody has to act on: an organ's offers and what its claims lack, and disputes to be decided.
CREATE OR REPLACE VIEW qingdan.catalog_claim_work_v1 AS
SELECT c.region_code, c.list_kind, c.organ_id, count(*) FILTER (WHERE c.state <> 'disputed') AS open,
       count(*) FILTER (WHERE c.state = 'disputed') AS disputed,
       min(c.due_at) FILTER (WHERE c.state <> 'disputed') AS due_at
FROM qingdan.claim AS c
WHERE c.state IN ('offered', 'disputed') OR c.state = 'claimed' AND c.closed_at IS NULL
GROUP BY c.region_code, c.list_kind, c.organ_id;

-- Which columns the published annex of a kind has.
CREATE OR REPLACE VIEW qingdan.catalog_annex_layout_v1 AS
SELECT kind, columns, version
FROM qingdan.annex_layout;
