"""What a body of an earlier revision keeps once elements of it are no longer public. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.publish.revisions.rules import PublishedList
from shared.visibility import Profile


def profile_of(shown: Mapping[str, Any], in_list: PublishedList) -> Profile:
    """The profile for elements as they were shown. Where they do not say of which type the entry is, because that is
    not public itself, whatever is hidden of some type counts as hidden.
    """
    item_type = shown.get("item_type")
    if isinstance(item_type, str):
        return in_list.profile(item_type)
    return Profile.of(element for row in in_list.profiles for element in row["elements"])


def without_hidden(body: Mapping[str, Any], profile: Profile) -> dict[str, Any] | None:
    """The body without the elements the profile hides; None when it has none of them."""
    elements = body["elements"]
    if profile.hidden.isdisjoint(elements):
        return None
    kept = {key: value for key, value in elements.items() if key not in profile.hidden}
    return {**body, "elements": kept}
