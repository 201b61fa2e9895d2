"""Looking at the tree: roots, listings, look-ups, search, details, space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.emulator import CloudOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(clouds=(CloudOptions("115"), CloudOptions("Read", kind="S3", read_only=True)))


async def names(stub: Any, path: str) -> list[str]:
    return [e.name async for reply in stub.GetSubFiles(pb.ListSubFileRequest(path=path)) for e in reply.subFiles]


async def find(stub: Any, path: str, parent: str = "") -> pb.CloudDriveFile:
    entry: pb.CloudDriveFile = await stub.FindFileByPath(pb.FindFileByPathRequest(parentPath=parent, path=path))
    return entry


async def test_the_roots(stub: Any) -> None:
    root = await find(stub, "/")
    assert (root.name, root.fullPathName, root.isRoot, root.isDirectory, root.CloudAPI.name) == (
        "/",
        "/",
        True,
        True,
        "BaseFsApi",
    )
    assert "-" in root.id
    assert await names(stub, "/") == ["115", "Read"]
    cloud = await find(stub, "/Read")
    assert (cloud.isCloudRoot, cloud.isCloudDirectory, cloud.readOnly, cloud.CloudAPI.name) == (True, True, True, "S3")


async def test_a_file_as_it_is_shown(stub: Any, put: Any) -> None:
    entry = await put("/115/a #100% 中文.txt", b"hello")
    assert (entry.name, entry.fullPathName, entry.size) == ("a #100% 中文.txt", "/115/a #100% 中文.txt", 5)
    assert (entry.fileType, entry.isCloudFile, entry.isDirectory) == (pb.CloudDriveFile.File, True, False)
    assert dict(entry.fileHashes) == {2: "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}
    assert entry.writeTime.seconds > 1_700_000_000
    assert entry.downloadUrlPath.downloadUrlPath.startswith("/static/{SCHEME}/{HOST}/{PREVIEW}/%2F115%2Fa%20%23100%25")


@pytest.mark.parametrize(
    ("parent", "path"),
    [
        ("", "/115/d"),
        ("/115", "d"),
        ("/115/", "d"),
        ("/", "115/d"),
        ("/", "/115/d"),
        ("/115", "/d"),
        ("/115", "/115/d"),
        ("", "/115//./d/"),
    ],
)
async def test_ways_to_look_up(stub: Any, parent: str, path: str) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/115", folderName="d"))
    assert (await find(stub, path, parent)).fullPathName == "/115/d"


async def test_what_is_not_there(stub: Any, put: Any, refused: Any) -> None:
    for path in ("/none", "/115/none", "/115/none/x"):
        async with refused("NOT_FOUND"):
            await find(stub, path)
        async with refused("NOT_FOUND"):
            await names(stub, path)
    for path in ("/115/../Read", "/115/a\0b"):
        async with refused("INVALID_ARGUMENT"):
            await find(stub, path)
    await put("/115/f", b"")
    assert await names(stub, "/115/f") == []
    async with refused("NOT_FOUND"):
        await find(stub, "/115/f/x")


async def test_search(stub: Any, put: Any) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/115", folderName="Big Films"))
    await put("/115/Big Films/film one.mkv", b"")
    await put("/115/other", b"")

    async def found(text: str, *, fuzzy: bool = False) -> list[str]:
        request = pb.SearchRequest(path="/", searchFor=text, fuzzyMatch=fuzzy)
        return sorted([e.fullPathName async for reply in stub.GetSearchResults(request) for e in reply.subFiles])

    assert await found("FILM") == ["/115/Big Films", "/115/Big Films/film one.mkv"]
    assert await found("one film") == []
    assert await found("one film", fuzzy=True) == ["/115/Big Films/film one.mkv"]


async def test_details_and_space(stub: Any, put: Any) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/115", folderName="d"))
    await put("/115/d/f", b"12345")
    details = await stub.GetFileDetailProperties(pb.FileRequest(path="/115"))
    assert (details.totalFileCount, details.totalFolderCount, details.totalSize) == (1, 1, 5)
    space = await stub.GetSpaceInfo(pb.FileRequest(path="/115/d"))
    assert (space.usedSpace, space.totalSpace, space.freeSpace) == (5, 1 << 40, (1 << 40) - 5)
    assert (await stub.GetSpaceInfo(pb.FileRequest(path="/"))).totalSpace == 2 << 40


async def test_replies_stay_below_a_mebibyte(emulator: RunningEmulator, stub: Any) -> None:
    emulator.world.options.batch_bytes = 4096
    for number in range(30):
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/115", folderName=f"{number:02}" + "x" * 200))
    sizes = [(reply.ByteSize(), len(reply.subFiles)) async for reply in stub.GetSubFiles(pb.ListSubFileRequest(path="/115"))]
    assert sum(count for _, count in sizes) == 30
    assert max(size for size, _ in sizes) <= 4096 + 200


async def test_what_the_server_says_of_itself(emulator: RunningEmulator, stub: Any) -> None:
    assert (await stub.GetRuntimeInfo()).productVersion == "1.1.2"
    assert (await stub.GetAccountStatus()).userName == "user"
    assert (await stub.GetAllTasksCount()).uploadCount == 0
    assert [api.name for api in (await stub.GetAllCloudApis()).apis] == ["115", "S3"]


async def test_an_older_server(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    emulator.world.options.version = "0.9.8"
    async with refused("UNIMPLEMENTED"):
        await stub.StartRemoteUpload(pb.StartRemoteUploadRequest())
    async with refused("UNIMPLEMENTED"):
        await stub.ListTokens()
    assert (await stub.GetRuntimeInfo()).productVersion == "0.9.8"
