"""The relations within a region that have a query of their own, instead of comparing counterparts by keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.catalog.linkage.fragments import Look
from services.catalog.linkage.industries import repository as industries
from services.catalog.linkage.listed import repository as listed
from services.catalog.linkage.rows import repository as rows
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.supervised import repository as supervised

Query = Callable[[Rule, Look], tuple[list[str], list[str]]]

QUERIES: Mapping[str, Query] = {
    "rows": rows.difference,
    "listed": listed.difference,
    "prohibits": industries.difference,
    "supervised": supervised.difference,
}
