"""Replaying verdicts: does the scorer still find what people called a disguised permit, what does it ask in vain?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.catalog.disguised.facts import Facts
from services.catalog.disguised.lexicon import Lexicon
from services.catalog.disguised.rules import assess


@dataclass(slots=True)
class Replay:
    """What came of it.

    Attributes
    ----------
    cases : how many by verdict.
    suspected : how many of them the scorer suspects now, by verdict.
    lost : disguised permits that it no longer finds: a regression.
    """

    cases: Counter[str] = field(default_factory=Counter)
    suspected: Counter[str] = field(default_factory=Counter)
    lost: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """Of what the scorer suspects, the share that people called disguised; None when it suspects nothing."""
        total = sum(self.suspected.values())
        return self.suspected["disguised"] / total if total else None


def replay(cases: Iterable[Mapping[str, Any]], lexicon: Lexicon, into: Replay | None = None) -> Replay:
    """Score cases ({"verdict", "facts", and perhaps "suspect_id"}) anew."""
    result = into or Replay()
    for case in cases:
        verdict, facts = case["verdict"], Facts.of(case["facts"])
        suspected = assess(facts, lexicon).suspected
        result.cases[verdict] += 1
        result.suspected[verdict] += suspected
        if verdict == "disguised" and not suspected:
            result.lost.append({"suspect_id": case.get("suspect_id"), "name": facts.name})
    return result
