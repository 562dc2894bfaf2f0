"""A copy taken under load is restored into a fresh cluster, and work goes on: the short form of the restore drill.

Subscribers are told their last valid number, and end complete; the platform is compared with and ends equal.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.place import CONFIGURED
from tests.faults.restore_drill import drill

pytestmark = pytest.mark.timeout(300)


@pytest.mark.skipif(any(os.environ.get(name) for name in CONFIGURED), reason="it needs two clusters of its own")
async def test_a_restored_copy_holds_all_that_was_acknowledged_before_it_and_work_goes_on(tmp_path: Path) -> None:
    outcome = await drill(tmp_path, "pytest", decisions=5)
    assert not outcome.violations, "\n".join(str(violation) for violation in outcome.violations[:20])
    assert outcome.acknowledged > 0, outcome.line()
