"""What is the same whatever is told: the answer of an endpoint, and how both sides know each other. Pure data."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# What an endpoint says when it has written an event down.
ACKNOWLEDGEMENT: Json = {
    "name": "acknowledgement",
    "title": "确认收到",
    "summary": "2xx within 15 seconds; the body is not read. Anything else is a failure, 410 ends the deliveries.",
    "headers": {
        "type": "object",
        "properties": {
            "retry-after": {
                "type": "string", "examples": ["120"],
                "description": "With a failure: how long to leave the endpoint alone, in seconds or as a date",
            }
        },
    },
    "payload": {"type": "null"},
    "bindings": {"http": {"statusCode": 200, "bindingVersion": "0.3.0"}},
    "examples": [{"name": "acknowledgement", "headers": {}, "payload": None}],
}  # fmt: skip
SECURITY: Json = {
    "client": {
        "type": "oauth2", "scopes": ["subscriptions"],
        "description": "OAuth 2.0 client credentials of a service client",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "https://qingdan.example/catalog/v1/oauth/token",
                "availableScopes": {"subscriptions": "订阅管理", "subscriptions.read": "订阅只读"},
            }
        },
    },
    "signature": {
        "type": "httpApiKey", "name": "webhook-signature", "in": "header",
        "description": "Verify it before anything is read: with the secret (`whsec_`) or our public key (`whpk_`)",
    },
    "certificate": {
        "type": "X509", "description": "Where the endpoint demands it: the client certificate the subscription names",
    },
}  # fmt: skip
