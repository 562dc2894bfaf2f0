"""What a figure is, and how two programs are compared: alternating rounds, the median of the pairwise ratios."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

ROUNDS = 3


@dataclass(frozen=True)
class Figure:
    """One line of the report.

    Attributes
    ----------
    ours, limit
        What was measured, as people read it.
    ratio
        Median of the pairwise ratios ours to limit; None where there is nothing to compare with.
    target
        What is to be reached.
    met
        Whether it was; None where the figure is only printed.
    """

    name: str
    ours: str
    limit: str
    target: str
    met: bool | None
    ratio: float | None = None
    note: str = ""


@dataclass
class Pairs:
    """Rounds of two programs that took turns."""

    ours: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median of ours / limit, round by round: what slows the machine down for a round slows both down."""
        return median(ours / limit for ours, limit in zip(self.ours, self.limit, strict=True))

    @property
    def spread(self) -> str:
        """Lowest and highest ratio of a round."""
        ratios = sorted(ours / limit for ours, limit in zip(self.ours, self.limit, strict=True))
        return f"{ratios[0]:.2f}-{ratios[-1]:.2f}"


async def alternate(
    ours: Callable[[], Awaitable[float]], limit: Callable[[], Awaitable[float]], rounds: int = ROUNDS
) -> Pairs:
    """Run both in turns; who begins changes with each round."""
    pairs = Pairs()
    for number in range(rounds):
        if number % 2 == 0:
            pairs.ours.append(await ours())
            pairs.limit.append(await limit())
        else:
            pairs.limit.append(await limit())
            pairs.ours.append(await ours())
    return pairs


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]


def milliseconds(seconds: float) -> str:
    """A duration as people read it."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
