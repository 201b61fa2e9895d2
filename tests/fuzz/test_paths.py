"""Paths and names that try to lead out of the served folder, through every door that takes one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_from_bytes

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS

# What has led out of some server's folder, or has confused one, somewhere.
PARTS = [
    "..", ".", "", "...", "canary", "drive", "Cloud", "Other", "seed", "etc", "passwd", "~", "-rf", "$HOME", "*",
    ".clouddrive2.json",
    "..\\..\\canary", "\\", "C:", "C:\\Windows", "\\\\?\\C:", "CON", "NUL.txt", "COM1", "a:stream", "trailing.", "trailing ",
    "%2e%2e", "%2f", "%252e%252e", "%252f", "%5c", "%00", "%c0%ae%c0%ae", "%", "%zz", "..%00", "..;", "?", "#",
    "\0", "a\0b", "\n", "\r\nx: y", "\t", "\x7f", "\u202egnp.exe", "\ufeff", "\u2028",
    "\u00e9", "e\u0301", "\uff0e\uff0e", "\u2025", "\u2215", "\uff0f", "\u2024\u2024", "中文", "\U0001f3ac", "ß", "İ",
    "x" * 255, "x" * 256, "é" * 127, "é" * 128, "x" * 5000,
]  # fmt: skip
PATHS = st.builds(
    lambda first, parts, between, last: first + between.join(parts) + last,
    st.sampled_from(["", "/", "/", "/Cloud/", "/Cloud/", "//", "\\", "file:///", "/Cloud/../", "/Cloud/../../"]),
    st.lists(st.sampled_from(PARTS) | st.text(max_size=8).filter(lambda text: text.isprintable()), min_size=1, max_size=6),
    st.sampled_from(["/", "/", "/", "//", "\\", "%2f"]),
    st.sampled_from(["", "", "/", "/.", "\0"]),
)


def requests(path: str) -> Iterator[tuple[str, Message]]:
    """RPCs that get the path wherever one of them takes a path or a name."""
    yield "FindFileByPath", pb.FindFileByPathRequest(path=path)
    yield "FindFileByPath", pb.FindFileByPathRequest(parentPath="/Cloud", path=path)
    yield "GetSubFiles", pb.ListSubFileRequest(path=path, forceRefresh=True)
    yield "GetDownloadUrlPath", pb.GetDownloadUrlPathRequest(path=path)
    yield "GetSpaceInfo", pb.FileRequest(path=path)
    yield "CreateFolder", pb.CreateFolderRequest(parentPath="/Cloud", folderName="kept")
    yield "CreateFolder", pb.CreateFolderRequest(parentPath=path, folderName="made")
    yield "CreateFolder", pb.CreateFolderRequest(parentPath="/Cloud", folderName=path)
    yield "CopyFile", pb.CopyFileRequest(theFilePaths=[path], destPath="/Cloud/kept", conflictPolicy=1)
    yield "CopyFile", pb.CopyFileRequest(theFilePaths=["/Cloud/seed"], destPath=path)
    yield "RenameFile", pb.RenameFileRequest(theFilePath=path, newName="renamed")
    yield "RenameFile", pb.RenameFileRequest(theFilePath="/Cloud/renamed", newName=path)
    yield "MoveFile", pb.MoveFileRequest(theFilePaths=["/Cloud/renamed"], destPath=path, moveAcrossClouds=True)
    yield "StartRemoteUpload", pb.StartRemoteUploadRequest(file_path=path, file_size=3, client_can_calculate_hashes=True)
    yield "DeleteFile", pb.FileRequest(path=path)
    yield "DeleteFile", pb.FileRequest(path="/Cloud/kept")


def native(target: Any, rpc: str, request: bytes, token: str | None = None) -> tuple[grpc.StatusCode, bytes]:
    """Call with bytes; the status, and all bytes of the answer."""
    metadata = (("authorization", f"Bearer {target.token if token is None else token}"),)
    method = METHODS[rpc]
    kind = target.channel.unary_stream if method.server_streaming else target.channel.unary_unary
    call = kind(method.path)
    try:
        answer = call(request, metadata=metadata, timeout=target.deadline)
        return grpc.StatusCode.OK, b"".join(answer) if method.server_streaming else answer
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()  # type: ignore[attr-defined]
        assert code not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE), (rpc, error)
        return code, b""


def http(target: Any, verb: str, address: bytes, body: bytes = b"", **headers: bytes) -> bytes:
    """One request as it stands; the answer, which is no failure of the server."""
    lines = [verb.encode() + b" " + address + b" HTTP/1.1", b"host: x", b"connection: close"]
    lines += [key.replace("_", "-").encode() + b": " + value for key, value in headers.items()]
    lines.append(b"content-length: %d" % len(body))
    answer: bytes = target.exchange(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4", b"HTTP/1.1 502")), (verb, address, answer[:500])
    assert target.secret not in answer
    return answer


def web(target: Any, rpc: str, request: bytes) -> bytes:
    """The same over gRPC-Web."""
    answer = http(
        target,
        "POST",
        METHODS[rpc].path.encode(),
        struct.pack(">BI", 0, len(request)) + request,
        content_type=b"application/grpc-web+proto",
        authorization=f"Bearer {target.token}".encode(),
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"grpc-status:2\r" not in answer.replace(b": ", b":")
    return answer


def addresses(path: str) -> Iterator[bytes]:
    """How a path may be written in a request: escaped once, escaped twice, and as it is but for what would end the line."""
    raw = path.encode()
    once = quote_from_bytes(raw, safe="/")
    yield once.encode()
    yield quote_from_bytes(once.encode(), safe="/").encode()
    yield quote_from_bytes(raw, safe="/\\%?#;:.").encode()


def through_every_door(target: Any, path: str) -> None:
    account = b"Basic dXNlcjpwYXNzd29yZA=="
    assert b" 20" in http(target, "PUT", b"/dav/Cloud/seed", b"a seed", authorization=account)[:20]
    for rpc, message in requests(path):
        request = message.SerializeToString()
        assert target.secret not in native(target, rpc, request)[1]
    for rpc, message in list(requests(path))[:3]:
        web(target, rpc, message.SerializeToString())
    for address in addresses(path):
        place = b"/dav/" + address.removeprefix(b"/")
        for verb in ("GET", "PROPFIND", "MKCOL", "DELETE"):
            http(target, verb, place, authorization=account, depth=b"1")
        http(target, "PUT", place, b"data", authorization=account)
        http(target, "COPY", place, authorization=account, destination=b"/dav/Cloud/copied")
        for verb in ("COPY", "MOVE"):
            http(
                target, verb, b"/dav/Cloud/seed", authorization=account, destination=b"http://x/dav/" + address.removeprefix(b"/")
            )
        http(target, "GET", b"/static/http/x/false/" + address + b"?token=" + target.token.encode())
        http(target, "GET", b"/" + address.removeprefix(b"/"))
    http(target, "DELETE", b"/dav/Cloud/copied", authorization=account)


@settings(max_examples=12, derandomize=True, deadline=None, database=None)
@given(path=PATHS)
def sample(target: Any, path: str) -> None:
    through_every_door(target, path)


def test_no_path_leads_out(target: Any) -> None:
    sample(target)
    target.check()


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_no_path_leads_out_for_long(target: Any, fuzz: Callable[..., None]) -> None:
    fuzz(lambda path: through_every_door(target, path), PATHS, target.check, share=0.25)
