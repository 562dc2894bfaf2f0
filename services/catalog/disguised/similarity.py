"""How alike names are: 3-grams and their Jaccard index, against a set that is read once. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

# Spec section 8, S8.
LEAST = 0.6


def grams(name: str) -> frozenset[str]:
    """The 3-grams of a name without punctuation; a shorter name is one gram."""
    plain = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name))
    return frozenset(plain[start : start + 3] for start in range(max(1, len(plain) - 2))) if plain else frozenset()


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """What two sets share of all they have, 0 to 1."""
    together = len(first | second)
    return len(first & second) / together if together else 0.0


class Names:
    """Names to be compared with: looks only at those that share a gram."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: Sequence[str] = list(names)
        self._grams = [grams(name) for name in self.names]
        self._holding: dict[str, list[int]] = defaultdict(list)
        for place, own in enumerate(self._grams):
            for gram in own:
                self._holding[gram].append(place)

    def like(self, name: str, least: float = LEAST) -> list[tuple[str, float]]:
        """Names at least so alike, the most alike first."""
        own = grams(name)
        shared = Counter(place for gram in own for place in self._holding.get(gram, ()))
        found = []
        for place, count in shared.items():
            alike = count / (len(own) + len(self._grams[place]) - count)
            if alike >= least:
                found.append((self.names[place], alike))
        return sorted(found, key=lambda one: (-one[1], one[0]))


def added(local: Sequence[str], superior: Sequence[str], least: float = LEAST) -> list[int]:
    """Places of the local texts that the superior does not have: neither within one of its texts nor alike to one."""
    plain = [re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)) for text in superior]
    known = [grams(text) for text in superior]
    found = []
    for place, text in enumerate(local):
        own = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text))
        within = any(own in text_ for text_ in plain)
        if own and not within and not any(jaccard(grams(text), other) >= least for other in known):
            found.append(place)
    return found
