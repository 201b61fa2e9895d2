"""Bytes of files, in ranges and over broken connections; links for other programs."""

from __future__ import annotations

import asyncio
import random
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from clouddrive2 import errors
from clouddrive2.api.downloads import Downloads
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.models.files import Entry
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.rest import Rest

Put = Callable[..., Awaitable[Entry]]
# More than the buffers of a connection hold, so that there is something left to break.
LARGE = 7 << 20


@asynccontextmanager
async def rest_closed(rest: Rest) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await rest.close()


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as reply:
        data: bytes = reply.read()
    return data


@pytest.fixture
def large() -> bytes:
    return random.Random(1).randbytes(LARGE)


class TestRanges:
    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (9, None, b"9"),
            (10, None, b""),
            (0, 1, b"0"),
            (3, 4, b"3456"),
            (8, 100, b"89"),
            (10, 5, b""),
            (5, 0, b""),
        ],
    )
    async def test_part_of_a_file(self, client: AsyncClient, put: Put, start: int, length: int | None, expected: bytes) -> None:
        await put("/Cloud/digits", b"0123456789")
        assert await client.files.read_bytes("/Cloud/digits", start=start, length=length) == expected

    async def test_an_empty_file(self, client: AsyncClient, put: Put) -> None:
        await put("/Cloud/empty")
        assert await client.files.read_bytes("/Cloud/empty") == b""
        with pytest.raises(errors.InvalidRequest, match="has only 0 bytes"):
            await client.files.read_bytes("/Cloud/empty", start=1)

    async def test_wrong_ranges(self, client: AsyncClient, put: Put) -> None:
        await put("/Cloud/digits", b"0123456789")
        with pytest.raises(errors.InvalidRequest, match="only 10 bytes; byte 11 is behind its end"):
            await client.files.read_bytes("/Cloud/digits", start=11)
        for wrong in ({"start": -1}, {"length": -1}):
            with pytest.raises(errors.ConfigError, match="must not be negative"):
                await client.files.read_bytes("/Cloud/digits", **wrong)

    @pytest.mark.parametrize("path", ["/Cloud/none", "/Cloud"])
    async def test_what_is_no_file(self, client: AsyncClient, path: str) -> None:
        with pytest.raises(errors.NotFound):
            await client.files.read_bytes(path)

    async def test_pieces_of_a_large_file(self, client: AsyncClient, put: Put, large: bytes) -> None:
        await put("/Cloud/large", large)
        pieces = [piece async for piece in client.files.read("/Cloud/large", start=1000, length=LARGE - 2000)]
        assert len(pieces) > 1
        assert b"".join(pieces) == large[1000:-1000]


class TestBrokenConnections:
    async def test_taken_up_where_it_broke(self, client: AsyncClient, emulator: RunningEmulator, put: Put, large: bytes) -> None:
        await put("/Cloud/large", large)
        emulator.calls.clear()
        came = bytearray()
        breaks = 3
        async for piece in client.files.read("/Cloud/large", start=5, length=LARGE - 10):
            came += piece
            if breaks:
                breaks -= 1
                emulator.drop_connections()
        assert came == large[5:-5]
        assert emulator.calls.count("GetDownloadUrlPath") > 1

    async def test_another_content_is_not_mixed_in(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put, large: bytes
    ) -> None:
        await put("/Cloud/large", large)
        with pytest.raises(errors.OperationFailed, match="/Cloud/large changed while it was read"):
            first = True
            async for _ in client.files.read("/Cloud/large"):
                if first:
                    first = False
                    await client.files.delete("/Cloud/large")
                    await put("/Cloud/large", large[::-1])
                    emulator.drop_connections()

    async def test_leaving_early_ends_the_request(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put, large: bytes
    ) -> None:
        await put("/Cloud/large", large)
        async with aclosing(client.files.read("/Cloud/large")) as pieces:
            async for _ in pieces:
                break
        while len(emulator.world.readers):
            await client.files.stat("/Cloud/large")

    async def test_given_up_in_the_end(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.refuse("GetDownloadUrlPath", code=14, times=-1)
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        caller, rest = Caller(client.config), Rest(client.config)
        downloads = Downloads(caller, rest, lambda path, refresh: client.files.stat(path), sleep=sleep)
        async with rest_closed(rest):
            with pytest.raises(errors.ConnectError, match="/Cloud/f: reading broke off at byte 7"):
                _ = [piece async for piece in downloads.read("/Cloud/f", "/Cloud/f", 7, None)]
        await caller.close()
        assert pauses == [0.2, 0.4, 0.8, 1.6]


class TestRequests:
    """The requests themselves, below the client."""

    async def test_a_cloud_that_is_not_ready_is_asked_again(
        self, emulator_factory: Callable[..., RunningEmulator], large: bytes
    ) -> None:
        emulator = emulator_factory(options=EmulatorOptions(static_unready=3, open_downloads=True))
        config = ServerConfig(emulator.url, username=emulator.username, password=emulator.password)
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        rest = Rest(config, sleep=sleep)
        async with rest_closed(rest):
            with pytest.raises(errors.NotFound, match="/Cloud/none: does not exist"):
                async with rest.get(f"{emulator.url}/static/http/host/false/%2FCloud%2Fnone", path="/Cloud/none"):
                    pass
        assert pauses == [1.0, 1.0, 1.0]

    async def test_but_not_for_ever(self, emulator_factory: Callable[..., RunningEmulator]) -> None:
        emulator = emulator_factory(options=EmulatorOptions(static_unready=1000))
        now = 0.0

        async def sleep(seconds: float) -> None:
            nonlocal now
            now += seconds

        rest = Rest(ServerConfig(emulator.url), sleep=sleep, clock=lambda: now)
        async with rest_closed(rest):
            with pytest.raises(errors.OperationFailed, match=r"cannot deliver it \(HTTP 502: the cloud is not ready\)"):
                async with rest.get(f"{emulator.url}/static/http/host/false/f", path="/Cloud/f"):
                    pass
        assert now == 60

    async def test_a_link_without_its_signature(self, client: AsyncClient, emulator: RunningEmulator, put: Put) -> None:
        await put("/Cloud/f", b"secret")
        link = await client.files.download_url("/Cloud/f")
        rest = Rest(client.config)
        async with rest_closed(rest):
            async with rest.get(link.url, path="/Cloud/f") as answer:
                assert (answer.start, answer.total, answer.is_past_end) == (0, 6, False)
                assert answer.tag and answer.modified
            with pytest.raises(errors.PermissionDenied, match="signed link required") as caught:
                async with rest.get(link.url.partition("?")[0], path="/Cloud/f"):
                    pass
        assert emulator.url not in str(caught.value)


class TestLinks:
    async def test_another_program_can_use_one(self, client: AsyncClient, put: Put) -> None:
        await put("/Cloud/50% #1 é.txt", b"content")
        link = await client.files.download_url("/Cloud/50% #1 é.txt")
        assert (link.is_direct, link.expires_in, link.headers) == (False, None, {})
        assert await asyncio.to_thread(_fetched, link.url) == b"content"

    async def test_it_hides_its_secret(self, client: AsyncClient, put: Put) -> None:
        await put("/Cloud/f")
        link = await client.files.download_url("/Cloud/f")
        assert "sign=" in link.url
        assert "sign" not in repr(link) and "static" not in repr(link)
        assert "sign" not in f"{link}"

    async def test_one_of_a_token_dies_with_it(self, client: AsyncClient, emulator: RunningEmulator, put: Put) -> None:
        await put("/Cloud/f")
        emulator.world.add_token(pb.TokenInfo(token="reader", permissions=pb.TokenPermissions(allow_read=True)))
        async with AsyncClient(emulator.url, token="reader") as reader:
            link = await reader.files.download_url("/Cloud/f", direct=True)
        assert link.expires_in == 86400
        assert "reader" not in link.url

    async def test_a_missing_file_has_none(self, client: AsyncClient) -> None:
        with pytest.raises(errors.NotFound):
            await client.files.download_url("/Cloud/none")
