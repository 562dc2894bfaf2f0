"""The Python client of integrators, as the demo uses it: from its folder, for it is no part of the product."""

from __future__ import annotations

import sys

from shared.system import ROOT

FOLDER = ROOT / "clients" / "python"
if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))

from qingdan_client import Client, NotVerified, Numbers, Verifier  # noqa: E402

__all__ = ["Client", "NotVerified", "Numbers", "Verifier"]
