"""Long work of the detector: the scan of a region."""

from __future__ import annotations

from services.catalog.disguised.scan import run
from services.catalog.disguised.service import SCAN
from shared.ledger.operations import OperationKind

OPERATIONS = [OperationKind(kind=SCAN, run=run)]
