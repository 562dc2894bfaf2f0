"""What a review says, and which of them call for an answer. Pure. ZZ-61."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

# 非常不满意 (1) and 不满意 (2) are bad reviews: each is looked into and answered.
WORST_FINE = 3
RATINGS = {1: "非常不满意", 2: "不满意", 3: "基本满意", 4: "满意", 5: "非常满意"}
SOURCE = "good_bad_review"
# Clocks of platforms are not ours.
_LEEWAY = timedelta(minutes=10)


def is_bad(rating: int) -> bool:
    """Whether a review calls for an answer."""
    return rating < WORST_FINE


def in_future(reviewed_at: datetime, now: datetime) -> bool:
    """Whether it tells of what has not happened yet."""
    return reviewed_at > now + _LEEWAY


def complaint_of(review: Mapping[str, Any], id_: UUID) -> dict[str, Any]:
    """A bad review as a complaint: it keeps its number."""
    return {
        "id": id_, "source": SOURCE, "reference": review["number"], "region_code": review["region_code"],
        "organ_id": review["organ_id"], "item_id": review["item_id"], "suspect_id": None,
        "subject": review["subject"], "rating": review["rating"],
        "text": review["text"] or f"差评（{RATINGS[review['rating']]}），未填写内容",
        "received_at": review["reviewed_at"],
    }  # fmt: skip
