"""Changing the tree, and what cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator import CloudOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

OVERWRITE, RENAME, SKIP = pb.MoveFileRequest.Overwrite, pb.MoveFileRequest.Rename, pb.MoveFileRequest.Skip


@pytest.fixture(params=["memory", "disk"])
def emulator(request: pytest.FixtureRequest, tmp_path: Path, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    clouds = ("A", "B", CloudOptions("R", read_only=True))
    return emulator_factory(clouds=clouds, root=tmp_path if request.param == "disk" else None)


async def tree(stub: Any, path: str = "/A") -> list[str]:
    """All paths below, sorted."""
    found = []
    async for reply in stub.GetSubFiles(pb.ListSubFileRequest(path=path)):
        for entry in reply.subFiles:
            found.append(entry.fullPathName)
            if entry.isDirectory:
                found += await tree(stub, entry.fullPathName)
    return found


async def folders(stub: Any, *paths: str) -> None:
    for path in paths:
        parent, _, name = path.rpartition("/")
        assert (await stub.CreateFolder(pb.CreateFolderRequest(parentPath=parent, folderName=name))).result.success


async def size(stub: Any, path: str) -> int:
    return int((await stub.FindFileByPath(pb.FindFileByPathRequest(path=path))).size)


async def test_create_folder(stub: Any, refused: Any) -> None:
    reply = await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/A/", folderName="d"))
    assert reply.result.success
    assert reply.result.resultFilePaths == ["/A/d"]
    assert reply.folderCreated.fullPathName == "/A/d"
    again = await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/A", folderName="d"))
    assert (again.result.success, "already exists" in again.result.errorMessage) == (False, True)
    async with refused("NOT_FOUND"):
        await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/A/none", folderName="d"))
    for parent, name in (("/", "x"), ("/R", "x"), ("/A", ".."), ("/A", "a/b"), ("/A", ""), ("/A", "x" * 256)):
        reply = await stub.CreateFolder(pb.CreateFolderRequest(parentPath=parent, folderName=name))
        assert not reply.result.success, (parent, name)
        assert reply.result.errorMessage
    assert await tree(stub) == ["/A/d"]


async def test_rename(stub: Any, put: Any, refused: Any) -> None:
    await folders(stub, "/A/d")
    before = await put("/A/d/f", b"x")
    renamed = await stub.RenameFile(pb.RenameFileRequest(theFilePath="/A/d", newName="e"))
    assert (renamed.success, list(renamed.resultFilePaths)) == (True, ["/A/e"])
    after = await stub.FindFileByPath(pb.FindFileByPathRequest(path="/A/e/f"))
    assert (after.id, dict(after.fileHashes)) == (before.id, dict(before.fileHashes))
    await put("/A/g", b"")
    taken = await stub.RenameFile(pb.RenameFileRequest(theFilePath="/A/g", newName="e"))
    assert (taken.success, "already exists" in taken.errorMessage) == (False, True)
    for path, name in (("/A", "C"), ("/A/g", "a/b"), ("/A/g", "..")):
        assert not (await stub.RenameFile(pb.RenameFileRequest(theFilePath=path, newName=name))).success
    async with refused("NOT_FOUND"):
        await stub.RenameFile(pb.RenameFileRequest(theFilePath="/A/none", newName="x"))
    both = [pb.RenameFileRequest(theFilePath="/A/e", newName="1"), pb.RenameFileRequest(theFilePath="/A/g", newName="2")]
    assert (await stub.RenameFiles(pb.RenameFilesRequest(renameFiles=both))).resultFilePaths == ["/A/1", "/A/2"]


async def test_delete(stub: Any, put: Any, refused: Any) -> None:
    await folders(stub, "/A/d", "/A/d/e")
    await put("/A/d/e/f", b"x")
    await put("/A/g", b"x")
    assert (await stub.DeleteFile(pb.FileRequest(path="/A/d/"))).success
    assert await tree(stub) == ["/A/g"]
    async with refused("NOT_FOUND"):
        await stub.DeleteFiles(pb.MultiFileRequest(path=["/A/g", "/A/d"]))
    assert await tree(stub) == ["/A/g"]
    for path in ("/", "/A"):
        assert not (await stub.DeleteFile(pb.FileRequest(path=path))).success
    assert (await stub.DeleteFilesPermanently(pb.MultiFileRequest(path=["/A/g"]))).success


async def test_move_and_conflicts(stub: Any, put: Any) -> None:
    async def move(policy: int | None, *sources: str, to: str = "/A/d") -> pb.FileOperationResult:
        request = pb.MoveFileRequest(theFilePaths=sources, destPath=to)
        if policy is not None:
            request.conflictPolicy = pb.MoveFileRequest.ConflictPolicy.ValueType(policy)
        result: pb.FileOperationResult = await stub.MoveFile(request)
        return result

    await folders(stub, "/A/d")
    await put("/A/f.txt", b"1")
    assert (await move(SKIP, "/A/f.txt", to="/A/d/")).resultFilePaths == ["/A/d/f.txt"]
    await put("/A/f.txt", b"22")
    skipped = await move(SKIP, "/A/f.txt")
    assert (skipped.success, list(skipped.resultFilePaths)) == (True, [])
    assert (await move(RENAME, "/A/f.txt")).resultFilePaths == ["/A/d/f(1).txt"]
    await put("/A/f.txt", b"333")
    assert (await move(None, "/A/f.txt")).success
    assert await size(stub, "/A/d/f.txt") == 3
    assert await tree(stub) == ["/A/d", "/A/d/f(1).txt", "/A/d/f.txt"]
    for source, to in (("/A/d", "/A/d"), ("/A/d/f.txt", "/A/d"), ("/A", "/B"), ("/A/d", "/"), ("/A/d", "/R")):
        assert not (await move(OVERWRITE, source, to=to)).success, (source, to)


async def test_move_into_itself(stub: Any) -> None:
    await folders(stub, "/A/d", "/A/d/e")
    result = await stub.MoveFile(pb.MoveFileRequest(theFilePaths=["/A/d"], destPath="/A/d/e"))
    assert not result.success
    assert await tree(stub) == ["/A/d", "/A/d/e"]


async def test_move_across_clouds(stub: Any, put: Any) -> None:
    await folders(stub, "/A/d")
    await put("/A/d/f", b"xyz")
    request = pb.MoveFileRequest(theFilePaths=["/A/d"], destPath="/B", conflictPolicy=OVERWRITE)
    assert not (await stub.MoveFile(request)).success
    request.moveAcrossClouds = True
    assert (await stub.MoveFile(request)).resultFilePaths == ["/B/d"]
    assert await tree(stub) == []
    assert await tree(stub, "/B") == ["/B/d", "/B/d/f"]
    assert await size(stub, "/B/d/f") == 3


async def test_folders_of_the_same_name(stub: Any, put: Any) -> None:
    await folders(stub, "/A/d", "/A/x", "/A/x/d")
    await put("/A/d/both", b"source")
    await put("/A/d/mine", b"1")
    await put("/A/x/d/both", b"target")
    request = pb.MoveFileRequest(theFilePaths=["/A/d"], destPath="/A/x", conflictPolicy=OVERWRITE)
    refused = await stub.MoveFile(request)
    assert (refused.success, "already exists" in refused.errorMessage) == (False, True)
    request.conflictPolicy, request.handleConflictRecursively = SKIP, True
    assert (await stub.MoveFile(request)).success
    assert await tree(stub) == ["/A/d", "/A/d/both", "/A/x", "/A/x/d", "/A/x/d/both", "/A/x/d/mine"]
    request.conflictPolicy = RENAME
    assert (await stub.MoveFile(request)).success
    assert await tree(stub) == ["/A/x", "/A/x/d", "/A/x/d/both", "/A/x/d/both(1)", "/A/x/d/mine"]


async def test_copy(stub: Any, put: Any) -> None:
    await folders(stub, "/A/d", "/A/x")
    original = await put("/A/d/f", b"xyz")
    request = pb.CopyFileRequest(theFilePaths=["/A/d", "/A/d/f"], destPath="/A/x", conflictPolicy=pb.CopyFileRequest.Skip)
    assert (await stub.CopyFile(request)).resultFilePaths == ["/A/x/d", "/A/x/f"]
    copied = await stub.FindFileByPath(pb.FindFileByPathRequest(path="/A/x/d/f"))
    assert (copied.size, dict(copied.fileHashes)) == (3, dict(original.fileHashes))
    assert copied.id != original.id
    across = pb.CopyFileRequest(theFilePaths=["/A/x"], destPath="/B")
    assert (await stub.CopyFile(across)).resultFilePaths == ["/B/x"]
    assert await tree(stub, "/B") == ["/B/x", "/B/x/d", "/B/x/d/f", "/B/x/f"]
    beside = pb.CopyFileRequest(theFilePaths=["/A/d/f"], destPath="/A/d", conflictPolicy=pb.CopyFileRequest.Rename)
    assert (await stub.CopyFile(beside)).resultFilePaths == ["/A/d/f(1)"]
    onto_itself = pb.CopyFileRequest(theFilePaths=["/A/d/f"], destPath="/A/d")
    assert not (await stub.CopyFile(onto_itself)).success
    assert not (await stub.CopyFile(pb.CopyFileRequest(theFilePaths=["/"], destPath="/A"))).success
