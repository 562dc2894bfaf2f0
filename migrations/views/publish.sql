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
FROM qingdan.peer;

-- What peers have answered about versions of items.
CREATE OR REPLACE VIEW qingdan.publish_peer_answer_v1 AS
SELECT peer_id, item_id, task_version, list_id, operation, state, batch, err_type, remark, answered_at
FROM qingdan.peer_row
WHERE state IN ('accepted', 'rejected');

-- The catalogue of a superior as it was pulled and could be read.
CREATE OR REPLACE VIEW qingdan.publish_pulled_entry_v1 AS
SELECT peer_id, external_id, item_id, version, elements, received_at
FROM qingdan.pulled_entry
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
