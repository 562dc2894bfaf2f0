"""Duties in an organ. Pure."""

from __future__ import annotations

# ZL-54: the principal leads himself, the deputy is concretely in charge; ZL-41: each unit names who does the work.
TITLES = {"principal": "主要负责人", "deputy": "分管负责人", "operator": "经办人员"}
# More than one leads nothing.
ALONE = "principal"
MOST = 50
