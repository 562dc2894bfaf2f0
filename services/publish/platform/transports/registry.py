"""The transports there are, by the name a peer is registered with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.publish.platform.transports.contract import Address, Options, Transport
from services.publish.platform.transports.item_exchange import ItemExchange
from services.publish.platform.transports.item_library import ItemLibrary, LibraryOptions
from services.publish.platform.transports.keyed_tables.rules import KeyedOptions
from services.publish.platform.transports.keyed_tables.transport import KeyedTableExchange
from services.publish.platform.transports.signed_api import SignedApi, SignedOptions
from services.publish.platform.transports.table_exchange.rules import TableOptions
from services.publish.platform.transports.table_exchange.transport import TableExchange
from shared import problems
from shared.http import messages
from shared.problems import FieldError

DEFAULT = "item_exchange"


@dataclass(frozen=True)
class TransportKind:
    """A transport as peers are registered with it.

    Attributes
    ----------
    title : its name for people, Chinese.
    addressed : a peer has a `base_url`; without, the credential's file says where it is.
    mapping : the shipped profile a peer gets that brings none.
    """

    title: str
    opened: Callable[[Address], Transport]
    options: type[Options] = Options
    addressed: bool = True
    mapping: str = "up_task_general_basic"


KINDS: Mapping[str, TransportKind] = {
    DEFAULT: TransportKind("事项交换接口", ItemExchange),
    "keyed_tables": TransportKind(
        "业务主键表交换", KeyedTableExchange, options=KeyedOptions, addressed=False, mapping="construction_approval"
    ),
    "signed_api": TransportKind("签名接口", SignedApi, options=SignedOptions),
    "item_library": TransportKind("事项库接口", ItemLibrary, options=LibraryOptions, mapping="audit_item"),
    "table_exchange": TransportKind(
        "前置库表交换", TableExchange, options=TableOptions, addressed=False, mapping="up_tables"
    ),
}


def kind_of(code: str) -> TransportKind:
    """A transport by its name.

    Raises
    ------
    problems.Invalid
    """
    if code not in KINDS:
        wrong = f"没有传输方式“{code[:50]}”，可选：{'、'.join(KINDS)}"
        raise problems.Invalid(wrong, errors=[FieldError("/transport", "transport_unknown", wrong)])
    return KINDS[code]


def checked(code: str, options: Mapping[str, Any]) -> Options:
    """The options of a transport, by its model.

    Raises
    ------
    problems.Invalid
        With the place of everything that is wrong.
    """
    try:
        return kind_of(code).options.model_validate(dict(options))
    except ValidationError as error:
        raise problems.Invalid(
            "传输方式的参数有误，请核对。",
            errors=[
                FieldError(
                    "/".join(("/options", *map(str, one["loc"]))), one["type"],
                    messages.message(one["type"], one.get("ctx") or {}),
                )
                for one in error.errors(include_url=False, include_input=False)
            ],
        ) from error  # fmt: skip
