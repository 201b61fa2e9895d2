"""The one table from what a server answers to our exceptions.

CloudDrive2 says no in two ways (protocol.md §1.7): by a status code, and by ``success=false`` in a good reply. Both are
translated here and nowhere else.
"""

from __future__ import annotations

import re
from typing import Any

from google.protobuf.message import Message

from clouddrive2.errors import (
    AlreadyExists,
    ConnectError,
    Error,
    InvalidRequest,
    MessageTooLarge,
    NotFound,
    OperationFailed,
    PermissionDenied,
    ServerFailed,
    SignInRefused,
    Throttled,
    Timeout,
    Unauthenticated,
    Unsupported,
)
from clouddrive2.transport.base import CallFailed, StatusCode

__all__ = ["error_from_failure", "is_rate_limited", "is_switched_off", "raise_for_reply", "without_secrets"]

# code -> (exception, what to say after "what was tried", what to do)
TABLE: dict[int, tuple[type[Error], str, str]] = {
    StatusCode.CANCELLED: (ConnectError, "the server cancelled the call", "try again"),
    StatusCode.UNKNOWN: (ServerFailed, "the server failed", ""),
    StatusCode.INVALID_ARGUMENT: (InvalidRequest, "the server rejects the request", ""),
    StatusCode.DEADLINE_EXCEEDED: (Timeout, "the server did not answer in time", "try again, or raise the timeout"),
    StatusCode.NOT_FOUND: (NotFound, "does not exist", ""),
    StatusCode.ALREADY_EXISTS: (AlreadyExists, "exists already", ""),
    StatusCode.PERMISSION_DENIED: (
        PermissionDenied,
        "not allowed",
        "check the token's permissions and the account's plan",
    ),
    StatusCode.RESOURCE_EXHAUSTED: (Throttled, "the server asks to slow down", "wait and try again"),
    StatusCode.FAILED_PRECONDITION: (OperationFailed, "the server is not ready for this", ""),
    StatusCode.ABORTED: (ServerFailed, "the server broke off", "try again"),
    StatusCode.OUT_OF_RANGE: (InvalidRequest, "the server rejects the range", ""),
    StatusCode.UNIMPLEMENTED: (Unsupported, "this server does not offer the call", "a newer server version may"),
    StatusCode.INTERNAL: (ServerFailed, "the server failed", ""),
    StatusCode.UNAVAILABLE: (ConnectError, "the server cannot be reached", "check address, port and network"),
    StatusCode.DATA_LOSS: (OperationFailed, "the server reports lost data", ""),
    StatusCode.UNAUTHENTICATED: (Unauthenticated, "not signed in", "check the token or the password"),
}

# What an unreachable server's details say of TLS -> what to say, what to do
TLS_TROUBLES = (
    (
        re.compile(r"CERTIFICATE_VERIFY_FAILED|Hostname Verification Check failed"),
        "the server's certificate is not trusted",
        "name its authority's file as ca_file, or accept any certificate with insecure",
    ),
    (re.compile(r"WRONG_VERSION_NUMBER"), "the server does not speak TLS on this port", "write http://, or its TLS port"),
)
# What gRPC says behind a proxy that does not carry it (``transport/choice.py``).
NOT_CARRIED = re.compile(r"http1\.x server|NO_APPLICATION_PROTOCOL|missing selected ALPN|http2 header with status: 4\d\d")
EXISTS = re.compile(r"already exists|file exists|\bexists\b|已存在", re.IGNORECASE)
MISSING = re.compile(r"upload session not found|not found|no such file|does not exist|不存在", re.IGNORECASE)
READ_ONLY = re.compile(r"\bread[- ]?only\b|只读", re.IGNORECASE)
# gRPC's own limit, the server's, and that of a proxy (``transport/webstatus.py``).
TOO_LARGE = re.compile(r"message larger than|message is larger than|^HTTP 413\b", re.IGNORECASE)
RATE_LIMITED = re.compile(r"\b429\b|too many requests", re.IGNORECASE)
SECRET = re.compile(
    r"((?:token|sign|password|authorization)[\"']?\s*[=:]\s*[\"']?(?:Bearer\s+)?|Bearer\s+)[^\s&\"',;]+", re.IGNORECASE
)
UNSUCCESSFUL_TEXTS = ("errorMessage", "error_message", "failReason")


def without_secrets(text: str) -> str:
    """The text with tokens, signatures and passwords masked."""
    return SECRET.sub(r"\1***", text)


def is_rate_limited(text: str) -> bool:
    """Whether a cloud's free text says that it wants fewer requests (protocol.md §1.6)."""
    return RATE_LIMITED.search(text) is not None


def is_switched_off(text: str) -> bool:
    """Whether a call is not offered only as long as the server's settings say so (protocol.md §2.8)."""
    return text.strip() == "archive folders are turned off in the settings"


def error_from_failure(failure: CallFailed, rpc: str, path: str | None) -> Error:
    """The exception for a status code."""
    kind, saying, advice = TABLE.get(failure.code, (OperationFailed, f"status {failure.code}", ""))
    if is_rate_limited(failure.details) and issubclass(kind, OperationFailed):
        kind, saying, advice = TABLE[StatusCode.RESOURCE_EXHAUSTED]
    if failure.code in (StatusCode.RESOURCE_EXHAUSTED, StatusCode.INVALID_ARGUMENT) and TOO_LARGE.search(failure.details):
        kind, saying, advice = MessageTooLarge, "the message is too large", ""
    if failure.code == StatusCode.ABORTED and rpc == "EnableCloudSync":
        # The one call whose repetition would do what nobody has seen (protocol.md §18.5).
        kind, saying, advice = OperationFailed, "the copy has changed since the preview", "make another preview, and look at it"
    if failure.code == StatusCode.UNAVAILABLE:
        for pattern, what, remedy in TLS_TROUBLES:
            if pattern.search(failure.details):
                saying, advice = what, remedy
    if NOT_CARRIED.search(failure.details):
        kind, saying, advice = ConnectError, "a proxy in between does not carry gRPC", "let the transport be auto, or grpc-web"
    details = without_secrets(failure.details).strip()
    if details == "invalid user plan":
        advice = "the account's plan does not include this"
    elif is_switched_off(details):
        advice = "set archive_folders_enabled to true"
    about = f"{path}: " if path else ""
    if not path and details and kind in (NotFound, AlreadyExists):
        # Without a path the table's words have no subject, and the server names it.
        saying = details
    message = f"{rpc}: {about}{saying}"
    if details and details.lower() not in message.lower():
        message += f" ({details})"
    if advice:
        message += f"; {advice}"
    return kind(message, path=path, rpc=rpc)


def raise_for_reply(reply: Message, rpc: str, path: str | None) -> None:
    """Raise when a reply that arrived well says that the operation did not succeed (protocol.md §1.7)."""
    message: Any = reply
    fields = reply.DESCRIPTOR.fields_by_name
    if "success" not in fields:
        if reply.DESCRIPTOR.name == "CreateFolderResult" and message.HasField("result"):
            raise_for_reply(message.result, rpc, path)
        return
    if message.success or reply.DESCRIPTOR.name == "RemoteReadDataReply":
        return
    if reply.DESCRIPTOR.name == "LoginGoogleDriveFinishResult" and not message.done:
        # Nothing has failed yet: the person is still at the browser.
        return
    text = next((getattr(message, name) for name in UNSUCCESSFUL_TEXTS if name in fields), "")
    kind: type[Error] = OperationFailed
    if "error_kind" in fields:
        said = without_secrets(text) or message.error_kind.replace("_", " ") or "the server refused without a reason"
        raise SignInRefused(f"{rpc}: {said}", reason=message.error_kind or "other", path=path, rpc=rpc)
    if reply.DESCRIPTOR.name == "JWTToken":
        kind = Unauthenticated
    elif EXISTS.search(text) and not MISSING.search(text):
        kind = AlreadyExists
    elif MISSING.search(text):
        kind = NotFound
    elif is_rate_limited(text):
        kind = Throttled
    elif READ_ONLY.search(text):
        kind = PermissionDenied
    about = f"{path}: " if path else ""
    raise kind(f"{rpc}: {about}{without_secrets(text) or 'the server refused without a reason'}", path=path, rpc=rpc)
