"""Which types and lists are administrative powers, and which documents may set them."""

from __future__ import annotations

# Who may set what: 行政许可法 art. 14-17 for permits; duties and services may rest on lesser documents.
SETS_PERMITS = frozenset({"law", "regulation", "decision", "local_regulation", "provincial_rule"})
SETS_POWERS = SETS_PERMITS | {"department_rule"}
# 01-10 are those of GB/T 39046-2020 A.1; 11-19 are kept there for powers an administration adds, e.g. 行政备案.
POWER_TYPES = frozenset(f"{number:02d}" for number in range(1, 20))
# Lists whose entries are powers exercised in the body's own name (HB-06).
POWER_KINDS = frozenset({"permit", "power"})
