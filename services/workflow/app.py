"""The HTTP application of the workflow service."""

from __future__ import annotations

from services.workflow.adjustments import routes as adjustments
from services.workflow.attachments import routes as attachments
from services.workflow.bindings import routes as bindings
from services.workflow.calendars import routes as calendars
from services.workflow.changes import routes as changes
from services.workflow.clocks import routes as clocks
from services.workflow.comments import routes as comments
from services.workflow.deadlines import routes as deadlines
from services.workflow.decisions import routes as decisions
from services.workflow.filings import routes as filings
from services.workflow.justifications import routes as justifications
from services.workflow.preparations import routes as preparations
from services.workflow.procedures import routes as procedures
from services.workflow.submissions import routes as submissions
from services.workflow.tasks import routes as tasks
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
        decisions.router,
        filings.router,
        submissions.router,
        justifications.router,
        preparations.router,
        comments.router,
        procedures.router,
        tasks.router,
        clocks.router,
        calendars.router,
        deadlines.router,
    ],
    upload_paths=[attachments.BASE],
)
