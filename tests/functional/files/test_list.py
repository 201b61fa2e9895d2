"""Folders as streams of entries."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig, Timeouts
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.testing import RunningEmulator

Put = Callable[..., Awaitable[Entry]]
# More than what fits into the buffers of a connection, so that the server is still sending when the first entry is here.
MANY = 60_000


def fill(emulator: RunningEmulator, count: int) -> None:
    """Folders straight into the storage: too many to ask for one by one."""
    storage = emulator.world.clouds["Cloud"].storage

    def make() -> None:
        for number in range(count):
            storage.make_folder(f"/entry {number:06}")

    emulator.on_loop(make)


async def test_entries_say_what_they_are(client: AsyncClient, put: Put) -> None:
    await client.files.mkdir("/Cloud/folder")
    await put("/Cloud/file.bin", b"12345")
    entries = {entry.name: entry async for entry in client.files.list("/Cloud")}
    assert list(entries) == ["file.bin", "folder"]
    file, folder = entries["file.bin"], entries["folder"]
    assert (file.path, file.kind, file.size, file.is_file) == ("/Cloud/file.bin", EntryKind.FILE, 5, True)
    assert file.hashes.sha1 == "8cb2237d0679ca88db6464eac60da96345513964"
    assert file.modified is not None and file.modified.utcoffset() is not None
    assert (folder.path, folder.kind, folder.size, folder.is_folder) == ("/Cloud/folder", EntryKind.FOLDER, 0, True)
    assert not folder.hashes


async def test_the_root_lists_the_clouds(client: AsyncClient) -> None:
    [cloud] = [entry async for entry in client.files.list("/")]
    assert (cloud.path, cloud.is_cloud_root, cloud.is_folder, cloud.cloud) == ("/Cloud", True, True, "115")


async def test_an_empty_folder_lists_nothing(client: AsyncClient) -> None:
    await client.files.mkdir("/Cloud/empty")
    assert [entry async for entry in client.files.list("/Cloud/empty/")] == []


async def test_a_file_lists_nothing(client: AsyncClient, put: Put) -> None:
    await put("/Cloud/file.bin", b"1")
    assert [entry async for entry in client.files.list("/Cloud/file.bin")] == []


async def test_a_missing_folder_is_not_found(client: AsyncClient) -> None:
    with pytest.raises(FileNotFoundError, match=r"GetSubFiles: /Cloud/none: does not exist") as caught:
        _ = [entry async for entry in client.files.list("/Cloud/none")]
    assert isinstance(caught.value, errors.NotFound)
    assert (caught.value.path, caught.value.rpc) == ("/Cloud/none", "GetSubFiles")


@pytest.mark.parametrize("path", ["/Cloud/../x", "/Cloud/a\0b"])
async def test_a_path_that_is_none_is_not_sent(client: AsyncClient, emulator: RunningEmulator, path: str) -> None:
    with pytest.raises(errors.ConfigError, match="no cloud path"):
        _ = [entry async for entry in client.files.list(path)]
    assert emulator.calls.count("GetSubFiles") == 0


async def test_batches_become_one_listing(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(options=EmulatorOptions(batch_entries=3))
    fill(emulator, 20)
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
        names = [entry.name async for entry in client.files.list("/Cloud")]
    assert names == [f"entry {number:06}" for number in range(20)]
    assert emulator.calls.count("GetSubFiles") == 1


@pytest.mark.parametrize("refresh", [False, True])
async def test_refresh_asks_past_the_cache(client: AsyncClient, emulator: RunningEmulator, refresh: bool) -> None:
    _ = [entry async for entry in client.files.list("/Cloud", refresh=refresh)]
    assert emulator.calls.of("GetSubFiles")[-1].forceRefresh is refresh


class TestManyEntries:
    @pytest.fixture
    def closed(self, emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
        """Set when the server has ended a stream."""
        ended = threading.Event()
        registry = emulator.emulator.registry
        original = registry.stream

        async def watched(*arguments: Any) -> AsyncGenerator[Any, None]:
            try:
                async with aclosing(original(*arguments)) as replies:
                    async for reply in replies:
                        yield reply
            finally:
                ended.set()

        monkeypatch.setattr(registry, "stream", watched)
        return ended

    async def test_the_first_entry_comes_before_the_last_is_sent(
        self, client: AsyncClient, emulator: RunningEmulator, closed: threading.Event
    ) -> None:
        fill(emulator, MANY)
        count = 0
        async for _ in client.files.list("/Cloud"):
            if count == 0:
                assert not closed.is_set()
            count += 1
        assert count == MANY

    async def test_leaving_early_ends_the_call(
        self, client: AsyncClient, emulator: RunningEmulator, closed: threading.Event
    ) -> None:
        fill(emulator, MANY)
        async for _ in client.files.list("/Cloud"):
            break
        while not closed.is_set():
            # The server hears of it while this client goes on with something else.
            await client.files.stat("/Cloud")

    async def test_a_listing_that_breaks_off_is_an_error(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        fill(emulator, MANY)
        with pytest.raises(errors.ConnectError, match=r"GetSubFiles: /Cloud: "):
            async for entry in client.files.list("/Cloud"):
                if entry.name.endswith("000000"):
                    emulator.drop_connections()
        assert emulator.calls.count("GetSubFiles") == 1

    async def test_silence_is_an_error(self, emulator: RunningEmulator) -> None:
        emulator.faults.delay("GetSubFiles", 30, times=1)
        config = ServerConfig(emulator.url, username=emulator.username, password=emulator.password, timeouts=Timeouts(idle=0.05))
        async with AsyncClient(config=config) as client:
            with pytest.raises(errors.Timeout, match="/Cloud: the server has been silent"):
                _ = [entry async for entry in client.files.list("/Cloud")]


class TestWalk:
    async def test_folder_by_folder_each_sorted(self, client: AsyncClient, put: Put) -> None:
        for folder in ("/Cloud/b/deep", "/Cloud/a"):
            await client.files.mkdir(folder, parents=True)
        for path in ("/Cloud/z", "/Cloud/a/2", "/Cloud/a/1", "/Cloud/b/deep/x"):
            await put(path, b"")
        seen = [
            (folder, [entry.name for entry in folders], [entry.name for entry in others])
            async for folder, folders, others in client.files.walk("/Cloud/")
        ]
        assert seen == [
            ("/Cloud", ["a", "b"], ["z"]),
            ("/Cloud/a", [], ["1", "2"]),
            ("/Cloud/b", ["deep"], []),
            ("/Cloud/b/deep", [], ["x"]),
        ]

    async def test_a_missing_folder_is_not_found(self, client: AsyncClient) -> None:
        with pytest.raises(errors.NotFound):
            _ = [step async for step in client.files.walk("/Cloud/none")]
