"""Tables of the workflow service: adjustments, their procedures, tasks, clocks, campaigns, messages and oversight."""

from shared.schema.workflow.adjustments import adjustment, adjustment_number, change, review_step
from shared.schema.workflow.campaigns import (
    campaign,
    campaign_issue,
    campaign_milestone,
    campaign_phase,
    campaign_submission,
    campaign_target,
    compilation_guide,
    evaluation,
    monthly_report,
    obligation,
)
from shared.schema.workflow.clocks import calendar_override, calendar_year, clock, clock_threshold, deadline_rule
from shared.schema.workflow.consultation import comment_answer, comment_period, material_justification, submission
from shared.schema.workflow.inbox import (
    escalation_rule,
    message,
    message_delivery,
    message_preference,
    organ_contact,
    organ_contact_state,
    substitution,
    task_escalation,
)
from shared.schema.workflow.oversight import (
    complaint,
    handling_record,
    inspection,
    oversight_setting,
    rectification_order,
    violation,
)
from shared.schema.workflow.procedures import procedure_binding, procedure_template, role_binding
from shared.schema.workflow.records import (
    attachment,
    attachment_content,
    candidate_answer,
    minor_element,
    related_work,
)
from shared.schema.workflow.tasks import task

__all__ = [
    "adjustment",
    "adjustment_number",
    "attachment",
    "attachment_content",
    "calendar_override",
    "calendar_year",
    "campaign",
    "campaign_issue",
    "campaign_milestone",
    "campaign_phase",
    "campaign_submission",
    "campaign_target",
    "candidate_answer",
    "change",
    "clock",
    "clock_threshold",
    "comment_answer",
    "comment_period",
    "compilation_guide",
    "complaint",
    "deadline_rule",
    "escalation_rule",
    "evaluation",
    "handling_record",
    "inspection",
    "material_justification",
    "message",
    "message_delivery",
    "message_preference",
    "minor_element",
    "monthly_report",
    "obligation",
    "organ_contact",
    "organ_contact_state",
    "oversight_setting",
    "procedure_binding",
    "procedure_template",
    "rectification_order",
    "related_work",
    "review_step",
    "role_binding",
    "submission",
    "substitution",
    "task",
    "task_escalation",
    "violation",
]
