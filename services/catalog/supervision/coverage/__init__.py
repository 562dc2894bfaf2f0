"""The coverage report: what random inspection and supervision reach in a region (TH-32)."""

from services.catalog.supervision.coverage.service import report

__all__ = ["report"]
