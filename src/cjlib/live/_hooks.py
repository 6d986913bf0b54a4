"""Hooks: who is told what happens, how often it is tried again, and a sender to web addresses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import attrs

from ..criteria._literals import as_duration
from ..errors import MissingExtraError, UsageError
from ._records import KINDS, Record

__all__ = ["Hook", "Retry", "Webhook", "verify"]


def _seconds(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return as_duration(value).total_seconds()


@attrs.frozen(kw_only=True)
class Retry:
    """When a hook that failed is tried again: after ``first``, then after ``factor`` times as long.

    It never waits longer than ``most``. After so many attempts the record is laid among the dead letters, and
    the next one of its customer is told.

    >>> Retry(first="1s", factor=2, most="1h").wait(3)
    4.0
    """

    attempts: int = attrs.field(default=12, validator=attrs.validators.ge(1))
    first: float = attrs.field(default=1.0, converter=_seconds)
    factor: float = attrs.field(default=2.0, validator=attrs.validators.ge(1))
    most: float = attrs.field(default=3600.0, converter=_seconds)

    def wait(self, attempts: int) -> float:
        """Seconds from the last of so many attempts to the next."""
        return min(self.most, self.first * self.factor ** min(attempts - 1, 1000))


def _kinds(kinds: Iterable[type[Record] | str] | None) -> tuple[str, ...] | None:
    if kinds is None:
        return None
    if isinstance(kinds, (str, type)):
        raise UsageError(f"the kinds of records that a hook wants are several, such as [{kinds!r}]")
    names = tuple([kind if isinstance(kind, str) else getattr(kind, "kind", str(kind)) for kind in kinds])
    for name in names:
        if name not in KINDS:
            raise UsageError(f"there are no records of kind {name!r}; there are {', '.join(KINDS)}")
    return names


@attrs.frozen
class Hook:
    """Somebody to be told: a callable, or an async one, of one record.

    It may be told a record again, if a process ends in between: ``record.key`` tells. Records of one customer
    come in order; one that fails holds back the later ones of that customer.

    Attributes:
        name: by which the store remembers what the hook was told.
        call: what is called with each record; what it raises is a failure.
        kinds: the kinds of records that it wants, as classes or names; None for all.
        retry: when it is tried again.

    >>> from cjlib.live import Transitioned
    >>> hook = Hook("crm", print, kinds=[Transitioned])
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    call: Callable[[Record], Awaitable[object] | object] = attrs.field(
        validator=attrs.validators.is_callable()
    )
    kinds: tuple[str, ...] | None = attrs.field(default=None, converter=_kinds, kw_only=True)
    retry: Retry = attrs.field(factory=Retry, kw_only=True)


class Webhook:
    """Sends each record as JSON to a web address, signed; anything but an answer of 200 to 299 is a failure.

    The headers are those of Standard Webhooks: ``webhook-id`` (the record's key), ``webhook-timestamp`` and
    ``webhook-signature``. The receiver checks them with `verify`. Redirects are not followed.

    Args:
        url: where to; ``https`` unless it is this machine.
        secret: known to both sides.
        timeout: how long to wait for the answer.
        headers: more headers.
        transport: what httpx sends with, for tests.

    >>> webhook = Webhook("https://crm.example/hooks", secret=b"0123456789abcdef")
    """

    def __init__(
        self,
        url: str,
        *,
        secret: bytes | str,
        timeout: str | timedelta | float = "10s",
        headers: Mapping[str, str] | None = None,
        transport: Any = None,
    ) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtraError("httpx", "live", "a webhook") from error
        address = httpx.URL(url)
        if address.scheme != "https" and address.host not in ("localhost", "127.0.0.1", "::1"):
            raise UsageError(f"a webhook goes to an https address, not to {url!r:.200}")
        if len(secret) < 16:
            raise UsageError("the secret of a webhook must have 16 characters or more")
        self.url = url
        self._secret = secret
        self._client = httpx.Client(
            timeout=_seconds(timeout),
            follow_redirects=False,
            headers=dict(headers or {}),
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"<Webhook to {self.url}>"

    def __call__(self, record: Record) -> None:
        body = record.to_json().encode()
        stamp = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "webhook-id": record.key,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._secret, record.key, stamp, body),
        }
        answer = self._client.post(self.url, content=body, headers=headers)
        if not answer.is_success:
            raise OSError(f"{self.url} answered {answer.status_code}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def signature(secret: bytes | str, key: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 of key, time and body as Standard Webhooks writes it (standardwebhooks.com)."""
    secret = secret.encode() if isinstance(secret, str) else secret
    digest = hmac.new(secret, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def verify(
    secret: bytes | str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance: str | timedelta | float = "5min",
) -> bool:
    """Whether a request came from a `Webhook` with this secret, untouched and not long ago.

    Args:
        secret: known to both sides.
        headers: of the request.
        body: of the request, as it came.
        tolerance: how far the clocks of both sides may differ.

    >>> verify(b"0123456789abcdef", {}, b"{}")
    False
    """
    named = {name.lower(): value for name, value in headers.items()}
    key, stamp = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(time.time() - int(stamp[:15])) > _seconds(tolerance):
        return False
    expected = signature(secret, key, stamp, body).encode()
    given = named.get("webhook-signature", "").encode("utf-8", "replace").split()
    return any(hmac.compare_digest(expected, one) for one in given)
