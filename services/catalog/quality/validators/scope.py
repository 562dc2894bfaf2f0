"""V27: what nobody applies for is in principle no service (不需申请的原则上不纳入)."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import WARN, Entry, Finding, Validator


def on_application(entry: Entry) -> Iterator[Finding]:
    """Not on application: a reason, in lists of services, whose profile has a place for it (ZL-17)."""
    if entry.elements.get("on_application") is not False or entry.profile.element("not_on_application_reason") is None:
        return
    if not entry.text("not_on_application_reason"):
        message = "不需申请的事项原则上不纳入服务清单，确需列入的请写明理由"
        yield Finding("V27", WARN, "on_application", "not_on_application", message, "/on_application")


VALIDATORS = (Validator(rule="V27", check=on_application, elements=frozenset({"on_application"})),)
