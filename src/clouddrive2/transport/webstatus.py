"""What an HTTP answer without a gRPC status means: a proxy speaks, or something that is no CloudDrive2 (protocol.md §1.3)."""

from __future__ import annotations

from collections.abc import Mapping

from clouddrive2.transport.base import CallFailed, StatusCode

__all__ = ["failure_of"]

# HTTP code -> status, what it means
ANSWERS: dict[int, tuple[int, str]] = {
    400: (StatusCode.UNAVAILABLE, "what answers there does not understand gRPC-Web"),
    401: (StatusCode.UNAVAILABLE, "a proxy in front of the server wants a sign-in of its own"),
    403: (StatusCode.UNAVAILABLE, "a proxy in front of the server lets nobody through"),
    404: (StatusCode.UNAVAILABLE, "what answers there is not CloudDrive2, or a proxy does not pass its paths on"),
    405: (StatusCode.UNAVAILABLE, "what answers there is not CloudDrive2"),
    408: (StatusCode.UNAVAILABLE, "a proxy in front of the server lost patience"),
    413: (StatusCode.INVALID_ARGUMENT, "a proxy takes no message so large; in nginx: client_max_body_size 8m"),
    415: (StatusCode.UNAVAILABLE, "what answers there does not speak gRPC-Web"),
    429: (StatusCode.RESOURCE_EXHAUSTED, "a proxy in front of the server limits the calls"),
    502: (StatusCode.UNAVAILABLE, "a proxy answers, but it cannot reach the server behind it"),
    503: (StatusCode.UNAVAILABLE, "a proxy answers, but the server behind it is not available"),
    504: (StatusCode.UNAVAILABLE, "a proxy answers, but the server behind it did not in time"),
}
REDIRECTS = range(300, 400)


def failure_of(code: int, headers: Mapping[str, str], sent: int) -> CallFailed | None:
    """The failure that an answer without a gRPC status stands for; ``None`` when messages may follow.

    Args:
        code, headers: Of the HTTP answer.
        sent: Bytes of the request.
    """
    if code == 200:
        kind = headers.get("content-type", "")
        if kind.lower().startswith("application/grpc"):
            return None
        return CallFailed(StatusCode.UNAVAILABLE, f"what answers there is not CloudDrive2: it sends {kind or 'something else'}")
    if code in REDIRECTS and "location" in headers:
        # The target's path and query are nobody's business; where it leads is.
        scheme, colon, rest = headers["location"].partition("://")
        place = f"{scheme}://{rest.partition('/')[0]}" if colon else "another page"
        return CallFailed(StatusCode.UNAVAILABLE, f"HTTP {code}: callers are sent to {place}; use that address")
    other = (StatusCode.UNAVAILABLE if code >= 500 else StatusCode.UNKNOWN, "an answer without a status")
    status, meaning = ANSWERS.get(code, other)
    size = f" of {sent} bytes" if code == 413 else ""
    return CallFailed(status, f"HTTP {code}{size}: {meaning}")
