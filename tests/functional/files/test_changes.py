"""Folders made, entries renamed, moved, copied and deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.models.files import Entry
from clouddrive2.testing import RunningEmulator

Put = Callable[..., Awaitable[Entry]]


async def names(client: AsyncClient, folder: str) -> list[str]:
    return [entry.name async for entry in client.files.list(folder)]


class TestMkdir:
    async def test_one_level(self, client: AsyncClient) -> None:
        made = await client.files.mkdir("/Cloud/new/")
        assert (made.path, made.name, made.is_folder) == ("/Cloud/new", "new", True)
        with pytest.raises(FileNotFoundError):
            await client.files.mkdir("/Cloud/none/below")

    async def test_parents(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        assert (await client.files.mkdir("/Cloud/a/b/c", parents=True)).path == "/Cloud/a/b/c"
        assert await names(client, "/Cloud/a/b") == ["c"]
        assert emulator.calls.count("CreateFolder") == 3

    @pytest.mark.parametrize("parents", [False, True])
    async def test_exist_ok(self, client: AsyncClient, parents: bool) -> None:
        made = await client.files.mkdir("/Cloud/a", parents=parents)
        assert (await client.files.mkdir("/Cloud/a", parents=parents, exist_ok=True)).id == made.id
        with pytest.raises(FileExistsError, match=r"/Cloud/a exists already$"):
            await client.files.mkdir("/Cloud/a", parents=parents)

    @pytest.mark.parametrize("parents", [False, True])
    async def test_a_file_in_its_place(self, client: AsyncClient, put: Put, parents: bool) -> None:
        await put("/Cloud/file")
        with pytest.raises(errors.AlreadyExists, match="/Cloud/file exists already and is no folder"):
            await client.files.mkdir("/Cloud/file", parents=parents, exist_ok=True)
        if parents:
            with pytest.raises(errors.AlreadyExists, match="/Cloud/file exists already and is no folder"):
                await client.files.mkdir("/Cloud/file/below", parents=True)

    async def test_the_root_exists(self, client: AsyncClient) -> None:
        assert (await client.files.mkdir("/", exist_ok=True)).path == "/"
        with pytest.raises(errors.AlreadyExists):
            await client.files.mkdir("/")

    @pytest.mark.parametrize("path", ["/Cloud/..", "/Cloud/a\0b"])
    async def test_wrong_names_are_not_sent(self, client: AsyncClient, emulator: RunningEmulator, path: str) -> None:
        with pytest.raises(errors.ConfigError):
            await client.files.mkdir(path)
        assert emulator.calls.count("CreateFolder") == 0

    async def test_the_server_has_the_last_word_on_names(self, client: AsyncClient) -> None:
        with pytest.raises(errors.OperationFailed, match="longer than 255 bytes"):
            await client.files.mkdir("/Cloud/" + "字" * 100)
        with pytest.raises(
            errors.NotFound, match="/NewCloud: there is no such cloud; folders can only be made in one that was added"
        ):
            await client.files.mkdir("/NewCloud")

    async def test_an_old_server_that_makes_no_folders(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.unimplemented("CreateFolder")
        with pytest.raises(errors.Unsupported, match="where the drive is mounted"):
            await client.files.mkdir("/Cloud/new")

    async def test_a_lost_reply_is_looked_up_by_the_caller(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.drop_reply("CreateFolder")
        with pytest.raises(errors.ConnectError):
            await client.files.mkdir("/Cloud/new")
        assert emulator.calls.count("CreateFolder") == 1
        assert (await client.files.mkdir("/Cloud/new", exist_ok=True)).path == "/Cloud/new"


class TestRename:
    async def test_a_file_and_a_folder(self, client: AsyncClient, put: Put) -> None:
        await client.files.mkdir("/Cloud/folder")
        await put("/Cloud/folder/file", b"data")
        assert await client.files.rename("/Cloud/folder/file", "new.txt") == "/Cloud/folder/new.txt"
        assert await client.files.rename("/Cloud/folder/", "place") == "/Cloud/place"
        assert await client.files.read_bytes("/Cloud/place/new.txt") == b"data"
        assert await names(client, "/Cloud") == ["place"]

    async def test_to_its_own_name_only_looks(self, client: AsyncClient, emulator: RunningEmulator, put: Put) -> None:
        await put("/Cloud/a")
        assert await client.files.rename("/Cloud/a", "a") == "/Cloud/a"
        assert emulator.calls.count("RenameFile") == 0
        with pytest.raises(errors.NotFound):
            await client.files.rename("/Cloud/none", "none")

    async def test_to_another_letter_case(self, client: AsyncClient, put: Put) -> None:
        await put("/Cloud/readme")
        assert await client.files.rename("/Cloud/readme", "README") == "/Cloud/README"

    async def test_a_taken_name_and_a_missing_entry(self, client: AsyncClient, emulator: RunningEmulator, put: Put) -> None:
        await put("/Cloud/a", b"a")
        await put("/Cloud/b", b"b")
        with pytest.raises(errors.AlreadyExists, match="/Cloud/b exists already"):
            await client.files.rename("/Cloud/a", "b")
        assert emulator.calls.count("RenameFile") == 0
        assert await client.files.read_bytes("/Cloud/b") == b"b"
        with pytest.raises(errors.NotFound):
            await client.files.rename("/Cloud/none", "c")

    @pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
    async def test_what_is_no_name_is_not_sent(self, client: AsyncClient, emulator: RunningEmulator, name: str) -> None:
        with pytest.raises(errors.ConfigError, match="cannot be a name"):
            await client.files.rename("/Cloud/a", name)
        assert emulator.calls.count("RenameFile") == 0


@pytest.fixture(params=["move", "copy"])
def verb(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class TestMoveAndCopy:
    @pytest.fixture(autouse=True)
    async def tree(self, client: AsyncClient, put: Put) -> None:
        await client.files.mkdir("/Cloud/to")
        await put("/Cloud/a.txt", b"new")
        await put("/Cloud/b.txt", b"b")

    def left(self, verb: str, *moved: str) -> list[str]:
        """What the source folder still has."""
        everything = ["a.txt", "b.txt", "to"]
        return everything if verb == "copy" else [name for name in everything if name not in moved]

    async def test_one(self, client: AsyncClient, verb: str) -> None:
        assert await getattr(client.files, verb)("/Cloud/a.txt", "/Cloud/to/") == ["/Cloud/to/a.txt"]
        assert await client.files.read_bytes("/Cloud/to/a.txt") == b"new"
        assert await names(client, "/Cloud") == self.left(verb, "a.txt")

    async def test_several_in_one_call(self, client: AsyncClient, emulator: RunningEmulator, verb: str) -> None:
        final = await getattr(client.files, verb)(["/Cloud/b.txt", "/Cloud/a.txt"], "/Cloud/to")
        assert final == ["/Cloud/to/b.txt", "/Cloud/to/a.txt"]
        assert emulator.calls.count("MoveFile") + emulator.calls.count("CopyFile") == 1
        assert await names(client, "/Cloud") == self.left(verb, "a.txt", "b.txt")

    async def test_none_is_nothing_to_do(self, client: AsyncClient, emulator: RunningEmulator, verb: str) -> None:
        assert await getattr(client.files, verb)([], "/Cloud/to") == []
        assert emulator.calls.count("MoveFile") + emulator.calls.count("CopyFile") == 0

    async def test_a_folder_with_what_it_holds(self, client: AsyncClient, put: Put, verb: str) -> None:
        await client.files.mkdir("/Cloud/from/deep", parents=True)
        await put("/Cloud/from/deep/x", b"x")
        assert await getattr(client.files, verb)("/Cloud/from", "/Cloud/to") == ["/Cloud/to/from"]
        assert await client.files.read_bytes("/Cloud/to/from/deep/x") == b"x"
        assert await client.files.exists("/Cloud/from") is (verb == "copy")

    @pytest.mark.parametrize(
        ("on_conflict", "content", "renamed", "stays"),
        [
            ("overwrite", b"new", None, False),
            ("rename", b"old", "a(1).txt", False),
            ("skip", b"old", None, True),
        ],
    )
    async def test_a_taken_name(
        self,
        client: AsyncClient,
        put: Put,
        verb: str,
        on_conflict: str,
        content: bytes,
        renamed: str | None,
        stays: bool,
    ) -> None:
        await put("/Cloud/to/a.txt", b"old")
        final = await getattr(client.files, verb)("/Cloud/a.txt", "/Cloud/to", on_conflict=on_conflict)
        assert await client.files.read_bytes("/Cloud/to/a.txt") == content
        assert final == [f"/Cloud/to/{renamed or 'a.txt'}"]
        if renamed:
            assert await client.files.read_bytes(f"/Cloud/to/{renamed}") == b"new"
        assert await client.files.exists("/Cloud/a.txt") is (stays or verb == "copy")

    async def test_fail_looks_before_anything_moves(
        self, client: AsyncClient, emulator: RunningEmulator, put: Put, verb: str
    ) -> None:
        await put("/Cloud/to/b.txt", b"old")
        with pytest.raises(errors.AlreadyExists, match=r"/Cloud/to/b\.txt exists already"):
            await getattr(client.files, verb)(["/Cloud/a.txt", "/Cloud/b.txt"], "/Cloud/to")
        assert emulator.calls.count("MoveFile") + emulator.calls.count("CopyFile") == 0
        assert await names(client, "/Cloud/to") == ["b.txt"]

    async def test_two_of_one_name_meet_each_other(self, client: AsyncClient, put: Put, verb: str) -> None:
        await client.files.mkdir("/Cloud/other")
        await put("/Cloud/other/a.txt", b"other")
        with pytest.raises(errors.AlreadyExists):
            await getattr(client.files, verb)(["/Cloud/a.txt", "/Cloud/other/a.txt"], "/Cloud/to")

    async def test_senseless_destinations(self, client: AsyncClient, verb: str) -> None:
        act = getattr(client.files, verb)
        with pytest.raises(errors.ConfigError, match="cannot go into itself"):
            await act("/Cloud/to", "/Cloud/to/below")
        with pytest.raises(errors.ConfigError, match="is in /Cloud already"):
            await act("/Cloud/a.txt", "/Cloud")
        with pytest.raises(errors.ConfigError, match="is no folder"):
            await act("/Cloud/a.txt", "/Cloud/b.txt")
        with pytest.raises(errors.ConfigError, match="on_conflict must be one of"):
            await act("/Cloud/a.txt", "/Cloud/to", on_conflict="merge")
        with pytest.raises(errors.NotFound, match="/Cloud/none"):
            await act("/Cloud/a.txt", "/Cloud/none")
        with pytest.raises(errors.NotFound):
            await act("/Cloud/none", "/Cloud/to")


async def test_between_clouds(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(clouds=(CloudOptions("A"), CloudOptions("B", kind="aliyun")))
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
        await client.files.mkdir("/A/folder/deep", parents=True)
        with pytest.raises(errors.ConfigError, match="across_clouds=True"):
            await client.files.move("/A/folder", "/B")
        assert await client.files.exists("/A/folder")
        assert await client.files.copy("/A/folder", "/B") == ["/B/folder"]
        assert await client.files.move("/A/folder", "/B", across_clouds=True, on_conflict="rename") == ["/B/folder(1)"]
        assert await names(client, "/A") == []
        assert await names(client, "/B/folder(1)") == ["deep"]


class TestDelete:
    async def test_a_file_and_a_folder_with_what_it_holds(self, client: AsyncClient, put: Put) -> None:
        await client.files.mkdir("/Cloud/folder")
        await put("/Cloud/folder/x")
        await put("/Cloud/file")
        await client.files.delete("/Cloud/folder/")
        await client.files.delete(["/Cloud/file"])
        assert await names(client, "/Cloud") == []

    async def test_what_is_missing(self, client: AsyncClient, put: Put) -> None:
        await put("/Cloud/a")
        with pytest.raises(errors.NotFound, match="/Cloud/none does not exist"):
            await client.files.delete("/Cloud/none")
        await client.files.delete(["/Cloud/none", "/Cloud/a", "/Cloud/a"], missing_ok=True)
        assert await names(client, "/Cloud") == []

    async def test_a_server_that_says_missing_in_its_own_words(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        emulator.faults.fail_result("DeleteFile", "操作失败")
        await client.files.delete("/Cloud/none", missing_ok=True)

    async def test_the_first_failure_ends_it(self, client: AsyncClient, emulator: RunningEmulator, put: Put) -> None:
        await put("/Cloud/a")
        await put("/Cloud/b")
        emulator.faults.fail_result("DeleteFile", "the cloud is in a bad mood")
        with pytest.raises(errors.OperationFailed, match="/Cloud/a: the cloud is in a bad mood"):
            await client.files.delete(["/Cloud/a", "/Cloud/b"], missing_ok=True)
        assert await names(client, "/Cloud") == ["a", "b"]

    async def test_permanently_where_the_cloud_can(
        self, emulator_factory: Callable[..., RunningEmulator], emulator: RunningEmulator, client: AsyncClient, put: Put
    ) -> None:
        await put("/Cloud/a")
        await client.files.delete("/Cloud/a", permanently=True)
        assert emulator.calls.count("DeleteFilePermanently") == 1
        assert await names(client, "/Cloud") == []
        other = emulator_factory(clouds=(CloudOptions("Cloud", can_delete_permanently=False),))
        async with AsyncClient(other.url, username=other.username, password=other.password) as second:
            await second.files.mkdir("/Cloud/a")
            with pytest.raises(errors.OperationFailed, match="cannot delete permanently"):
                await second.files.delete("/Cloud/a", permanently=True)

    async def test_the_root_is_safe(self, client: AsyncClient, emulator: RunningEmulator) -> None:
        with pytest.raises(errors.ConfigError, match="root cannot be deleted"):
            await client.files.delete("/")
        with pytest.raises(errors.OperationFailed):
            await client.files.delete("/Cloud")
        assert emulator.calls.count("DeleteFile") == 1
