"""The glossary knows the words that the code uses, and gives each the Chinese term that the code shows."""

import re
from pathlib import Path

import pytest

from shared.calendar.limits import UNIT_LABELS, Comparison
from shared.calendar.working_days import Unit
from shared.codes.item_type import ITEM_TYPES, Relation
from shared.codes.level import Level
from shared.identity.principal import TITLES
from shared.identity.scopes import SCOPES

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")

LABELS = {
    **{entry.name: entry.label for entry in ITEM_TYPES.values()},
    **{level.identifier: level.label for level in Level},
    **{unit.value: label for unit, label in UNIT_LABELS.items()},
    **TITLES,
    **SCOPES,
}
WORDS = {*LABELS, *Unit, *Comparison, *Relation}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_the_glossary_explains_every_word_of_the_vocabularies(word: str) -> None:
    assert f"`{word}`" in GLOSSARY


@pytest.mark.parametrize(("word", "label"), sorted(LABELS.items()))
def test_the_glossary_gives_the_chinese_term_that_officials_see(word: str, label: str) -> None:
    assert any(f"`{word}`" in line and label in line for line in GLOSSARY.splitlines())


def test_no_section_of_the_glossary_explains_a_word_twice() -> None:
    for section in GLOSSARY.split("\n## ")[1:]:
        words = re.findall(r"^\| `([a-z_.]+)`", section, re.MULTILINE)
        assert len(words) == len(set(words)), section.splitlines()[0]
