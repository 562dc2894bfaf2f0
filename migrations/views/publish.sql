-- What other services may read of publication: the contract, so columns are added, never changed or removed.

-- Lists in force with the revision that stands.
CREATE OR REPLACE VIEW qingdan.publish_list_v1 AS
SELECT list_id, kind, region_code, title, revision, hash, entries, published_at
FROM qingdan.published_list;

-- Entries as the present revisions show them.
CREATE OR REPLACE VIEW qingdan.publish_item_v1 AS
SELECT list_id, item_id, version, from_revision, name, base_code, implementation_code, item_type, state, level,
       organ_id, hash, effective_from
FROM qingdan.published_item
WHERE to_revision IS NULL;

-- The public change feed: references only.
CREATE OR REPLACE VIEW qingdan.publish_feed_v1 AS
SELECT sequence, id, position, type, list_kind, list_id, item_id, version, revision, changed, adjustment_id, cause_id,
       effective_at, recorded_at, replaces
FROM qingdan.feed_entry;

-- Platforms that lists are exchanged with; no address, no credential.
CREATE OR REPLACE VIEW qingdan.publish_peer_v1 AS
SELECT id, code, name, state, mirror_list_id
FROM qingdan.peer
UNION ALL
-- Partners that packages are exchanged with, as those who answer; and each list of theirs, as what is mirrored.
SELECT id, code, name, 'active', NULL FROM qingdan.offline_partner
UNION ALL
SELECT m.id, p.code, p.name, 'active', m.list_id
FROM qingdan.offline_mirror AS m JOIN qingdan.offline_partner AS p ON p.id = m.partner_id;

-- What peers have answered about versions of items.
CREATE OR REPLACE VIEW qingdan.publish_peer_answer_v1 AS
SELECT peer_id, item_id, task_version, list_id, operation, state, batch, err_type, remark, answered_at
FROM qingdan.peer_row
WHERE state IN ('accepted', 'rejected')
UNION ALL
SELECT partner_id, item_id, task_version, list_id, 'U', state, CAST(serial AS text), err_type, remark, answered_at
FROM qingdan.offline_answer;

-- The catalogue of a superior as it was pulled and could be read.
CREATE OR REPLACE VIEW qingdan.publish_pulled_entry_v1 AS
SELECT peer_id, external_id, item_id, version, elements, received_at
FROM qingdan.pulled_entry
WHERE elements IS NOT NULL
UNION ALL
SELECT mirror_id, CAST(source_item_id AS text), item_id, version, elements, received_at
FROM qingdan.offline_entry
WHERE elements IS NOT NULL;

-- Revisions of lists with what decided them, and the names that pin some of them.
CREATE OR REPLACE VIEW qingdan.publish_revision_v1 AS
SELECT list_id, revision, hash, entries, purged, decision, adjustment_id, effective_at, published_at
FROM qingdan.list_revision;

CREATE OR REPLACE VIEW qingdan.publish_edition_v1 AS
SELECT list_id, name, revision, named_at
FROM qingdan.list_edition;

-- What each revision shows, as everybody may see it.
CREATE OR REPLACE VIEW qingdan.publish_revision_item_v1 AS
SELECT list_id, item_id, from_revision, to_revision, version, name, base_code, implementation_code, state, organ_id, body
FROM qingdan.published_item;

-- What the public says of entries, as far as somebody has to answer it; not its words.
CREATE OR REPLACE VIEW qingdan.publish_feedback_v1 AS
SELECT f.id, f.list_id, f.item_id, f.region_code, f.organ_id, f.state, f.received_at, f.due_at,
       l.title AS list_title, p.name AS item_name, f.outcome, f.answered_by, f.answered_at
FROM qingdan.public_feedback AS f
JOIN qingdan.published_list AS l ON l.list_id = f.list_id
LEFT JOIN qingdan.published_item AS p ON p.list_id = f.list_id AND p.item_id = f.item_id AND p.to_revision IS NULL;

-- Public comments on drafts, for whoever answers them; without their receipts.
CREATE OR REPLACE VIEW qingdan.publish_public_comment_v1 AS
SELECT c.id, c.period_id, c.said_by, c.text, c.received_at
FROM qingdan.public_comment AS c;

-- What people have to do about channels: post a copy, look into one that is late or wrong.
CREATE OR REPLACE VIEW qingdan.publish_channel_finding_v1 AS
SELECT f.id, f.channel_id, f.list_id, f.reason, f.revision, f.opened_at, f.due_at, f.closed_at,
       c.code AS channel_code, c.name AS channel_name, c.kind AS channel_kind, c.region_code, c.organ_id, c.role,
       l.title AS list_title
FROM qingdan.channel_finding AS f
JOIN qingdan.channel AS c ON c.id = f.channel_id
JOIN qingdan.published_list AS l ON l.list_id = f.list_id;

-- Acts of publication and the revisions each published.
CREATE OR REPLACE VIEW qingdan.publish_publication_v1 AS
SELECT id, number, region_code, adjustments, hash, made_at
FROM qingdan.publication;

CREATE OR REPLACE VIEW qingdan.publish_publication_part_v1 AS
SELECT publication_id, list_id, revision, title, hash, entries, purged, effective_at, published_at
FROM qingdan.list_revision
WHERE publication_id IS NOT NULL;

-- Withdrawals of publications by decision, for whoever carries them out.
CREATE OR REPLACE VIEW qingdan.publish_withdrawal_v1 AS
SELECT id, publication_id, reason, legal_basis, state, given_at
FROM qingdan.publication_notice
WHERE kind = 'withdrawal';

-- What a withdrawal takes back: entries with the version the publication showed and the one shown before it; without
-- the latter the publication was the first to show the entry.
CREATE OR REPLACE VIEW qingdan.publish_taken_back_v1 AS
SELECT w.id AS withdrawal_id, p.list_id, p.item_id, p.version, b.version AS version_before
FROM qingdan.publication_notice AS w
JOIN qingdan.list_revision AS v ON v.publication_id = w.publication_id
JOIN qingdan.published_item AS p ON p.list_id = v.list_id AND p.from_revision = v.revision
     AND p.to_revision IS DISTINCT FROM p.from_revision
LEFT JOIN LATERAL (
    SELECT e.version FROM qingdan.published_item AS e
    WHERE e.list_id = p.list_id AND e.item_id = p.item_id AND e.from_revision < p.from_revision
      AND e.to_revision > e.from_revision
    ORDER BY e.from_revision DESC LIMIT 1
) AS b ON true
WHERE w.kind = 'withdrawal';

-- Subscriptions: whose they are and how they stand; not where they lead, nor anything they are signed with.
CREATE OR REPLACE VIEW qingdan.publish_subscription_v1 AS
SELECT id, name, owner, state, state_reason, state_since
FROM qingdan.subscription
WHERE state <> 'deleted';

-- Published entries, each with the permit whose specification holds for it: that of its own organ and region, else the
-- nearest one above, since specifications are written by the nation and the provinces and received from there (ZZ-05).
-- The only place that says so: guides, manuals and the report of what is missing read it here.
CREATE OR REPLACE VIEW qingdan.publish_specified_v1 AS
SELECT p.item_id, p.name, p.state, p.organ_id, p.from_revision, p.body, p.hash, l.list_id, l.kind, l.region_code,
       r.ancestors, s.item_id AS permit_id, s.body AS permit_body, s.hash AS permit_hash
FROM qingdan.published_list AS l
JOIN qingdan.published_item AS p ON p.list_id = l.list_id AND p.to_revision IS NULL
LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
LEFT JOIN LATERAL (
    SELECT q.item_id, q.body, q.hash
    FROM qingdan.published_item AS q
    JOIN qingdan.published_list AS m ON m.list_id = q.list_id AND m.kind = 'permit'
    LEFT JOIN qingdan.catalog_region_v1 AS n ON n.code = m.region_code
    WHERE q.base_code = p.base_code AND q.to_revision IS NULL AND q.state = 'in_use' AND q.item_id <> p.item_id
      AND (m.region_code = l.region_code AND l.kind <> 'permit' AND q.organ_id = p.organ_id
           OR m.region_code = ANY (r.ancestors))
    ORDER BY m.region_code = l.region_code DESC, cardinality(n.ancestors) DESC NULLS LAST,
             q.implementation_code IS NOT DISTINCT FROM p.implementation_code DESC, q.item_id
    LIMIT 1
) AS s ON true;

-- What entries and their specifications say, and which of the fourteen elements of a guide neither says (TH-21): the
-- places in which `shared.guide.fourteen` looks, which a test holds to be the same. OFFSET 0 keeps what is computed
-- once from being computed wherever it is used.
CREATE OR REPLACE VIEW qingdan.publish_guide_v1 AS
SELECT p.item_id, p.list_id, p.kind, p.region_code, p.organ_id, p.name, d.own, d.above, g.missing
FROM qingdan.publish_specified_v1 AS p
CROSS JOIN LATERAL (
    SELECT convert_from(p.body, 'UTF8')::jsonb -> 'elements' AS own,
           convert_from(p.permit_body, 'UTF8')::jsonb -> 'elements' AS above
    OFFSET 0
) AS d
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
           CASE WHEN NOT coalesce(
               d.own @? '$.name ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.name ? (@.type() == "string" && @ != "")', false) THEN 'name' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.item_type ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.item_type ? (@.type() == "string" && @ != "")', false) THEN 'item_type' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.basis[*].document ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.basis[*].document ? (@.type() == "string" && @ != "")', false) THEN 'basis' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.implementing_body.name ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.implementing_body.name ? (@.type() == "string" && @ != "")', false) THEN 'implementing_body' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.promised_limit.unit ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.promised_limit.unit ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.statutory_limit.unit ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.statutory_limit.unit ? (@.type() == "string" && @ != "")', false) THEN 'promised_limit' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.fees[*].standard ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.fees[*].standard ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.fee_standard ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.fee_standard ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.charged ? (@ == false)'
               OR d.above @? '$.charged ? (@ == false)', false) THEN 'fee_standard' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.fees[*].basis ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.fees[*].basis ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.fee_basis ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.fee_basis ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.charged ? (@ == false)'
               OR d.above @? '$.charged ? (@ == false)', false) THEN 'fee_basis' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.materials[*].name ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.materials[*].name ? (@.type() == "string" && @ != "")', false) THEN 'materials' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.process_steps[*].name ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.process_steps[*].name ? (@.type() == "string" && @ != "")', false) THEN 'process_steps' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.handling_forms[*] ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.handling_forms[*] ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.online ? (@ == true || @ == false)'
               OR d.above @? '$.online ? (@ == true || @ == false)', false) THEN 'handling_forms' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.handling_place ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.handling_place ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.windows[*].address ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.windows[*].address ? (@.type() == "string" && @ != "")', false) THEN 'handling_place' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.handling_hours ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.handling_hours ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.windows[*].hours ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.windows[*].hours ? (@.type() == "string" && @ != "")', false) THEN 'handling_hours' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.consult_phone ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.consult_phone ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.consult_way ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.consult_way ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.windows[*].phone ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.windows[*].phone ? (@.type() == "string" && @ != "")', false) THEN 'consult_phone' END,
           CASE WHEN NOT coalesce(
               d.own @? '$.complaint_phone ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.complaint_phone ? (@.type() == "string" && @ != "")'
               OR d.own @? '$.complaint_way ? (@.type() == "string" && @ != "")'
               OR d.above @? '$.complaint_way ? (@.type() == "string" && @ != "")', false) THEN 'complaint_phone' END
           ], NULL) AS missing
    OFFSET 0
) AS g
WHERE p.state <> 'cancelled';

-- Entries of implementation lists whose guide lacks elements, with which (ZL-26).
CREATE OR REPLACE VIEW qingdan.publish_guide_gap_v1 AS
SELECT item_id, list_id, region_code, organ_id, name, missing
FROM qingdan.publish_guide_v1
WHERE kind = 'implementation' AND cardinality(missing) > 0;
