"""Bytes that are no requests, and requests that are no calls: each connection ends in bounded time, and the server goes on."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FIND = METHODS["FindFileByPath"].path
WEB = "application/grpc-web+proto"
GOOD = pb.FindFileByPathRequest(path="/Cloud").SerializeToString()


class Wire(bytes):
    """What is sent; of much, only the start is shown."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes: {bytes(self[:2000])!r}>"


def frame(kind: int, flags: int, stream: int, payload: bytes, length: int | None = None) -> bytes:
    """One frame of HTTP/2; ``length`` is what it says of itself."""
    said = len(payload) if length is None else length
    return struct.pack(">I", said)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


FRAMES = st.builds(
    frame,
    st.integers(0, 12),
    st.sampled_from([0, 1, 4, 5, 8, 0x20, 0xFF]),
    st.sampled_from([0, 1, 2, 3, 0x7FFFFFFF, 0xFFFFFFFF]),
    st.binary(max_size=64) | st.sampled_from([bytes(8), bytes(20_000), b"\x00" + b"\x82" * 5000]),
    st.none() | st.sampled_from([0, 1, 16_385, 0xFFFFFF]),
)
HTTP2 = st.lists(FRAMES, max_size=8).map(lambda frames: PREFACE + frame(4, 0, 0, b"") + b"".join(frames))
LINES = st.sampled_from(
    [
        b"GET / HTTP/1.1",
        b"GET  / HTTP/1.1",
        b"get / http/1.1",
        b"GET / HTTP/9.9",
        b"GET /",
        b"POST / HTTP/1.1",
        b"\x16\x03\x01\x02\x00",
        b"GET /static/http/x/false/" + b"%2F" * 20_000 + b" HTTP/1.1",
        b"PROPFIND /dav/ HTTP/1.1",
        b"PUT /dav/Cloud/wire HTTP/1.1",
        b"LOCK /dav/Cloud/wire HTTP/1.1",
        b"CONNECT x:1 HTTP/1.1",
        b"GET http://[::1/ HTTP/1.1",
        b"GET * HTTP/1.1",
        b"PRI * HTTP/1.1",
        b"GET /static/http/x/false/%2FCloud%2Fwire?token=token-of-the-fuzz HTTP/1.1",
        b"MOVE /dav/Cloud/wire HTTP/1.1",
        b"\0" * 40,
        b"GET /dav/Cloud/wire HTTP/1.1",
        b"POST " + FIND.encode() + b" HTTP/1.1",
        b"HEAD /dav/Cloud/wire HTTP/1.1",
    ]
)
HEADERS = (
    b"host: x",
    b"host: ",
    b"connection: close",
    b"authorization: Basic dXNlcjpwYXNzd29yZA==",
    b"authorization: Basic ///",
    b"authorization: Bearer " + b"x" * 100_000,
    b"authorization: Bearer token-of-the-fuzz",
    b"authorization: \xff\xfe",
    b"content-length: 5",
    b"content-length: -1",
    b"content-length: 99999999999999999999999",
    b"content-length: 5\r\ncontent-length: 6",
    b"transfer-encoding: chunked",
    b"transfer-encoding: gzip",
    b"content-encoding: gzip",
    b"expect: 100-continue",
    b"upgrade: h2c",
    b"content-type: application/grpc-web+proto",
    b"content-type: application/grpc-web-text",
    b"content-type: application/xml",
    b"range: bytes=" + b"9" * 5000 + b"-",
    b"range: bytes=0-" + b"9" * 5000,
    b"range: bytes=-0",
    b"range: bytes=5-1",
    b"range: \xb2",
    b"grpc-timeout: " + b"9" * 5000 + b"H",
    b"grpc-timeout: \xb2S",
    b"grpc-timeout: 99999999H",
    b"grpc-timeout: 0n",
    b"grpc-timeout: -1S",
    b"depth: infinity",
    b"depth: \xb2",
    b"depth: " + b"9" * 5000,
    b"destination: ",
    b"destination: http://[::1/dav/x",
    b"overwrite: ?",
    b"destination: /dav/Cloud/%ff",
    b"destination: /elsewhere",
    b"destination: http://other:99999/dav/Cloud/x",
    b"if: (<",
    b"if: ()",
    b"timeout: Second-" + b"9" * 5000,
    b"if-modified-since: yesterday",
    b'if-match: "',
    b"if-range: \xff",
    b"if-none-match: " + b"*," * 999,
    b"lock-token: <x>",
    b"a" * 70_000 + b": x",
    b"x: " + b"y" * 300_000,
    b"no colon",
    b": empty",
    b"x:\0y",
    b"\r\n".join([b"x: y"] * 3000),
)
BODIES = st.sampled_from(
    [
        b"",
        b"hello",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"-1\r\n",
        b"z\r\n",
        b"0\r\nx: y\r\n\r\n",
        b"<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;'>]><propfind xmlns='DAV:'><prop>&c;</prop></propfind>",
        b"<propfind xmlns='DAV:'>" + b"<a>" * 5000,
        b"<lockinfo xmlns='DAV:'/>",
        b"<x/>",
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        struct.pack(">BI", 0, len(GOOD)) + GOOD,
        struct.pack(">BI", 0, 0xFFFFFFFF) + GOOD,
        struct.pack(">BI", 1, 3) + b"\x1f\x8b\x08",
        struct.pack(">BI", 0x80, 2) + b"a:",
        b"\0",
        bytes(9 << 20),
    ]
) | st.binary(max_size=200)


def http1(line: bytes, headers: list[bytes], body: bytes, cut: int) -> bytes:
    request = b"\r\n".join([line, *headers]) + b"\r\n\r\n" + body
    return request[: len(request) - cut] if cut else request


HTTP1 = st.builds(http1, LINES, st.lists(st.sampled_from(HEADERS), max_size=6), BODIES, st.sampled_from([0, 0, 0, 1, 4, 30]))
# Right but for one thing.
WHOLE = struct.pack(">BI", 0, len(GOOD)) + GOOD
BASES = (
    (
        b"POST " + FIND.encode() + b" HTTP/1.1",
        [b"content-type: application/grpc-web+proto", b"content-length: %d" % len(WHOLE)],
        WHOLE,
    ),
    (b"PUT /dav/Cloud/wire HTTP/1.1", [b"content-length: 5"], b"hello"),
    (b"GET /static/http/x/false/%2FCloud%2Fkept?token=token-of-the-fuzz HTTP/1.1", [], b""),
    (b"GET /dav/Cloud/kept HTTP/1.1", [], b""),
    (b"PROPFIND /dav/Cloud HTTP/1.1", [], b""),
    (b"COPY /dav/Cloud/kept HTTP/1.1", [b"destination: /dav/Cloud/copied"], b""),
    (b"LOCK /dav/Cloud/locked HTTP/1.1", [], b""),
)


def nearly(base: tuple[bytes, list[bytes], bytes], odd: bytes) -> bytes:
    line, headers, body = base
    account = b"Bearer token-of-the-fuzz" if line.startswith(b"POST") else b"Basic dXNlcjpwYXNzd29yZA=="
    return http1(line, [b"host: x", b"connection: close", b"authorization: " + account, *headers, odd], body, 0)


NEARLY = st.builds(nearly, st.sampled_from(BASES), st.sampled_from(HEADERS))
BEGUN = st.integers(1, len(PREFACE)).map(lambda length: PREFACE[:length])
WIRES = (HTTP2 | HTTP1 | NEARLY | NEARLY | st.binary(max_size=300) | BEGUN).map(Wire)


def strike(target: Any, wire: bytes) -> None:
    """All of it, then the end of our side: it has to close, too. What it says by then is no failure of its own."""
    (target.place / "drive" / "Cloud" / "kept").write_bytes(b"some content")
    answer = target.exchange(wire, finish=True)
    assert not answer.startswith(b"HTTP/1.1 500"), (wire[:2000], answer[:300])


@settings(max_examples=120, derandomize=True, deadline=None, database=None)
@given(wire=WIRES)
def sample(target: Any, wire: bytes) -> None:
    strike(target, wire)


def test_no_bytes_take_it_down(target: Any) -> None:
    sample(target)
    target.check()


@pytest.mark.parametrize("base", BASES, ids=lambda base: base[0].split()[0].decode())
def test_a_request_that_is_right_but_for_one_header(target: Any, base: tuple[bytes, list[bytes], bytes]) -> None:
    for odd in HEADERS:
        strike(target, Wire(nearly(base, odd)))
    target.check()


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_no_bytes_take_it_down_for_long(target: Any, fuzz: Callable[..., None]) -> None:
    fuzz(lambda wire: strike(target, wire), WIRES, target.check, share=0.25)


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNzd29yZA==", "Bearer token-of-the-fuz", "x" * 6000]
)
def test_a_wrong_token_opens_nothing(target: Any, token: str) -> None:
    call = target.channel.unary_unary(FIND)
    with pytest.raises(grpc.RpcError) as refused:
        call(GOOD, metadata=(("authorization", token),), timeout=target.deadline)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    lines = f"POST {FIND} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {WEB}\r\nauthorization: {token}\r\n"
    answer = target.exchange(f"{lines}content-length: {len(GOOD) + 5}\r\n\r\n".encode() + struct.pack(">BI", 0, len(GOOD)) + GOOD)
    assert b"grpc-status: 16\r\n" in answer
    target.check()
