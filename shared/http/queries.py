"""What a query may name: one nobody knows is refused, since the answer would be to another question."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from shared import problems

# Scripts and proxies append names like `_=1795392000000` to get past a cache; nobody expects an effect of them.
PASSED_OVER = "_"
# More places help nobody.
_MOST_PLACES = 20
_LONGEST_NAME = 60


def names_of(dependant: Dependant) -> frozenset[str]:
    """The names of the parameters a route reads from the query, its dependencies' among them."""
    names = {field.alias for field in dependant.query_params}
    return frozenset(names.union(*(names_of(inner) for inner in dependant.dependencies)))


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


def check(request: Request, known: Collection[str]) -> None:
    """Refuse what a request's query names and its route does not know. Raises problems.Invalid.

    A browser that opens an address as a page is let through: messengers decorate the links people send each other.
    """
    if request.scope["query_string"] and "text/html" not in request.headers.get("accept", ""):
        refuse_unknown(request.query_params, known)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _pointer(name: str) -> str:
    return _short(name).replace("~", "~0").replace("/", "~1")
