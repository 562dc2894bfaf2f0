"""Tables of the workflow service, by area."""

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
from shared.schema.workflow.course import disputed_element, feedback_dispute, joint_notice, joint_reply, suspension
from shared.schema.workflow.guidance import guidance_message, guidance_question, guidance_record
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
    review,
    violation,
)
from shared.schema.workflow.procedures import procedure_binding, procedure_template, role_binding
from shared.schema.workflow.standings import notice, standing_event, survey, survey_schedule, survey_score
from shared.schema.workflow.tasks import task

__all__ = [
    "adjustment",
    "adjustment_number",
    "calendar_override",
    "calendar_year",
    "campaign",
    "campaign_issue",
    "campaign_milestone",
    "campaign_phase",
    "campaign_submission",
    "campaign_target",
    "change",
    "clock",
    "clock_threshold",
    "comment_answer",
    "comment_period",
    "compilation_guide",
    "complaint",
    "deadline_rule",
    "disputed_element",
    "escalation_rule",
    "evaluation",
    "feedback_dispute",
    "guidance_message",
    "guidance_question",
    "guidance_record",
    "handling_record",
    "inspection",
    "joint_notice",
    "joint_reply",
    "material_justification",
    "message",
    "message_delivery",
    "message_preference",
    "monthly_report",
    "notice",
    "obligation",
    "organ_contact",
    "organ_contact_state",
    "oversight_setting",
    "procedure_binding",
    "procedure_template",
    "rectification_order",
    "review",
    "review_step",
    "role_binding",
    "standing_event",
    "submission",
    "substitution",
    "survey",
    "survey_schedule",
    "survey_score",
    "suspension",
    "task",
    "task_escalation",
    "violation",
]
