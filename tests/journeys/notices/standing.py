"""Who is named in a notice of a campaign, and the document it is issued as."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.journeys.notices.campaigns import CAMPAIGNS, Campaign, refused

NOTICES = "/workflow/v1/notices"


def order(campaign: Campaign, **asked: str) -> dict[str, tuple[int, int, int, int]]:
    """Units by name with rank, and how much was met in time, late and not at all."""
    found = campaign.read("standings", **asked)["items"]
    return {row["name"]: (row["rank"], row["in_time"], row["late"], row["unmet"]) for row in found}


def notice(campaign: Campaign, signer: str, number: str, day: str, **asked: Any) -> dict[str, dict[str, list[str]]]:
    """The group drafts a notice, the government issues it: each unit it names with its reasons and what proves them."""
    stage = campaign.trial
    refused(stage, signer, f"{CAMPAIGNS}/{campaign.id}/notices", asked, 403)
    draft = stage.posts[campaign.who].post(f"{CAMPAIGNS}/{campaign.id}/notices", asked)
    given, path = {"number": number, "issued_on": day}, f"{NOTICES}/{draft['id']}"
    refused(stage, campaign.who, f"{path}/approve", given, 403)
    approved = stage.posts[signer].post(f"{path}/approve", given, etag='"1"')
    assert (approved["state"], approved["number"]) == ("approved", number)
    document = stage.posts[campaign.who].download(f"{path}/document")
    text = zipfile.ZipFile(io.BytesIO(document)).read("word/document.xml").decode()
    for named in approved["names"]:
        assert named["name"] in text, "the document names whom the notice names"
        assert all(fact["events"] for fact in named["evidence"]), "every figure rests on events of the log"
    return {
        named["name"]: {"reasons": named["reasons"], "evidence": sorted(fact["title"] for fact in named["evidence"])}
        for named in approved["names"]
    }
