"""Short-lived access tokens: Ed25519-signed JWT; only the catalog holds the private key."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared import clock, problems, secret_file
from shared.identity.principal import Grant, Principal

ALGORITHM = "Ed25519"
ISSUER = "qingdan"
PRIVATE_FILE = "token.private.pem"
PUBLIC_FILE = "token.public.pem"
# Tokens whose signature is not checked again; whether they have expired is looked at every time.
REMEMBERED = 2_048


def ensure_keys(folder: Path) -> None:
    """Create the key pair unless it is there; the private file is readable by its owner only."""
    if (folder / PUBLIC_FILE).exists() and not (folder / PRIVATE_FILE).exists():
        return  # a service that only verifies has been given the public half
    private = secret_file.ensure(folder / PRIVATE_FILE, lambda: OKPKey.generate_key("Ed25519").as_pem(private=True))
    secret_file.ensure(folder / PUBLIC_FILE, lambda: OKPKey.import_key(private).as_pem(private=False))


class TokenIssuer:
    """Signs tokens."""

    def __init__(self, folder: Path, *, minutes: int) -> None:
        self._key = OKPKey.import_key((folder / PRIVATE_FILE).read_bytes())
        self.minutes = minutes

    def issue(self, principal: Principal, now: datetime | None = None) -> str:
        """A token that carries the account, its organ and its grants; of a service client its scopes (RFC 9068)."""
        issued = now or clock.now()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": str(principal.account_id),
            "login": principal.login,
            "name": principal.name,
            "organ": str(principal.organ_id) if principal.organ_id else None,
            "grants": [
                [grant.role, grant.region_code, str(grant.organ_id) if grant.organ_id else None]
                for grant in principal.grants
            ],
            "iat": int(issued.timestamp()),
            "exp": int((issued + timedelta(minutes=self.minutes)).timestamp()),
        }
        if principal.client:
            claims |= {"client": True, "client_id": principal.login, "scope": " ".join(sorted(principal.scopes))}
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])


class TokenVerifier:
    """Checks tokens with the public key."""

    def __init__(self, folder: Path) -> None:
        self._key = OKPKey.import_key((folder / PUBLIC_FILE).read_bytes())
        # The same token comes with every request of its quarter of an hour; only what is signed is remembered.
        self._signed = lru_cache(maxsize=REMEMBERED)(self._read)
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()), iss={"essential": True, "value": ISSUER}, exp={"essential": True}
        )

    def _read(self, token: str) -> tuple[dict[str, Any], Principal]:
        claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        return claims, _principal(claims)

    def verify(self, token: str) -> Principal:
        """The account or service client behind a token.

        Raises
        ------
        problems.Unauthenticated
            Malformed, forged or expired.
        """
        try:
            claims, principal = self._signed(token)
            self._claims.validate(claims)
            return principal
        except (JoseError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise problems.Unauthenticated(
                "登录凭证无效或已过期，请重新登录。", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
            ) from error

    def account_of(self, token: str) -> str | None:
        """The account or service client behind a token; None where there is none."""
        try:
            return self.verify(token).actor
        except problems.Unauthenticated:
            return None


def _principal(claims: dict[str, Any]) -> Principal:
    client = claims.get("client", False)
    scopes = frozenset(claims["scope"].split()) if client else frozenset()
    if not isinstance(client, bool) or (client and claims["grants"]):
        raise ValueError("a person or a client, never both")
    return Principal(
        account_id=UUID(claims["sub"]),
        login=claims["login"],
        name=claims["name"],
        organ_id=UUID(claims["organ"]) if claims["organ"] else None,
        grants=tuple(Grant(role, region, UUID(organ) if organ else None) for role, region, organ in claims["grants"]),
        client=client,
        scopes=scopes,
    )
