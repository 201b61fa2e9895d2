"""WebDAV by hand: what a client may ask, and what it then sees over WebDAV and over gRPC (protocol.md §15, §7.2)."""

from __future__ import annotations

import asyncio
import os
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
# Each has something that means something else in an address, in a header or on a disk.
AWKWARD = [
    "ä #1 100% 中文.bin",
    "what? really;no=1&x.mkv",
    "🎬 film [2024] (a+b).mkv",
    "%41 is no A",
    "a\\b:c|d<e>\"f'*.txt",
    " lead",
]
LOCK = (
    '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    "<D:locktype><D:write/></D:locktype></D:lockinfo>"
)
QUOTA = (
    '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:quota-available-bytes/><d:quota-used-bytes/></d:prop>'
    "</d:propfind>"
)


@pytest.fixture(params=["memory", "disk"])
def emulator(request: pytest.FixtureRequest, tmp_path: Path, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(root=tmp_path if request.param == "disk" else None)


@pytest.fixture
async def dav(emulator: RunningEmulator) -> AsyncIterator[Dav]:
    async with httpx.AsyncClient(auth=(emulator.username, emulator.password), trust_env=False, timeout=60) as http:
        yield Dav(http, emulator.url)


class Dav:
    """Requests on cloud paths."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self.http = http
        self.url = url

    async def __call__(self, verb: str, path: str, *, to: str | None = None, **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if to is not None:
            headers["Destination"] = self.at(to)
        return await self.http.request(verb, self.at(path), headers=headers, **more)

    def at(self, path: str) -> str:
        return f"{self.url}/dav{quote(path, safe='/')}"

    async def listed(self, path: str, depth: str = "1") -> dict[str, int | None]:
        """Path to size, ``None`` for folders, of what a PROPFIND shows."""
        reply = await self("PROPFIND", path, headers={"Depth": depth})
        assert reply.status_code == 207, reply.text
        found: dict[str, int | None] = {}
        for response in ET.fromstring(reply.text).iter("{DAV:}response"):
            href = unquote(response.findtext("{DAV:}href") or "").removeprefix("/dav").rstrip("/") or "/"
            size = response.findtext(".//{DAV:}getcontentlength")
            found[href] = int(size) if size is not None else None
        return found


@pytest.fixture
def quiet(emulator: RunningEmulator) -> Any:
    """``await quiet()``: every delivery has ended."""

    return lambda: until(emulator, lambda: not emulator.world.tasks.live_count())


async def until(emulator: RunningEmulator, condition: Callable[[], Any]) -> None:
    """Let the emulator go on until it is so."""
    while not condition():
        await asyncio.to_thread(emulator.on_loop, asyncio.sleep, 0.001)


@pytest.mark.parametrize("name", AWKWARD)
async def test_awkward_names(dav: Dav, quiet: Any, found: Any, content: Any, name: str) -> None:
    assert (await dav("PUT", f"/Cloud/{name}", content=b"first")).status_code == 201
    await quiet()
    assert (await dav("GET", f"/Cloud/{name}")).content == b"first"
    assert await dav.listed("/Cloud") == {"/Cloud": None, f"/Cloud/{name}": 5}
    assert (await dav("MOVE", f"/Cloud/{name}", to=f"/Cloud/new {name}", headers={"Overwrite": "F"})).status_code == 201
    assert await found(f"/Cloud/{name}") is None
    assert await content(f"/Cloud/new {name}") == b"first"
    assert (await dav("DELETE", f"/Cloud/new {name}")).status_code == 204
    assert await dav.listed("/Cloud") == {"/Cloud": None}


async def test_a_put_is_queued_like_a_mount_write(
    emulator: RunningEmulator, dav: Dav, quiet: Any, found: Any, listed: Any
) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    assert (await dav("PUT", "/Cloud/f", content=b"12345")).status_code == 201
    rows = list((await listed()).values())
    assert [(row.destPath, row.size, row.operatorType) for row in rows] == [("/Cloud/f", 5, pb.UploadFileInfo.Mount)]
    entry = await found("/Cloud/f")
    assert (entry.size, "-" in entry.id) == (5, True)
    assert (await dav.listed("/Cloud/f", "0")) == {"/Cloud/f": 5}
    # It lies in the server: read as through a mount.
    assert (await dav("GET", "/Cloud/f")).content == b"12345"
    part = await dav("GET", "/Cloud/f", headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"23")
    emulator.world.clock.advance(3601)
    await quiet()
    assert "-" not in (await found("/Cloud/f")).id
    assert (await dav("GET", "/Cloud/f")).content == b"12345"


async def test_what_names_the_content_stays_when_it_arrives(emulator: RunningEmulator, dav: Dav, quiet: Any) -> None:
    """davfs2 asks after a LOCK what it made, and puts its own content there only if that is still the same."""
    emulator.world.options.upload_delay_seconds = 3600
    assert (await dav("PUT", "/Cloud/f", content=b"first")).status_code == 201
    tag = (await dav("HEAD", "/Cloud/f")).headers["etag"]
    emulator.world.clock.advance(3601)
    await quiet()
    assert (await dav("HEAD", "/Cloud/f")).headers["etag"] == tag
    assert (await dav("GET", "/Cloud/f", headers={"If-None-Match": tag})).status_code == 304
    changed = await dav("PUT", "/Cloud/f", content=b"other", headers={"If-Match": tag})
    assert changed.status_code == 204
    assert (await dav("HEAD", "/Cloud/f")).headers["etag"] == changed.headers["etag"] != tag
    assert (await dav("PUT", "/Cloud/f", content=b"third", headers={"If-Match": tag})).status_code == 412


async def test_what_a_remote_upload_brings_is_not_there_yet(dav: Dav, stub: Any) -> None:
    await stub.StartRemoteUpload(pb.StartRemoteUploadRequest(file_path="/Cloud/f", file_size=5))
    assert await dav.listed("/Cloud") == {"/Cloud": None, "/Cloud/f": 5}
    answer = await dav("GET", "/Cloud/f")
    assert (answer.status_code, "still on its way" in answer.text) == (502, True)


async def test_what_arrives_while_it_is_read(
    emulator: RunningEmulator, dav: Dav, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = os.urandom(8 * MIB)
    emulator.world.options.upload_delay_seconds = 3600
    assert (await dav("PUT", "/Cloud/f", content=body)).status_code == 201
    async with dav.http.stream("GET", dav.at("/Cloud/f")) as response:
        parts: Any = response.aiter_raw()
        got = [await anext(parts)]
        emulator.world.clock.advance(3601)
        await quiet()
        got += [part async for part in parts]
    assert b"".join(got) == body


async def test_what_is_put_again_takes_the_place_of_what_is_queued(
    emulator: RunningEmulator, dav: Dav, quiet: Any, listed: Any
) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    assert (await dav("PUT", "/Cloud/f", content=b"first")).status_code == 201
    assert (await dav("PUT", "/Cloud/f", content=b"second one")).status_code == 204
    assert await dav.listed("/Cloud/f", "0") == {"/Cloud/f": 10}
    assert sorted(row.status for row in (await listed()).values()) == ["Cancelled", "Inqueue"]
    emulator.world.clock.advance(3601)
    await quiet()
    assert (await dav("GET", "/Cloud/f")).content == b"second one"


async def test_a_queued_file_is_moved_and_arrives_at_its_new_name(
    emulator: RunningEmulator, dav: Dav, quiet: Any, found: Any, content: Any
) -> None:
    assert (await dav("PUT", "/Cloud/film.mkv", content=b"old")).status_code == 201
    await quiet()
    emulator.world.options.upload_delay_seconds = 3600
    assert (await dav("PUT", "/Cloud/film.part.mkv", content=b"new one")).status_code == 201
    refused = await dav("MOVE", "/Cloud/film.part.mkv", to="/Cloud/film.mkv", headers={"Overwrite": "F"})
    assert refused.status_code == 412
    assert (await dav("MOVE", "/Cloud/film.part.mkv", to="/Cloud/film.mkv", headers={"Overwrite": "T"})).status_code == 204
    assert await dav.listed("/Cloud") == {"/Cloud": None, "/Cloud/film.mkv": 7}
    emulator.world.clock.advance(3601)
    await quiet()
    assert await content("/Cloud/film.mkv") == b"new one"
    assert await found("/Cloud/film.part.mkv") is None


async def test_a_big_body_goes_through_in_pieces(emulator: RunningEmulator, dav: Dav, quiet: Any) -> None:
    piece = os.urandom(MIB)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(48):
            yield piece

    assert (await dav("PUT", "/Cloud/sized", content=body(), headers={"Content-Length": str(48 * MIB)})).status_code == 201
    assert (await dav("PUT", "/Cloud/chunked", content=body())).status_code == 201
    await quiet()
    for name in ("sized", "chunked"):
        assert (await dav("GET", f"/Cloud/{name}")).content == piece * 48
        part = await dav("GET", f"/Cloud/{name}", headers={"Range": f"bytes={MIB - 1}-{MIB}"})
        assert (part.status_code, part.content) == (206, piece[-1:] + piece[:1])


async def test_an_interrupted_put_commits_nothing(emulator: RunningEmulator, dav: Dav, found: Any, listed: Any) -> None:
    assert (await dav("PUT", "/Cloud/kept", content=b"before")).status_code == 201
    for framing in ("Content-Length: 1000000", "Transfer-Encoding: chunked"):
        for name in ("kept", "new"):
            reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
            basic = httpx.BasicAuth(emulator.username, emulator.password)._auth_header
            head = f"PUT /dav/Cloud/{name} HTTP/1.1\r\nHost: x\r\nAuthorization: {basic}\r\n{framing}\r\n\r\n"
            writer.write(head.encode() + (b"8\r\n12345678\r\n" if "chunked" in framing else b"12345678"))
            await writer.drain()
            await until(emulator, lambda: temporaries(emulator))
            writer.close()
            await until(emulator, lambda: not temporaries(emulator))
            assert await reader.read() == b""
    assert await found("/Cloud/new") is None
    assert (await found("/Cloud/kept")).size == 6
    assert len(await listed()) == 1


def temporaries(emulator: RunningEmulator) -> list[str]:
    """Names of what the storage holds beside the visible tree."""
    storage: Any = emulator.world.clouds["Cloud"].storage
    return list(storage._spool._open if hasattr(storage, "_spool") else storage._temporary)


async def test_no_room_and_other_refusals(emulator: RunningEmulator, dav: Dav, found: Any) -> None:
    emulator.faults.disk_full(after_bytes=MIB)
    full = await dav("PUT", "/Cloud/f", content=os.urandom(3 * MIB))
    assert (full.status_code, "no space left" in full.text) == (507, True)
    assert await found("/Cloud/f") is None
    assert temporaries(emulator) == []
    emulator.faults.disk_full(after_bytes=1 << 40)
    assert (await dav("PUT", "/Cloud/none/f", content=b"x")).status_code == 409
    assert (await dav("PUT", "/f", content=b"x")).status_code == 403
    assert (await dav("PUT", "/Cloud/" + "n" * 256, content=b"x")).status_code == 403
    assert (await dav("PUT", "/Cloud", content=b"x")).status_code == 405
    assert (await dav("MKCOL", "/Cloud/a/b")).status_code == 409
    assert (await dav("MKCOL", "/new cloud")).status_code == 403
    assert (await dav("DELETE", "/Cloud")).status_code == 403
    assert (await dav("GET", "/Cloud/none")).status_code == 404
    assert (await dav("GET", "/Cloud/")).status_code == 403
    assert (await dav("MOVE", "/Cloud/none", to="/Cloud/x")).status_code == 404


async def test_folders_move_copy_and_delete(dav: Dav, quiet: Any) -> None:
    for folder in ("/Cloud/a", "/Cloud/a/b", "/Cloud/other"):
        assert (await dav("MKCOL", folder)).status_code == 201
    assert (await dav("MKCOL", "/Cloud/a")).status_code == 405
    assert (await dav("PUT", "/Cloud/a/b/f", content=b"x")).status_code == 201
    await quiet()
    assert (await dav("MOVE", "/Cloud/a", to="/Cloud/a/b/a")).status_code == 403
    assert (await dav("COPY", "/Cloud/a", to="/Cloud/other")).status_code == 204
    assert (await dav("MOVE", "/Cloud/a", to="/Cloud/other/moved")).status_code == 201
    assert await dav.listed("/Cloud", "infinity") == {
        "/Cloud": None,
        "/Cloud/other": None,
        "/Cloud/other/b": None,
        "/Cloud/other/b/f": 1,
        "/Cloud/other/moved": None,
        "/Cloud/other/moved/b": None,
        "/Cloud/other/moved/b/f": 1,
    }
    assert (await dav("DELETE", "/Cloud/other")).status_code == 204
    assert await dav.listed("/Cloud") == {"/Cloud": None}


async def test_conditions_and_what_a_file_says_of_itself(dav: Dav, quiet: Any) -> None:
    await dav("PUT", "/Cloud/f", content=b"12345")
    await quiet()
    head = await dav("HEAD", "/Cloud/f")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "5", b"")
    assert head.headers["last-modified"].endswith("GMT")
    assert (await dav("GET", "/Cloud/f", headers={"If-None-Match": head.headers["etag"]})).status_code == 304
    assert (await dav("PUT", "/Cloud/f", content=b"x", headers={"If-Match": '"other"'})).status_code == 412
    assert (await dav("PUT", "/Cloud/f", content=b"x", headers={"If-None-Match": "*"})).status_code == 412
    quota = ET.fromstring((await dav("PROPFIND", "/Cloud", headers={"Depth": "0"}, content=QUOTA)).text)
    assert quota.findtext(".//{DAV:}quota-used-bytes") == "5"
    assert int(quota.findtext(".//{DAV:}quota-available-bytes") or 0) == (1 << 40) - 5
    options = await dav("OPTIONS", "/Cloud/")
    assert options.headers["dav"] == "1,2"
    assert len(options.headers.get_list("date")) == len(head.headers.get_list("date")) == 1


async def test_locks_hold_for_everybody_whatever_he_calls_the_path(
    emulator: RunningEmulator, dav: Dav, stub: Any, quiet: Any
) -> None:
    await dav("MKCOL", "/Cloud/sub")
    await dav("PUT", "/Cloud/sub/f", content=b"x")
    await quiet()
    await stub.AddDavUser(pb.AddDavUserRequest(userName="sub", password="p", rootPath="/Cloud/sub"))
    locked = await dav("LOCK", "/Cloud/sub/f", content=LOCK)
    token = locked.headers["lock-token"]
    assert "<ns0:href>/dav/Cloud/sub/f</ns0:href>" in locked.text
    async with httpx.AsyncClient(auth=("sub", "p"), trust_env=False) as http:
        other = Dav(http, emulator.url)
        assert (await other("PUT", "/f", content=b"y")).status_code == 423
        assert (await other("DELETE", "/f")).status_code == 423
        assert "<ns0:href>/dav/f</ns0:href>" in (await other("PROPFIND", "/f", headers={"Depth": "0"})).text
    assert (await dav("PUT", "/Cloud/sub/f", content=b"yy", headers={"If": f"({token})"})).status_code == 204
    assert (await dav("UNLOCK", "/Cloud/sub/f", headers={"Lock-Token": token})).status_code == 204
    assert (await dav("LOCK", "/Cloud/new", content=LOCK)).status_code == 201
    assert await dav.listed("/Cloud/new", "0") == {"/Cloud/new": 0}


async def test_a_reader_that_leaves_ends_the_reading(
    emulator: RunningEmulator, dav: Dav, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dav("PUT", "/Cloud/f", content=os.urandom(32 * MIB))
    await quiet()
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    storage = emulator.world.clouds["Cloud"].storage
    opened = storage.open

    def watched(path: str) -> Any:
        reader = opened(path)
        close = reader.close
        reader.close = lambda: (close(), loop.call_soon_threadsafe(closed.set))
        return reader

    monkeypatch.setattr(storage, "open", watched)
    async with dav.http.stream("GET", dav.at("/Cloud/f")) as response:
        parts: Any = response.aiter_raw()
        await anext(parts)
        await parts.aclose()
    await closed.wait()


async def test_many_at_once(dav: Dav, quiet: Any) -> None:
    bodies = {f"/Cloud/f{number}": os.urandom(number * 1000) for number in range(60)}
    codes = await asyncio.gather(*(dav("PUT", path, content=body) for path, body in bodies.items()))
    assert {each.status_code for each in codes} == {201}
    await quiet()
    for path, body in bodies.items():
        assert (await dav("GET", path)).content == body


async def test_two_clouds(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(clouds=("A", CloudOptions("B"), CloudOptions("R", read_only=True)), options=EmulatorOptions())
    async with httpx.AsyncClient(auth=(emulator.username, emulator.password), trust_env=False) as http:
        dav = Dav(http, emulator.url)
        assert await dav.listed("/") == {"/": None, "/A": None, "/B": None, "/R": None}
        await dav("PUT", "/A/f", content=b"x")
        await until(emulator, lambda: not emulator.world.tasks.live_count())
        assert (await dav("MOVE", "/A/f", to="/B/f")).status_code == 201
        assert await dav.listed("/B") == {"/B": None, "/B/f": 1}
        assert (await dav("PUT", "/R/f", content=b"x")).status_code == 403
        assert (await dav("MKCOL", "/R/f")).status_code == 403
        assert (await dav("COPY", "/B/f", to="/R/f")).status_code == 403
