"""The AsyncAPI 3 document of our events, made from the registry of event types: webhooks, pulling, the backbone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from services.publish.events import stream
from services.publish.events.answers import ACKNOWLEDGEMENT, SECURITY
from services.publish.events.samples import sample
from services.publish.portal import cloud_events, feed, parameters
from services.publish.portal.openapi import PUBLISHED_ITEM

VERSION = "3.0.0"
EVENT_MEDIA_TYPE = "application/cloudevents+json"
_ID = "01890a5d-ac96-774b-bcce-b302099a8057"

Json = dict[str, Any]


class EventType(Protocol):
    """What the registry says of a type of event."""

    @property
    def name(self) -> str:
        """`<thing>.<past participle>`."""

    @property
    def type(self) -> str:
        """The CloudEvents type."""

    @property
    def title(self) -> str:
        """Chinese, for people who choose."""

    @property
    def description(self) -> str:
        """When it is sent and what to do with it."""

    @property
    def data(self) -> Json | None:
        """JSON Schema of `data`; None when the event carries none."""

    @property
    def selectable(self) -> bool:
        """Whether the public feed has it too; others are notices of a subscription."""


def document(types: Sequence[EventType]) -> Json:
    """The document for these types of event."""
    return {
        "asyncapi": VERSION,
        "info": {"title": "清单变更事件", "version": "1", "description": _ABOUT},
        "defaultContentType": EVENT_MEDIA_TYPE,
        "servers": _SERVERS | stream.SERVERS,
        "channels": {
            "webhook": _webhook(types),
            "feed": _pulled("/publish/v1/feed", "What changed in the published lists, for everybody"),
            "subscription_events": _of_subscription(),
            "acknowledgement": _ANSWER,
            **stream.CHANNELS,
        },
        "operations": _operations() | stream.OPERATIONS,
        "components": _components(types),
    }


_ABOUT = (
    "Changes of published lists as CloudEvents 1.0. They reach a subscriber by webhook, signed after Standard Webhooks,"
    " or are pulled, or read from a message backbone (NATS JetStream) where there is one; all ways carry the same"
    " events with the same ids. Events of one subject come in order; `sequence` is without gaps, so a receiver that has"
    " 1 to n has everything up to n. An event may come more than once: `id` tells. Fields may be added, never removed"
    " or given another meaning; `.v1` at the end of the type would change."
)
_SERVERS: Json = {
    "publish": {
        "host": "{address}",
        "protocol": "https",
        "description": "The installation",
        "variables": {"address": {"default": "qingdan.example", "description": "Name and port it is reached under"}},
    },
    "subscriber": {
        "host": "{endpoint}",
        "protocol": "https",
        "description": "The endpoint that a subscription names",
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "variables": {"endpoint": {"default": "subscriber.example", "description": "Name and port of the endpoint"}},
    },
}
_ENVELOPE: Json = {
    "type": "object",
    "description": "CloudEvents 1.0, structured JSON",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "The same for every receiver and every repetition"},
        "source": {"type": "string", "format": "uri-reference", "examples": [f"/publish/v1/lists/{_ID}"]},
        "type": {"type": "string"},
        "subject": {
            "type": "string", "examples": [f"permit/{_ID}"],
            "description": "<kind of list>/<id of the entry or list>, or subscription/<its id>; order holds within it",
        },
        "time": {"type": "string", "format": "date-time", "description": "When the change was recorded"},
        "sequence": {
            "type": "string", "pattern": "^[0-9]{20}$", "examples": ["00000000000000000042"],
            "description": "Number in the subscription or in the feed, without gaps; a test has none",
        },
        "datacontenttype": {"const": "application/json"},
    },
    "required": ["specversion", "id", "source", "type", "time"],
}  # fmt: skip
_ONE_SIGNATURE = "v1(a|sm3)?,[A-Za-z0-9+/=]+"
_SIGNED: Json = {
    "name": "standardwebhooks",
    "title": "Headers of Standard Webhooks",
    "description": "The signature is made over `<webhook-id>.<webhook-timestamp>.<body>`. Refuse what is older than"
    " five minutes. While secrets are exchanged there are several signatures: one that is right is enough.",
    "headers": {
        "type": "object",
        "properties": {
            "webhook-id": {"type": "string", "description": "`id` of the event", "examples": [_ID]},
            "webhook-timestamp": {
                "type": "string", "pattern": "^[0-9]+$", "description": "Seconds since 1970 of this attempt",
                "examples": ["1767574800"],
            },
            "webhook-signature": {
                "type": "string", "pattern": f"^{_ONE_SIGNATURE}( {_ONE_SIGNATURE})*$",
                "description": "Version and signature in base64: v1 HMAC-SHA256, v1a Ed25519, v1sm3 HMAC-SM3; separated"
                " by spaces when there are several",
                "examples": ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
            },
        },
        "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    },
    "bindings": {
        "http": {
            "headers": {
                "type": "object",
                "properties": {"content-type": {"type": "string", "const": EVENT_MEDIA_TYPE}},
                "required": ["content-type"],
            },
            "bindingVersion": "0.3.0",
        }
    },
}  # fmt: skip


def _webhook(types: Sequence[EventType]) -> Json:
    return {
        "address": None,
        "title": "Webhook of a subscription",
        "description": "Each event is one POST to the endpoint. Only 2xx is success; everything else is tried again for"
        " about three days, 410 ends the deliveries at once.",
        "servers": [{"$ref": "#/servers/subscriber"}],
        "messages": {one.name: {"$ref": f"#/components/messages/{one.name}"} for one in types},
    }


_ANSWER: Json = {
    "address": None,
    "title": "The endpoint's answer",
    "servers": [{"$ref": "#/servers/subscriber"}],
    "messages": {"acknowledgement": {"$ref": "#/components/messages/acknowledgement"}},
}


def _pulled(address: str, title: str) -> Json:
    return {
        "address": address,
        "title": title,
        "servers": [{"$ref": "#/servers/publish"}],
        "messages": {"page": {"$ref": "#/components/messages/page"}},
    }


def _of_subscription() -> Json:
    channel = _pulled("/publish/v1/subscriptions/{subscription_id}/events", "The events of a subscription, by pulling")
    channel["messages"] = {"page": {"$ref": "#/components/messages/subscription_page"}}
    return channel | {"parameters": {"subscription_id": {"description": "Id of the subscription", "examples": [_ID]}}}


def _operations() -> Json:
    waiting = {"wait": _number(0, feed.LONGEST_WAIT, "Seconds to wait when there is nothing new")}
    return {
        "deliver_event": _operation(
            "webhook", "An event is sent to a subscriber", {"method": "POST"},
            security=[{"$ref": "#/components/securitySchemes/signature"}],
            reply={"channel": {"$ref": "#/channels/acknowledgement"}},
        ),
        "pull_feed": _operation("feed", "Events after a number are read", _get(waiting)),
        "pull_subscription": _operation(
            "subscription_events", "Events of a subscription after a number are read", _get({}),
            security=[{"$ref": "#/components/securitySchemes/client"}],
        ),
    }  # fmt: skip


def _operation(channel: str, summary: str, binding: Json, **more: Any) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "bindings": {"http": binding | {"bindingVersion": "0.3.0"}},
        **more,
    }


def _get(more: Json) -> Json:
    given = {
        "after": _number(0, parameters.MOST_SEQUENCE, "Last sequence already known"),
        "limit": _number(1, feed.MOST, "Most events"),
    }
    return {"method": "GET", "query": {"type": "object", "properties": given | more}}


def _number(least: int, most: int, description: str) -> Json:
    return {"type": "integer", "minimum": least, "maximum": most, "description": description}


def _components(types: Sequence[EventType]) -> Json:
    public = [one for one in types if one.selectable]
    schemas = {one.name: _event(one) for one in types}
    schemas["referred"] = stream.referred([one.type for one in public])
    messages = {one.name: _message(one) for one in types}
    messages["page"] = _page("page", "公开变更流的一页", "Events of the feed, oldest first", public)
    messages["subscription_page"] = _page(
        "subscription_page", "订阅事件的一页", "Events of a subscription, oldest first", types
    )
    messages["acknowledgement"] = ACKNOWLEDGEMENT
    messages |= stream.messages([one.name for one in public], {one.name: example(one) for one in types})
    return {
        "schemas": {"envelope": _ENVELOPE, "published_item": PUBLISHED_ITEM} | schemas,
        "messages": messages,
        "messageTraits": {"signed": _SIGNED},
        "securitySchemes": SECURITY,
    }


def _event(one: EventType) -> Json:
    own: Json = {"properties": {"type": {"const": one.type}}}
    if one.data is None:
        own["not"] = {"required": ["data"]}
    else:
        own["properties"]["data"] = _with_item(one.data)
        own["required"] = ["data", "datacontenttype"]
    return {"allOf": [{"$ref": "#/components/schemas/envelope"}, own]}


def _with_item(data: Json) -> Json:
    """The schema of data, where an entry is meant with the schema of published entries."""
    if "item" not in data.get("properties", {}):
        return data
    return data | {"properties": data["properties"] | {"item": {"$ref": "#/components/schemas/published_item"}}}


def _message(one: EventType) -> Json:
    return {
        "name": one.type,
        "title": one.title,
        "summary": one.description,
        "contentType": EVENT_MEDIA_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/signed"}],
        "payload": {"$ref": f"#/components/schemas/{one.name}"},
        "examples": [
            {"name": one.name.replace(".", "_"), "headers": sample(_SIGNED["headers"]), "payload": example(one)}
        ],
    }


def _page(name: str, title: str, summary: str, types: Sequence[EventType]) -> Json:
    return {
        "name": name,
        "title": title,
        "summary": f"{summary}; the header `Qingdan-Next` is the next `after`",
        "contentType": cloud_events.MEDIA_TYPE,
        "payload": {
            "type": "array",
            "items": {"anyOf": [{"$ref": f"#/components/schemas/{one.name}"} for one in types]},
        },
        "examples": [{"name": name, "payload": [example(one) for one in types]}],
    }


def example(one: EventType) -> Json:
    """An event of a type; notices are about the subscription they come with."""
    told: Json = sample(_ENVELOPE) | {"type": one.type}
    if not one.selectable:
        told |= {"source": f"/publish/v1/subscriptions/{_ID}", "subject": f"subscription/{_ID}"}
    if one.data is None:
        del told["datacontenttype"]
        return told
    data = sample(one.data)
    return told | {"data": data | ({"item": sample(PUBLISHED_ITEM)} if "item" in data else {})}
