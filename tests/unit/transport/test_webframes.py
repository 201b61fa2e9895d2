"""Frames of gRPC-Web in whatever pieces they come."""

from __future__ import annotations

import struct
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clouddrive2.transport.base import CallFailed, StatusCode
from clouddrive2.transport.webframes import FrameReader, framed, raise_for_status, status_of, timeout_text

# Slow machines are no defect, and what failed once is written down as a test.
steady = settings(deadline=None, database=None)
MESSAGES = st.lists(st.binary(max_size=300), max_size=6)


def trailer(text: bytes) -> bytes:
    return struct.pack(">BI", 0x80, len(text)) + text


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


@steady
@given(MESSAGES, st.lists(st.integers(0, 5000), max_size=40), st.integers(0, 16), st.text(max_size=30))
def test_any_cutting_gives_the_same(messages: list[bytes], places: list[int], code: int, text: str) -> None:
    block = f"grpc-status:{code}\r\ngrpc-message:{quote(text)}\r\n".encode()
    body = b"".join(map(framed, messages)) + trailer(block)
    reader = FrameReader()
    found = [message for piece in cut(body, places) for message in reader.feed(piece)]
    assert found == messages
    assert reader.trailers is not None
    assert status_of(reader.trailers) == (code, text)
    assert reader.is_between_frames


@steady
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=10))
def test_noise_ends_in_a_failure_or_in_nothing(noise: bytes, places: list[int]) -> None:
    reader = FrameReader(limit=100)
    try:
        messages = [message for piece in cut(noise, places) for message in reader.feed(piece)]
    except CallFailed as failure:
        assert failure.code in (StatusCode.INTERNAL, StatusCode.RESOURCE_EXHAUSTED)
    else:
        assert sum(map(len, messages)) <= len(noise)


@steady
@given(MESSAGES)
def test_a_body_that_breaks_off_is_noticed(messages: list[bytes]) -> None:
    body = b"".join(map(framed, [*messages, b"last"]))
    reader = FrameReader()
    assert list(reader.feed(body[:-1])) == messages
    assert not reader.is_between_frames
    assert reader.trailers is None


@pytest.mark.parametrize("flag", [0x01, 0x02, 0x81, 0xFF, ord("<")])
def test_other_flags_are_refused(flag: int) -> None:
    with pytest.raises(CallFailed, match=f"no gRPC-Web: a frame begins with {flag:#04x}") as caught:
        list(FrameReader().feed(bytes([flag]) + b"\0\0\0\1x"))
    assert caught.value.code == StatusCode.INTERNAL


def test_a_message_beyond_the_limit_is_refused_by_its_head() -> None:
    with pytest.raises(CallFailed, match="a message of 104857601 bytes; at most 104857600 are taken") as caught:
        list(FrameReader().feed(struct.pack(">BI", 0, 100 * 1024 * 1024 + 1)))
    assert caught.value.code == StatusCode.RESOURCE_EXHAUSTED


def test_what_follows_the_trailers_is_nothing() -> None:
    reader = FrameReader()
    assert list(reader.feed(framed(b"a") + trailer(b"grpc-status:0\r\n") + framed(b"b"))) == [b"a"]
    assert list(reader.feed(framed(b"c"))) == []
    assert reader.trailers == {"grpc-status": "0"}


@pytest.mark.parametrize(
    ("block", "status"),
    [
        (b"grpc-status:0\r\n", (0, "")),
        (b"Grpc-Status: 5 \r\nGRPC-Message: /a%20b%3A%20%E6%B2%A1 found\r\n", (5, "/a b: 没 found")),
        (b"grpc-status:16\ngrpc-message:a:b", (16, "a:b")),
        ("grpc-status:2\r\ngrpc-message:没\r\n".encode(), (2, "没")),
        (b"grpc-status:2\r\ngrpc-message:100% \xff%\r\n", (2, "100% \ufffd%")),
        (b"grpc-status:x\r\n", (2, "the status is no number")),
        (b"grpc-message:only\r\n", None),
        (b"", None),
    ],
)
def test_trailers(block: bytes, status: tuple[int, str] | None) -> None:
    reader = FrameReader()
    assert list(reader.feed(trailer(block))) == []
    assert reader.trailers is not None
    assert status_of(reader.trailers) == status


def test_only_ok_passes() -> None:
    raise_for_status((0, "whatever"))
    with pytest.raises(CallFailed, match="status 5: gone"):
        raise_for_status((5, "gone"))
    with pytest.raises(CallFailed, match="ended without a status") as caught:
        raise_for_status(None)
    assert caught.value.code == StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("seconds", "text"), [(15, "15000m"), (0.0001, "1m"), (0.2505, "251m"), (0.0, "1m"), (10**9, "99999999m")]
)
def test_deadlines(seconds: float, text: str) -> None:
    assert timeout_text(seconds) == text
