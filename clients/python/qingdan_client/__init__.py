"""A client of Qingdan for systems that follow published lists.

    with Client("https://qingdan.example.gov.cn", client_id="...", client_secret="...") as qingdan:
        for event in qingdan.feed(after=stored_number):
            ...

`Client` talks to the API: tokens, retries and idempotency keys are its business. `Verifier` checks the webhooks that
reach you, `Numbers` tells which of them are missing.
"""

from qingdan_client.client import Client
from qingdan_client.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    Problem,
    QingdanError,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from qingdan_client.events import Event
from qingdan_client.numbers import Numbers
from qingdan_client.subscriptions import UNCHANGED, Filter, Missing, Subscription, Subscriptions
from qingdan_client.webhooks import Key, NotVerified, Verifier

__all__ = [
    "UNCHANGED",
    "Client",
    "Conflict",
    "Event",
    "FieldError",
    "Filter",
    "Forbidden",
    "Gone",
    "Invalid",
    "Key",
    "Missing",
    "NotFound",
    "NotVerified",
    "Numbers",
    "PreconditionFailed",
    "Problem",
    "QingdanError",
    "Subscription",
    "Subscriptions",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "Verifier",
]
