"""Pages are kept within a bound; those asked for longest ago are given up."""

from uuid import UUID

from services.publish.portal.kept import KeptPages

LIST = UUID(int=1)


def test_what_is_asked_for_stays_and_what_is_not_makes_room() -> None:
    pages = KeptPages(most=30, largest=10)
    for name in (b"a", b"b", b"c"):
        pages.keep((LIST, name), name * 10)
    assert pages.get((LIST, b"a")) == b"a" * 10
    pages.keep((LIST, b"d"), b"d" * 10)
    assert [pages.get((LIST, name)) is not None for name in (b"a", b"b", b"c", b"d")] == [True, False, True, True]


def test_a_page_kept_again_counts_once_and_a_large_one_is_not_kept() -> None:
    pages = KeptPages(most=30, largest=10)
    pages.keep((LIST, b"large"), b"x" * 11)
    for _ in range(5):
        pages.keep((LIST, b"a"), b"a" * 10)
    pages.keep((LIST, b"b"), b"b" * 10)
    assert pages.get((LIST, b"large")) is None
    assert pages.get((LIST, b"a")) is not None
    assert pages.get((LIST, b"b")) is not None


def test_lists_that_stand_alike_are_not_mistaken_for_each_other() -> None:
    pages = KeptPages()
    pages.keep((LIST, b"tag"), b"one")
    assert pages.get((UUID(int=2), b"tag")) is None
