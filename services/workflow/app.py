"""The HTTP application of the workflow service."""

from __future__ import annotations

from services.workflow.adjustments import routes as adjustments
from services.workflow.bindings import routes as bindings
from services.workflow.calendars import routes as calendars
from services.workflow.changes import routes as changes
from services.workflow.clocks import routes as clocks
from services.workflow.contacts import routes as contacts
from services.workflow.deadlines import routes as deadlines
from services.workflow.decisions import routes as decisions
from services.workflow.escalations import routes as escalations
from services.workflow.filings import routes as filings
from services.workflow.messages import routes as messages
from services.workflow.procedures import routes as procedures
from services.workflow.substitutions import routes as substitutions
from services.workflow.tasks import routes as tasks
from services.workflow.tasks.subtasks import routes as subtasks
from services.workflow.tasks.workload import routes as workload
from shared.http.app import create_app

app = create_app(
    service="workflow",
    title="清单管理：动态调整与审核",
    routers=[
        adjustments.router,
        adjustments.waiting_router,
        bindings.router,
        bindings.roles_router,
        changes.router,
        decisions.router,
        filings.router,
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
    ],
)
