"""The view that judges guides knows the same elements as the guide itself."""

from __future__ import annotations

import re

import pytest

from shared.guide.fourteen import FOURTEEN
from shared.migrate import MIGRATIONS


@pytest.mark.req("TH-21")
def test_the_view_judges_every_element_a_guide_has_and_no_other() -> None:
    views = (MIGRATIONS / "views" / "publish.sql").read_text(encoding="utf-8")
    assert re.findall(r"THEN '(\w+)' END", views) == [key for key, _, _ in FOURTEEN]
