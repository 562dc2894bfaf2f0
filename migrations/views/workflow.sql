-- What other services may read of the workflow service. The columns are a contract: add, never rename or remove.

-- Adjustments (动态调整) with where they stand.
CREATE OR REPLACE VIEW qingdan.workflow_adjustment_v1 AS
SELECT a.id, a.number, a.title, a.region_code, a.organ_id, a.participants, a.trigger, a.trigger_reference,
       a.legal_basis, a.reason, a.effective_at, a.transitional_rule, a.procedure_code, a.procedure_version, a.state,
       a.submission, a.decision, a.decided_at, a.applied_at, a.effective_event_id, a.version, a.created_by,
       a.created_at, a.updated_at, a.operations, a.published_at, a.filed_at
FROM qingdan.adjustment AS a;

-- Changes that are still to be made. An entry that was applied (or was a no-op) is left out, so that an adjustment
-- whose rest was in conflict and is decided again never applies a change twice: its versions are in the catalog.
CREATE OR REPLACE VIEW qingdan.workflow_change_v1 AS
SELECT c.id, c.adjustment_id, c.number, c.operation, c.list_id, c.item_id, c.organ_id, c.base_version, c.base,
       c.proposed, c.outcome, c.conflict, c.compiled_by,
       a.state, a.region_code, a.submission, a.effective_at, a.decided_at, c.successors
FROM qingdan.change AS c
JOIN qingdan.adjustment AS a ON a.id = c.adjustment_id
WHERE c.outcome IS NULL OR c.outcome = 'conflict';

-- Open and closed tasks: who has to act on what.
CREATE OR REPLACE VIEW qingdan.workflow_task_v1 AS
SELECT t.id, t.kind, t.region_code, t.organ_id, t.role, t.title, t.subject, t.list_id, t.adjustment_id, t.state,
       t.opened_at, t.due_at, t.closed_at, t.closed_by, t.assignee_id, t.overdue_at
FROM qingdan.task AS t;

-- Clocks: the running limits of tasks.
CREATE OR REPLACE VIEW qingdan.workflow_clock_v1 AS
SELECT c.id, c.subject, c.region_code, c.adjustment_id, c.state, c.started_at, c.due_at, c.provisional, c.stopped_at
FROM qingdan.clock AS c;

-- Periods of public comment (公开征求意见): what the public is told. One whose review step has ended otherwise is
-- not `running` any more, whatever its dates say; nor is one whose adjustment is suspended.
CREATE OR REPLACE VIEW qingdan.workflow_comment_period_v1 AS
SELECT p.id, p.region_code, p.title, p.explanation, p.documents, p.opens_at, p.closes_at, p.summary, p.summarised_at,
       s.state = 'open' AND a.state = 'in_review' AS running, p.adjustment_id
FROM qingdan.comment_period AS p
JOIN qingdan.review_step AS s ON s.id = p.id
JOIN qingdan.adjustment AS a ON a.id = p.adjustment_id;

-- Elements that stay as they are because a department disputes what was fed back about them.
CREATE OR REPLACE VIEW qingdan.workflow_disputed_element_v1 AS
SELECT e.item_id, e.element, e.dispute_id, d.question, d.adjustment_id
FROM qingdan.disputed_element AS e
JOIN qingdan.feedback_dispute AS d ON d.id = e.dispute_id
WHERE d.state IN ('consulting', 'escalated');

-- Answers to public comments; those of a period become public with its summary.
CREATE OR REPLACE VIEW qingdan.workflow_comment_answer_v1 AS
SELECT a.id, a.period_id, a.outcome, a.answer, a.answered_at, p.summarised_at
FROM qingdan.comment_answer AS a
JOIN qingdan.comment_period AS p ON p.id = a.period_id;

-- The steps an adjustment has passed on its way to the decision, of its last submission: which organ acted in which
-- role, never who. The public reads them beside what was published.
CREATE OR REPLACE VIEW qingdan.workflow_approval_v1 AS
SELECT s.adjustment_id, s.number, s.code, s.title, s.act, s.role, s.region_code, s.organ_id, s.decided_at
FROM qingdan.review_step AS s
JOIN qingdan.adjustment AS a ON a.id = s.adjustment_id AND a.submission = s.submission
WHERE s.state = 'passed' AND s.act NOT IN ('publish', 'file');
