"""What was made a moment ago is kept within a bound, and those asked for longest ago go first."""

from shared.kept import Kept


def test_those_asked_for_last_stay_and_what_is_large_is_not_kept() -> None:
    kept = Kept(most=10)
    for name in "abcde":
        kept.put(name, b"12")
        kept.get("a")
    kept.put("f", b"12")
    assert [name for name in "abcdef" if kept.get(name)] == ["a", "c", "d", "e", "f"]
    kept.put("large", b"123")
    assert kept.get("large") is None
