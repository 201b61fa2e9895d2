"""The bytes of gRPC-Web: frames, trailers, deadlines (protocol.md §1.3). No I/O."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from clouddrive2.transport.base import MESSAGE_BYTES, CallFailed, StatusCode

__all__ = ["FrameReader", "framed", "raise_for_status", "status_of", "timeout_text"]

HEAD = struct.Struct(">BI")
DATA, TRAILERS = 0x00, 0x80
OK = 0
# A deadline has at most eight digits and a unit.
LONGEST_MILLISECONDS = 99_999_999


class FrameReader:
    """Takes a body apart, in whatever pieces it arrives.

    Attributes:
        trailers: What the trailer frame says, once it came; it is the last one.

    Args:
        limit: The largest message to take, in bytes.
    """

    def __init__(self, limit: int = MESSAGE_BYTES) -> None:
        self.trailers: dict[str, str] | None = None
        self._limit = limit
        self._buffer = bytearray()

    @property
    def is_between_frames(self) -> bool:
        """Whether the body may end here."""
        return not self._buffer

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The messages that are complete with this piece; go through all of them before the next.

        Raises:
            CallFailed: That is no gRPC-Web, or a message is too large.
        """
        if self.trailers is not None:
            return
        self._buffer += piece
        while len(self._buffer) >= HEAD.size:
            flag, length = HEAD.unpack_from(self._buffer)
            if flag not in (DATA, TRAILERS):
                # Nobody asked for compression, and other flags there are none.
                raise CallFailed(StatusCode.INTERNAL, f"the answer is no gRPC-Web: a frame begins with {flag:#04x}")
            if length > self._limit:
                raise CallFailed(StatusCode.RESOURCE_EXHAUSTED, f"a message of {length} bytes; at most {self._limit} are taken")
            end = HEAD.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(memoryview(self._buffer)[HEAD.size : end])
            del self._buffer[:end]
            if flag == TRAILERS:
                self.trailers = _parsed(payload)
                self._buffer.clear()
                return
            yield payload


def framed(message: bytes) -> bytes:
    """One message as a request's body."""
    return HEAD.pack(DATA, len(message)) + message


def status_of(headers: Mapping[str, str]) -> tuple[int, str] | None:
    """Status number and text in headers or trailers; ``None`` when they name no status."""
    number = headers.get("grpc-status")
    if number is None:
        return None
    details = unquote(headers.get("grpc-message", ""))
    try:
        return int(number), details
    except ValueError:
        return StatusCode.UNKNOWN, details or "the status is no number"


def raise_for_status(status: tuple[int, str] | None) -> None:
    """Raise for any status but OK.

    Raises:
        CallFailed: With the server's own code and text; also when there is no status, for then the answer broke off.
    """
    if status is None:
        raise CallFailed(StatusCode.UNAVAILABLE, "the answer ended without a status: the connection broke, or a proxy cut it")
    code, details = status
    if code != OK:
        raise CallFailed(code, details)


def timeout_text(seconds: float) -> str:
    """The value of ``grpc-timeout``: never shorter than meant, so that the server does not give up first."""
    return f"{min(LONGEST_MILLISECONDS, max(1, math.ceil(seconds * 1000)))}m"


def _parsed(block: bytes) -> dict[str, str]:
    """Header text, one field a line."""
    fields: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip().lower()] = value.strip()
    return fields
