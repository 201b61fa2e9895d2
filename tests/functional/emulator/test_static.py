"""Downloads over plain HTTP."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

NAME = "ä #1 100% 中文.bin"
DATA = bytes(range(256)) * 20


@pytest.fixture(params=["memory", "disk"])
def emulator(request: pytest.FixtureRequest, tmp_path: Path, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(root=tmp_path if request.param == "disk" else None)


@pytest.fixture
async def http(emulator: RunningEmulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=emulator.url, trust_env=False) as http:
        yield http


async def link(stub: Any, path: str) -> str:
    info = await stub.GetDownloadUrlPath(pb.GetDownloadUrlPathRequest(path=path))
    return str(info.downloadUrlPath.replace("{SCHEME}", "http").replace("{HOST}", "h:1").replace("{PREVIEW}", "False"))


async def test_the_whole_file(stub: Any, put: Any, http: httpx.AsyncClient) -> None:
    await put(f"/Cloud/{NAME}", DATA)
    response = await http.get(await link(stub, f"/Cloud/{NAME}"))
    assert (response.status_code, response.content == DATA) == (200, True)
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-length"] == str(len(DATA))
    head = await http.head(await link(stub, f"/Cloud/{NAME}"))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(DATA)))
    assert head.headers["etag"] == response.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=5000-", 5000, 5120),
        ("bytes=-7", 5113, 5120),
        ("bytes=0-999999", 0, 5120),
    ],
)
async def test_ranges(stub: Any, put: Any, http: httpx.AsyncClient, asked: str, start: int, stop: int) -> None:
    await put("/Cloud/f", DATA)
    response = await http.get(await link(stub, "/Cloud/f"), headers={"range": asked})
    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/5120"
    assert response.content == DATA[start:stop]


async def test_ranges_that_cannot_be(stub: Any, put: Any, http: httpx.AsyncClient) -> None:
    await put("/Cloud/f", DATA)
    url = await link(stub, "/Cloud/f")
    for asked in ("bytes=5120-", "bytes=9999-10000", "bytes=-0"):
        response = await http.get(url, headers={"range": asked})
        assert (response.status_code, response.headers["content-range"]) == (416, "bytes */5120")
    for asked in ("bytes=5-1", "lines=1-2", "bytes=-", "bytes=0-1,3-4"):
        response = await http.get(url, headers={"range": asked})
        assert (response.status_code, len(response.content)) == (200, 5120)


async def test_a_range_only_of_the_same_file(stub: Any, put: Any, http: httpx.AsyncClient) -> None:
    await put("/Cloud/f", DATA)
    url = await link(stub, "/Cloud/f")
    first = await http.head(url)
    for condition in (first.headers["etag"], first.headers["last-modified"]):
        assert (await http.get(url, headers={"range": "bytes=0-1", "if-range": condition})).status_code == 206
    await stub.DeleteFile(pb.FileRequest(path="/Cloud/f"))
    await put("/Cloud/f", DATA + b"more")
    for condition in (first.headers["etag"], '"other"', "Thu, 01 Jan 1970 00:00:00 GMT", "nonsense"):
        response = await http.get(url, headers={"range": "bytes=0-1", "if-range": condition})
        assert (response.status_code, len(response.content)) == (200, 5124)


async def test_who_may_read(emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
    await put("/Cloud/f", DATA)
    await put("/Cloud/g", DATA)
    good = await link(stub, "/Cloud/f")
    path, _, query = good.partition("?")
    assert query.startswith("sign=")
    other = path.replace("f", "g") if path.endswith("f") else path
    for url in (path, f"{path}?sign=0", f"{path}?token=0", f"/static/http/h/False/%2FCloud%2Fg?{query}", other):
        response = await http.get(url)
        assert (response.status_code, response.text.strip()) == (403, "signed link required"), url
    by_hand = f"/static/https/elsewhere/0/Cloud/f?{query}"
    assert (await http.get(by_hand)).status_code == 200
    emulator.world.options.open_downloads = True
    assert (await http.get("/static/http/h/False/%2FCloud%2Fg")).status_code == 200
    assert (await http.get("/static/http/h/False/Cloud/none")).status_code == 404
    assert (await http.get("/static/http/h/False/Cloud")).status_code == 404
    assert (await http.get("/static/http/h/False/..%2f..%2fetc%2fpasswd")).status_code == 404
    assert (await http.get("/static/http")).status_code == 404
    assert (await http.post("/static/http/h/False/Cloud/f")).status_code == 405


async def test_links_of_a_token_die_with_it(emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
    await put("/Cloud/f", DATA)
    granted = pb.TokenPermissions(allow_read=True)
    made = await stub.CreateToken(pb.CreateTokenRequest(rootDir="/Cloud", permissions=granted))
    info = await stub.under(made.token).GetDownloadUrlPath(pb.GetDownloadUrlPathRequest(path="/f"))
    url = info.downloadUrlPath
    assert info.expiresIn == 86400
    assert "?token=" in url
    assert made.token not in url
    assert (await http.get(url)).status_code == 200
    assert (await http.get(f"/static/http/h/False/Cloud/f?token={made.token}")).status_code == 200
    emulator.world.clock.advance(86401)
    assert (await http.get(url)).status_code == 403
    info = await stub.under(made.token).GetDownloadUrlPath(pb.GetDownloadUrlPathRequest(path="/f"))
    emulator.world.remove_token(made.token)
    assert (await http.get(info.downloadUrlPath)).status_code == 403


async def test_a_cloud_that_is_not_ready(emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
    await put("/Cloud/f", DATA)
    emulator.world.options.static_unready = 2
    url = await link(stub, "/Cloud/f")
    assert [(await http.get(url)).status_code for _ in range(3)] == [502, 502, 200]


async def test_a_reader_keeps_the_file_it_began_with(
    emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient
) -> None:
    big = os.urandom(24 << 20)
    await put("/Cloud/f", b"")
    await stub.DeleteFile(pb.FileRequest(path="/Cloud/f"))
    handle = (await stub.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))).fileHandle
    for at in range(0, len(big), 4 << 20):
        data = big[at : at + (4 << 20)]
        await stub.WriteToFile(pb.WriteFileRequest(fileHandle=handle, startPos=at, length=len(data), buffer=data))
    await stub.CloseFile(pb.CloseFileRequest(fileHandle=handle))
    while (await stub.GetAllTasksCount()).uploadCount:
        pass
    async with http.stream("GET", await link(stub, "/Cloud/f")) as response:
        parts = response.aiter_raw()
        got = [await anext(parts)]
        assert len(emulator.world.readers) == 1
        await stub.DeleteFile(pb.FileRequest(path="/Cloud/f"))
        got += [part async for part in parts]
    assert b"".join(got) == big


async def test_many_connections_at_once(stub: Any, put: Any, emulator: RunningEmulator) -> None:
    await put("/Cloud/f", DATA)
    url = await link(stub, "/Cloud/f")
    async with httpx.AsyncClient(base_url=emulator.url, trust_env=False, limits=httpx.Limits(max_connections=64)) as http:
        asked = [http.get(url, headers={"range": f"bytes={n}-{n + 9}"}) for n in range(200)]
        responses = await asyncio.gather(*asked)
    assert all(response.content == DATA[n : n + 10] for n, response in enumerate(responses))


async def test_a_client_that_leaves_ends_the_reading(emulator: RunningEmulator, stub: Any, http: httpx.AsyncClient) -> None:
    handle = (await stub.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))).fileHandle
    end = pb.WriteFileRequest(fileHandle=handle, startPos=512 << 20, length=1, buffer=b"x", closeFile=True)
    await stub.WriteToFile(end)
    while (await stub.GetAllTasksCount()).uploadCount:
        pass
    async with http.stream("GET", await link(stub, "/Cloud/f")) as response:
        parts: Any = response.aiter_raw()
        await anext(parts)
        assert len(emulator.world.readers) == 1
        await parts.aclose()
    while len(emulator.world.readers):
        await stub.GetRuntimeInfo()


class TestFaults:
    """On purpose, and only as often as told."""

    async def test_refused(self, emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
        await put("/Cloud/f", DATA)
        url = await link(stub, "/Cloud/f")
        emulator.faults.refuse_download(code=429, times=2)
        assert [(await http.get(url)).status_code for _ in range(3)] == [429, 429, 200]

    async def test_broken_off(self, emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
        await put("/Cloud/f", DATA)
        url = await link(stub, "/Cloud/f")
        emulator.faults.break_download(after_bytes=1000)
        with pytest.raises(httpx.TransportError):
            await http.get(url)
        assert (await http.get(url)).content == DATA
        assert [answer.sent for answer in emulator.calls.sent_files] == [1000, 5120]

    async def test_standing_still(self, emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
        await put("/Cloud/f", DATA)
        url = await link(stub, "/Cloud/f")
        emulator.faults.stall_download(after_bytes=1000)
        async with http.stream("GET", url) as response:
            arriving: Any = response.aiter_raw()
            assert len(await anext(arriving)) == 1000
            await arriving.aclose()
        while len(emulator.world.readers):
            await stub.GetRuntimeInfo()

    async def test_only_so_many(self, emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
        await put("/Cloud/f", DATA)
        url = await link(stub, "/Cloud/f")
        emulator.faults.limit_downloads(1)
        emulator.faults.stall_download(after_bytes=1)
        async with http.stream("GET", url) as response:
            assert response.status_code == 200
            assert (await http.get(url)).status_code == 429

    async def test_ranges(self, emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
        await put("/Cloud/f", DATA)
        url = await link(stub, "/Cloud/f")

        async def ask() -> tuple[int, str | None, bytes]:
            response = await http.get(url, headers={"range": "bytes=100-199"})
            return response.status_code, response.headers.get("content-range"), response.content

        emulator.faults.wrong_ranges()
        assert await ask() == (206, "bytes 101-199/5120", DATA[101:200])
        assert await ask() == (206, "bytes 100-199/5120", DATA[100:200])
        emulator.faults.short_ranges(10)
        assert await ask() == (206, "bytes 100-109/5120", DATA[100:110])
        emulator.faults.no_ranges()
        assert await ask() == (200, None, DATA)
        kept = [(answer.start, answer.stop, answer.is_range) for answer in emulator.calls.sent_files]
        assert kept == [(101, 200, True), (100, 200, True), (100, 110, True), (0, 5120, False)]

    async def test_tags(self, emulator: RunningEmulator, stub: Any, put: Any, http: httpx.AsyncClient) -> None:
        await put("/Cloud/f", DATA)
        url = await link(stub, "/Cloud/f")
        emulator.faults.new_tags()
        first, second = [(await http.get(url)).headers["etag"] for _ in range(2)]
        assert first != second
