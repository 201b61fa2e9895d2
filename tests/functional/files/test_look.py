"""Single entries, search and space."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.models.files import Entry, EntryKind, FolderDetails
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Put = Callable[..., Awaitable[Entry]]
GIB = 1 << 30


class TestStat:
    async def test_a_file(self, client: AsyncClient, put: Put) -> None:
        await put("/Cloud/file.bin", b"12345")
        entry = await client.files.stat("/Cloud//file.bin/")
        assert (entry.path, entry.name, entry.size, entry.kind) == ("/Cloud/file.bin", "file.bin", 5, EntryKind.FILE)
        assert (entry.pending, entry.read_only, entry.is_cloud_root) == (False, False, False)

    async def test_the_root(self, client: AsyncClient) -> None:
        root = await client.files.stat("/")
        assert (root.path, root.kind, root.pending) == ("/", EntryKind.FOLDER, False)

    async def test_a_missing_entry_is_not_found(self, client: AsyncClient) -> None:
        with pytest.raises(FileNotFoundError, match="FindFileByPath: /Cloud/none: does not exist"):
            await client.files.stat("/Cloud/none")
        assert not await client.files.exists("/Cloud/none")
        assert await client.files.exists("/Cloud")

    async def test_an_error_is_not_taken_for_absence(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.refuse("FindFileByPath", code=7)
        with pytest.raises(errors.PermissionDenied):
            await client.files.exists("/Cloud")

    async def test_refresh_lists_the_parent_past_the_cache(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put
    ) -> None:
        await put("/Cloud/file.bin", b"12345")
        assert (await client.files.stat("/Cloud/file.bin", refresh=True)).size == 5
        listing = emulator.calls.of("GetSubFiles")[-1]
        assert (listing.path, listing.forceRefresh) == ("/Cloud", True)
        with pytest.raises(errors.NotFound, match="/Cloud/none does not exist"):
            await client.files.stat("/Cloud/none", refresh=True)

    async def test_an_entry_on_its_way_is_pending(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.world.options.upload_delay_seconds = 3600
        created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))
        await client.raw.WriteToFile(pb.WriteFileRequest(fileHandle=created.fileHandle, length=1, buffer=b"1", closeFile=True))
        assert (await client.files.stat("/Cloud/f")).pending


class TestSearch:
    @pytest.fixture(autouse=True)
    async def tree(self, client: AsyncClient, put: Put) -> None:
        await client.files.mkdir("/Cloud/Summer Films/2026", parents=True)
        for path in ("/Cloud/summer.txt", "/Cloud/Summer Films/2026/a summer film.mkv", "/Cloud/winter.txt"):
            await put(path, b"")

    async def found(self, client: AsyncClient, path: str, text: str, **how: bool) -> set[str]:
        return {entry.path async for entry in client.files.search(path, text, **how)}

    async def test_names_below_a_folder(self, client: AsyncClient) -> None:
        everywhere = await self.found(client, "/Cloud", "summer")
        assert everywhere == {"/Cloud/summer.txt", "/Cloud/Summer Films", "/Cloud/Summer Films/2026/a summer film.mkv"}
        assert await self.found(client, "/Cloud/Summer Films", "summer") == {"/Cloud/Summer Films/2026/a summer film.mkv"}

    async def test_fuzzy_takes_words_in_any_order(self, client: AsyncClient) -> None:
        assert await self.found(client, "/Cloud", "film summer") == set()
        fuzzy = await self.found(client, "/Cloud", "film summer", fuzzy=True)
        assert fuzzy == {"/Cloud/Summer Films", "/Cloud/Summer Films/2026/a summer film.mkv"}

    async def test_nothing_found_and_nowhere_to_search(self, client: AsyncClient) -> None:
        assert await self.found(client, "/Cloud", "autumn") == set()
        with pytest.raises(errors.NotFound):
            await self.found(client, "/Cloud/none", "summer")


async def test_space_of_a_cloud_and_of_all(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(clouds=(CloudOptions("A", total_space=GIB), CloudOptions("B", total_space=2 * GIB)))
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
        one, all_of_them = await client.files.space("/A"), await client.files.space()
        assert (one.total, one.used, one.free) == (GIB, 0, GIB)
        assert all_of_them.total == 3 * GIB
        with pytest.raises(errors.NotFound):
            await client.files.space("/C")


class TestDetails:
    @pytest.fixture(autouse=True)
    async def tree(self, client: AsyncClient, put: Put) -> None:
        await client.files.mkdir("/Cloud/a/empty", parents=True)
        for path, data in (("/Cloud/a/文件", b"12345"), ("/Cloud/a/#1", b""), ("/Cloud/top", b"1")):
            await put(path, data)

    async def test_everything_below(self, client: AsyncClient) -> None:
        assert await client.files.details("/Cloud//a/") == FolderDetails(files=2, folders=1, size=5)
        assert await client.files.details("/Cloud") == FolderDetails(files=3, folders=2, size=6)
        assert await client.files.details("/") == FolderDetails(files=3, folders=3, size=6)
        assert await client.files.details("/Cloud/a/empty") == FolderDetails(files=0, folders=0, size=0)

    async def test_a_missing_folder(self, client: AsyncClient) -> None:
        with pytest.raises(errors.NotFound, match="GetFileDetailProperties: /Cloud/none: does not exist") as caught:
            await client.files.details("/Cloud/none")
        assert caught.value.path == "/Cloud/none"

    async def test_permissions(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        def confined(**permissions: bool) -> AsyncClient:
            info = pb.TokenInfo(rootDir="/", permissions=pb.TokenPermissions(**permissions))
            return AsyncClient(emulator.url, token=emulator.world.add_token(info).token)

        async with confined(allow_list=True) as lister:
            with pytest.raises(errors.PermissionDenied):
                await lister.files.details("/Cloud/a")
        async with confined(allow_view_properties=True) as counter:
            assert (await counter.files.details("/Cloud/a")).files == 2
            with pytest.raises(errors.PermissionDenied, match="FindFileByPath"):
                await counter.files.details("/Cloud/a/empty")

    async def test_an_old_server(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.unimplemented("GetFileDetailProperties")
        with pytest.raises(errors.Unsupported):
            await client.files.details("/Cloud/a")

    async def test_a_refusal(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.refuse("GetFileDetailProperties", code=9)
        with pytest.raises(errors.OperationFailed):
            await client.files.details("/Cloud/a")

    async def test_a_lost_answer_is_asked_for_again(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.drop_reply("GetFileDetailProperties")
        assert (await client.files.details("/Cloud/a")).size == 5
        assert emulator.calls.count("GetFileDetailProperties") == 2


class TestTokenWithARootFolder:
    """The emulator confines such a token to its folder and takes both ways of writing paths (protocol.md §2.5)."""

    @pytest.fixture
    async def confined(self, client: AsyncClient, emulator: RunningEmulator, put: Put) -> Callable[..., AsyncClient]:
        await client.files.mkdir("/Cloud/Inbox/sub", parents=True)
        await put("/Cloud/Inbox/sub/file", b"data")
        await put("/Cloud/outside", b"")
        permissions = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
        emulator.world.add_token(pb.TokenInfo(token="confined", rootDir="/Cloud/Inbox", permissions=permissions))

        def connect(view: str, root: str) -> AsyncClient:
            config = ServerConfig(emulator.url, token="confined", path_view=view, root_folder=root)  # type: ignore[arg-type]
            return AsyncClient(config=config)

        return connect

    @pytest.fixture(params=["as_given", "strip", "prefix"])
    async def view(
        self, request: pytest.FixtureRequest, confined: Callable[..., AsyncClient]
    ) -> AsyncIterator[tuple[AsyncClient, str]]:
        """A client of each view, and how it writes the token's folder."""
        async with confined(request.param, "/Cloud/Inbox") as client:
            yield client, "/Cloud/Inbox" if request.param == "strip" else ""

    async def test_paths_come_back_as_they_are_asked_for(self, view: tuple[AsyncClient, str]) -> None:
        client, base = view
        assert (await client.files.stat(f"{base}/sub/file")).path == f"{base}/sub/file"
        assert [entry.path async for entry in client.files.list(f"{base}/sub")] == [f"{base}/sub/file"]
        assert [entry.path async for entry in client.files.search(base or "/", "file")] == [f"{base}/sub/file"]
        assert await client.files.read_bytes(f"{base}/sub/file") == b"data"
        assert (await client.files.details(f"{base}/sub")).files == 1
        assert await client.files.rename(f"{base}/sub/file", "renamed") == f"{base}/sub/renamed"
        assert await client.files.move(f"{base}/sub/renamed", base or "/") == [f"{base}/renamed"]
        assert (await client.files.mkdir(f"{base}/new")).path == f"{base}/new"

    async def test_nothing_outside_is_seen(self, view: tuple[AsyncClient, str]) -> None:
        assert not await view[0].files.exists("/Cloud/outside")
