"""The HTTP application of the workflow service."""

from __future__ import annotations

from services.workflow.adjustments import routes as adjustments
from services.workflow.attachments import routes as attachments
from services.workflow.auditing import routes as auditing
from services.workflow.bindings import routes as bindings
from services.workflow.calendars import routes as calendars
from services.workflow.campaigns import routes as campaigns
from services.workflow.campaigns.guides import routes as guides
from services.workflow.candidates import routes as candidates
from services.workflow.changes import routes as changes
from services.workflow.charts import routes as charts
from services.workflow.clocks import routes as clocks
from services.workflow.comments import routes as comments
from services.workflow.complaints import routes as complaints
from services.workflow.contacts import routes as contacts
from services.workflow.deadlines import routes as deadlines
from services.workflow.decisions import routes as decisions
from services.workflow.disputes import routes as disputes
from services.workflow.escalations import routes as escalations
from services.workflow.evaluations import routes as evaluations
from services.workflow.filings import routes as filings
from services.workflow.guidance import routes as guidance
from services.workflow.guidance.questions import routes as questions
from services.workflow.handling import routes as handling
from services.workflow.inspections import routes as inspections
from services.workflow.joint_notices import routes as joint_notices
from services.workflow.justifications import routes as justifications
from services.workflow.messages import routes as messages
from services.workflow.minor import routes as minor
from services.workflow.notices import routes as notices
from services.workflow.obligations import routes as obligations
from services.workflow.oversight import routes as oversight
from services.workflow.preparations import routes as preparations
from services.workflow.procedures import routes as procedures
from services.workflow.progress import routes as progress
from services.workflow.rectification import routes as rectification
from services.workflow.related import routes as related
from services.workflow.reports import routes as reports
from services.workflow.reports.issues import routes as issues
from services.workflow.reviews import routes as reviews
from services.workflow.standings import routes as standings
from services.workflow.submissions import routes as submissions
from services.workflow.substitutions import routes as substitutions
from services.workflow.surveys import routes as surveys
from services.workflow.suspensions import routes as suspensions
from services.workflow.tasks import routes as tasks
from services.workflow.tasks.subtasks import routes as subtasks
from services.workflow.tasks.workload import routes as workload
from services.workflow.violations import routes as violations
from shared.http.app import create_app

app = create_app(
    service="workflow",
    title="清单管理：动态调整与审核",
    routers=[
        adjustments.router,
        adjustments.waiting_router,
        attachments.router,
        attachments.of_adjustment_router,
        bindings.router,
        bindings.roles_router,
        changes.router,
        candidates.router,
        minor.router,
        minor.submitting_router,
        related.router,
        decisions.router,
        filings.router,
        submissions.router,
        suspensions.router,
        justifications.router,
        preparations.router,
        comments.router,
        disputes.router,
        joint_notices.router,
        procedures.router,
        tasks.router,
        subtasks.router,
        workload.router,
        messages.router,
        substitutions.router,
        contacts.router,
        escalations.router,
        clocks.router,
        calendars.router,
        deadlines.router,
        campaigns.router,
        guides.router,
        obligations.of_campaign_router,
        obligations.router,
        progress.router,
        reports.router,
        issues.of_campaign_router,
        issues.router,
        guidance.router,
        questions.router,
        evaluations.router,
        standings.router,
        notices.of_campaign_router,
        notices.router,
        surveys.schedules_router,
        surveys.router,
        charts.of_campaign_router,
        charts.router,
        handling.router,
        violations.router,
        complaints.router,
        reviews.router,
        rectification.router,
        inspections.router,
        oversight.router,
        auditing.router,
    ],
    upload_paths=[attachments.BASE],
)
