"""V11: an intermediary service belongs to a permit and rests on a legal basis."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import ERROR, Entry, Finding, Validator


def permit_and_basis(entry: Entry) -> Iterator[Finding]:
    """Without a permit it belongs to, or without a basis, a service is one that nobody may ask for (QX-10)."""
    elements = entry.elements
    for key, title in (("base_code", "基本编码"), ("implementing_body", "实施机关")):
        if not elements.get(key):
            message = f"中介服务未对应行政许可：请填写对应许可的{title}；没有对应许可的，不得作为受理条件，应予清理"
            yield Finding("V11", ERROR, key, "permit_link_missing", message, f"/{key}")
    if not elements.get("basis"):
        message = "中介服务没有设置依据：请补充法律、行政法规或国务院决定等依据；没有依据的应予清理"
        yield Finding("V11", ERROR, "basis", "basis_missing", message, "/basis")


VALIDATORS = (
    Validator(
        rule="V11",
        check=permit_and_basis,
        elements=frozenset({"name"}),
        kinds=frozenset({"intermediary_service"}),
    ),
)
