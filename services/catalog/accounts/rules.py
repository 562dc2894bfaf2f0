"""When a sign-in is let through, and which roles may be granted where."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from shared import problems
from shared.identity.passwords import SHORTEST
from shared.identity.principal import ROLES, TITLES
from shared.problems import FieldError

# Five wrong passwords in a row lock an account for a quarter of an hour: guessing 12 characters stays hopeless, and
# somebody who is locked out on purpose is back soon.
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
LONGEST = 256
# Roles that mean nothing without an organ: they compile or sign for one.
OF_AN_ORGAN = frozenset({"compiler", "principal"})


def is_locked(locked_until: datetime | None, now: datetime) -> bool:
    """Whether sign-in is refused at present, whatever the password."""
    return locked_until is not None and locked_until > now


def lock_after(failures: int, now: datetime) -> datetime | None:
    """Until when an account is locked after so many failures in a row."""
    return now + LOCKED_FOR if failures >= MOST_FAILURES else None


def check_password(password: str, login: str, pointer: str) -> None:
    """Refuse a password that is short or says the login.

    Raises
    ------
    problems.Invalid
    """
    wrong = None
    if not SHORTEST <= len(password) <= LONGEST:
        wrong = ("password_length", f"密码应为{SHORTEST}至{LONGEST}个字符")
    elif login.casefold() in password.casefold():
        wrong = ("password_contains_login", "密码不能包含登录名")
    elif len(set(password)) < SHORTEST // 3:
        wrong = ("password_monotonous", "密码中不同的字符过少")
    if wrong:
        code, message = wrong
        raise problems.Invalid(f"{message}，请更换。", code=code, errors=[FieldError(pointer, code, message)])


def check_grant(role: str, organ_id: UUID | None) -> None:
    """Refuse an unknown role, or one that lacks its organ. Raises Invalid."""
    if role not in ROLES:
        known = "、".join(f"{name} {TITLES.get(name, name)}" for name in ROLES)
        raise problems.Invalid(
            "没有这个角色。", code="role_unknown", errors=[FieldError("/role", "role_unknown", f"可用：{known}")]
        )
    if role in OF_AN_ORGAN and organ_id is None:
        raise problems.Invalid(
            f"“{TITLES[role]}”须指明所属机构。", code="organ_required",
            errors=[FieldError("/organ_id", "organ_required", "必填")],
        )  # fmt: skip
