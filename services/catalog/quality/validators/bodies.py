"""V03 on the body: powers are exercised in one's own name by those who may (行政主体资格)."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import BLOCK, Entry, Finding, Validator
from services.catalog.quality.validators.powers import POWER_KINDS, POWER_TYPES


def administrative_subject(entry: Entry) -> Iterator[Finding]:
    """A body without the standing of an administrative subject cannot hold a power (HB-06)."""
    organs = entry.context.organs
    if organs is None:
        return
    elements = entry.elements
    body = organs.get(str(elements.get("implementing_body")))
    if body is not None and not body.administrative_subject and elements.get("item_type", "01") in POWER_TYPES:
        message = f"{body.name}没有行政主体资格，不能作为行政权力事项的实施主体，请改由其主管部门列入或先核定其主体资格"
        yield Finding("V03", BLOCK, "implementing_body", "not_administrative_subject", message, "/implementing_body")


VALIDATORS = (
    Validator(rule="V03", check=administrative_subject, elements=frozenset({"implementing_body"}), kinds=POWER_KINDS),
)
