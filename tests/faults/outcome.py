"""What one round of a storm came to, in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.faults.facts import Violation


@dataclass
class Outcome:
    """What one round came to."""

    seed: str
    seconds: float
    kills: Counter[str] = field(default_factory=Counter)
    # Decisions of this round; drafts accepted since the first.
    acknowledged: int = 0
    accepted: int = 0
    unknown: int = 0
    looks: int = 0
    # How often receivers and the platform were told to fail.
    failures: int = 0
    # Events that reached subscribers since the first round, and those that came again, which is allowed.
    received: int = 0
    repeated: int = 0
    # Differences that a comparison with the platform found and repaired: what it had acknowledged and not stored.
    repaired: int = 0
    # Words of clocks, messages, reports and e-mails since the first round; e-mails that came again, which is allowed.
    words: int = 0
    messages: int = 0
    reports: int = 0
    letters: int = 0
    letters_repeated: int = 0
    waiting: str = ""
    violations: list[Violation] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Things acknowledged or told that are not there."""
        return sum(violation.lost for violation in self.violations)

    @property
    def duplicated(self) -> int:
        """Things that are there more than once."""
        return sum(violation.duplicated for violation in self.violations)

    def line(self) -> str:
        """The round in one line."""
        kills = ", ".join(f"{what} {count}" for what, count in sorted(self.kills.items()))
        return (
            f"seed {self.seed}: {self.seconds:.0f} s, {sum(self.kills.values())} kills ({kills}), "
            f"{self.acknowledged} decisions and {self.accepted} drafts acknowledged, {self.unknown} steps unknown, "
            f"{self.received} events received and {self.repeated} once more, {self.failures} times a receiver or the "
            f"platform failed, {self.repaired} differences repaired there, "
            f"{self.words} words of clocks, {self.reports} monthly reports, {self.messages} messages, "
            f"{self.letters} e-mails and {self.letters_repeated} once more, "
            f"{self.lost} lost, {self.duplicated} duplicated, {self.looks} looks at the lists; {self.waiting}"
        )
