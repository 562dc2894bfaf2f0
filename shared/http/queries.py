"""What a query may name: the unknown and the repeated are refused, since the answer would be to another question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import get_args, get_origin

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from shared import problems

# Scripts and proxies append names like `_=1795392000000` to get past a cache; nobody expects an effect of them.
PASSED_OVER = "_"
# More places help nobody.
_MOST_PLACES = 20
_LONGEST_NAME = 60
_BROWSERS = "text/html,application/xhtml+xml"


def names_of(dependant: Dependant) -> dict[str, bool]:
    """The names a route reads from the query, its dependencies' among them; True where one may be given often."""
    names = {field.alias: _takes_many(field.field_info.annotation) for field in dependant.query_params}
    for inner in dependant.dependencies:
        names |= names_of(inner)
    return names


def refuse_unknown(given: Iterable[str], known: Collection[str]) -> None:
    """Refuse names that are not known.

    Raises
    ------
    problems.Invalid
        Names each unknown parameter and those there are.
    """
    unknown = [name for name in dict.fromkeys(given) if name not in known and not name.startswith(PASSED_OVER)]
    if not unknown:
        return
    there_are = f"可用的参数：{'、'.join(sorted(known))}" if known else "该地址不接受查询参数"
    raise problems.Invalid(
        f"请求参数有误：没有参数 {'、'.join(_short(name) for name in unknown[:_MOST_PLACES])}。{there_are}。",
        code="unknown_parameter",
        errors=[
            problems.FieldError(f"query/{_pointer(name)}", "extra_forbidden", f"没有这个参数；{there_are}")
            for name in unknown[:_MOST_PLACES]
        ],
    )


def refuse_repeated(repeated: Iterable[str]) -> None:
    """Refuse names that were given more than once although one value counts.

    Raises
    ------
    problems.Invalid
        Names each of them.
    """
    names = list(dict.fromkeys(repeated))[:_MOST_PLACES]
    if not names:
        return
    raise problems.Invalid(
        f"请求参数有误：参数 {'、'.join(_short(name) for name in names)} 只能出现一次，请只保留需要的取值。",
        code="repeated_parameter",
        errors=[
            problems.FieldError(f"query/{_pointer(name)}", "repeated", "只能出现一次；请只保留一个取值")
            for name in names
        ],
    )


def check(request: Request, known: Mapping[str, bool]) -> None:
    """Refuse what a request's query names and its route does not know, or repeats. Raises problems.Invalid.

    A browser that opens an address as a page is let through: messengers decorate the links people send each other.
    """
    if not request.scope["query_string"] or _opens_a_page(request.headers):
        return
    refuse_unknown(request.query_params, known)
    counts = Counter(name for name, _ in request.query_params.multi_items())
    refuse_repeated(name for name, count in counts.items() if count > 1 and not known.get(name, True))


def _opens_a_page(headers: Mapping[str, str]) -> bool:
    """True for what browsers send when somebody follows a link.

    Programs name text/html too (Java does when told nothing), but none of them names XHTML beside it; where the
    address is safe, browsers say outright what they do (Fetch Metadata Request Headers, section 2.2).
    """
    return headers.get("sec-fetch-mode") == "navigate" or headers.get("accept", "").startswith(_BROWSERS)


def _takes_many(annotation: object) -> bool:
    origin = get_origin(annotation) or annotation
    return origin in (list, set, tuple, frozenset) or any(_takes_many(part) for part in get_args(annotation))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _pointer(name: str) -> str:
    return _short(name).replace("~", "~0").replace("/", "~1")
