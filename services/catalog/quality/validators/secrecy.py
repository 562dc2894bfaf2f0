"""V19: what is withheld from the public names its ground, and secrets are not kept where the internet reaches."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import BLOCK, Entry, Finding, Validator
from shared import secrecy


def withheld_with_ground(entry: Entry) -> Iterator[Finding]:
    """An entry for the staff alone has one of the four grounds, and one with a ground is for the staff alone."""
    ground, withheld = entry.text(secrecy.ELEMENT), entry.text("audience") == "staff"
    if secrecy.refused_at_entry(entry.elements, internet_facing=entry.context.internet_facing):
        yield Finding("V19", BLOCK, secrecy.ELEMENT, secrecy.REFUSED_CODE, secrecy.REFUSED, f"/{secrecy.ELEMENT}")
    elif withheld and not ground:
        named = "、".join(secrecy.OF_ENTRIES.values())
        message = f"不公开的事项须写明不公开理由（{named}）；不属于这些情形的应当公开"
        yield Finding("V19", BLOCK, secrecy.ELEMENT, "withheld_without_ground", message, f"/{secrecy.ELEMENT}")
    elif ground and not withheld:
        message = "写有不公开理由的事项，可见范围须为“内部”；应当公开的请删去不公开理由"
        yield Finding("V19", BLOCK, "audience", "ground_but_public", message, "/audience")


VALIDATORS = (Validator(rule="V19", check=withheld_with_ground, elements=frozenset({"audience", secrecy.ELEMENT})),)
