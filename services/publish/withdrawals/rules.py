"""What a body of an earlier revision keeps once elements of it are no longer public. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.visibility import Profile


def without_hidden(body: Mapping[str, Any], profile: Profile) -> dict[str, Any] | None:
    """The body without the elements the profile hides; None when it has none of them."""
    elements = body["elements"]
    if profile.hidden.isdisjoint(elements):
        return None
    kept = {key: value for key, value in elements.items() if key not in profile.hidden}
    return {**body, "elements": kept}
