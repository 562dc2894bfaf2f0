"""Rules about one entry by itself, one module for each matter; each exports `VALIDATORS`."""

from __future__ import annotations

from services.catalog.quality.entry import Validator
from services.catalog.quality.validators import (
    basis,
    bodies,
    charges,
    contacts,
    intermediaries,
    limits,
    materials,
    notices,
    online,
    responsibility,
    scope,
    secrecy,
    steps,
    supervision,
)

# In the order in which people read their findings.
VALIDATORS: tuple[Validator, ...] = (
    *bodies.VALIDATORS,
    *basis.VALIDATORS,
    *limits.VALIDATORS,
    *responsibility.VALIDATORS,
    *intermediaries.VALIDATORS,
    *supervision.VALIDATORS,
    *steps.VALIDATORS,
    *charges.VALIDATORS,
    *materials.VALIDATORS,
    *online.VALIDATORS,
    *notices.VALIDATORS,
    *scope.VALIDATORS,
    *contacts.VALIDATORS,
    *secrecy.VALIDATORS,
)
