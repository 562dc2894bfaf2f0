"""When Python looks for cycles: seldom, and never among what was loaded at the start."""

from __future__ import annotations

import gc


def calm() -> None:
    """To be called once everything is loaded.

    Rows and requests make very many short-lived objects without cycles: looking for them took 40 % of the processor
    time of a large batch, and each look through all that is loaded stops an API for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
