"""Manners of real servers that the emulator does not have (protocol.md names each)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.api.files import AsyncFiles
from clouddrive2.api.remote_upload import RemoteUpload
from clouddrive2.api.system import AsyncSystem
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.config import Retry, ServerConfig
from clouddrive2.models.files import EntryKind, FolderDetails
from clouddrive2.models.uploads import HashRequest
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.base import CallFailed, StatusCode
from clouddrive2.transport.caller import Caller
from clouddrive2.transport.rest import Rest

CONFIG = ServerConfig("https://nas:5", token="t", retry=Retry(first_delay=0))
MISSING = CallFailed(StatusCode.NOT_FOUND, "")
OK = pb.FileOperationResult(success=True)


def folder(path: str, id: str = "1") -> pb.CloudDriveFile:
    return pb.CloudDriveFile(id=id, name=path.rpartition("/")[2], fullPathName=path, isDirectory=True)


@pytest.fixture
def caller(server: Any) -> Caller:
    return Caller(CONFIG, server)


@pytest.fixture
async def files(caller: Caller) -> AsyncIterator[AsyncFiles]:
    rest = Rest(CONFIG)
    yield AsyncFiles(caller, rest)
    await rest.close()


class TestLookingUp:
    async def test_an_empty_message_means_missing(self, server: Any, files: AsyncFiles) -> None:
        server.answers["FindFileByPath"] = pb.CloudDriveFile()
        with pytest.raises(errors.NotFound, match="/C/none does not exist"):
            await files.stat("/C/none")
        assert not await files.exists("/C/none")

    async def test_replies_without_entries(self, server: Any, files: AsyncFiles) -> None:
        server.answers["GetSubFiles"] = [pb.SubFilesReply(), pb.SubFilesReply(subFiles=[folder("/C/a")]), pb.SubFilesReply()]
        assert [entry.path async for entry in files.list("/C")] == ["/C/a"]

    async def test_a_listing_that_fails_after_some_entries(self, server: Any, files: AsyncFiles) -> None:
        failure = CallFailed(StatusCode.UNKNOWN, "the cloud is gone")
        server.answers["GetSubFiles"] = [pb.SubFilesReply(subFiles=[folder("/C/a")]), failure]
        seen = []
        with pytest.raises(errors.OperationFailed, match=r"GetSubFiles: /C: the server failed \(the cloud is gone\)"):
            async for entry in files.list("/C"):
                seen.append(entry.name)
        assert seen == ["a"]
        # What has begun to arrive is not asked for again.
        assert len(server.requests) == 1

    async def test_search_results_from_a_mounted_search_folder(self, server: Any, files: AsyncFiles) -> None:
        found = pb.CloudDriveFile(
            name="f", fullPathName="/Search/f", originalPath="/C/deep/f", isSearchResult=True, fileType=pb.CloudDriveFile.File
        )
        server.answers["GetSearchResults"] = [pb.SubFilesReply(subFiles=[found])]
        [entry] = [entry async for entry in files.search("/C", "f")]
        assert (entry.path, entry.name) == ("/C/deep/f", "f")


class TestDetails:
    async def test_a_cloud_that_does_not_count(self, server: Any, files: AsyncFiles) -> None:
        server.answers["GetSystemInfo"] = pb.CloudDriveSystemInfo(IsLogin=True, SystemReady=True)
        server.answers["GetFileDetailProperties"] = pb.FileDetailProperties()
        server.answers["FindFileByPath"] = folder("/C/a")
        with pytest.raises(errors.Unsupported, match="/C/a: its cloud does not count; list everything below it instead"):
            await files.details("/C/a")

    async def test_an_empty_folder_of_one_that_does(self, server: Any, files: AsyncFiles) -> None:
        server.answers["GetSystemInfo"] = pb.CloudDriveSystemInfo(IsLogin=True, SystemReady=True)
        server.answers["GetFileDetailProperties"] = pb.FileDetailProperties()
        server.answers["FindFileByPath"] = pb.CloudDriveFile(name="a", isDirectory=True, hasDetailProperties=True)
        assert await files.details("/C/a") == FolderDetails(files=0, folders=0, size=0)


class TestMkdir:
    async def test_an_incomplete_answer_is_looked_up(self, server: Any, files: AsyncFiles) -> None:
        server.answers["CreateFolder"] = pb.CreateFolderResult(result=OK)
        server.answers["FindFileByPath"] = folder("/C/a", "7")
        assert (await files.mkdir("/C/a")).id == "7"

    async def test_a_lagging_index_does_not_unmake_it(self, server: Any, files: AsyncFiles) -> None:
        server.answers["CreateFolder"] = pb.CreateFolderResult(result=OK)
        server.answers["FindFileByPath"] = MISSING
        made = await files.mkdir("/C/a")
        assert (made.path, made.name, made.kind) == ("/C/a", "a", EntryKind.FOLDER)

    @pytest.mark.parametrize(
        "answer",
        [
            CallFailed(StatusCode.ALREADY_EXISTS, ""),
            CallFailed(StatusCode.INVALID_ARGUMENT, "name"),
            CallFailed(StatusCode.UNKNOWN, "文件夹重名"),
            pb.CreateFolderResult(result=pb.FileOperationResult(errorMessage="文件夹重名")),
        ],
    )
    async def test_every_way_to_say_that_it_exists(self, server: Any, files: AsyncFiles, answer: Any) -> None:
        server.answers = {"CreateFolder": answer, "FindFileByPath": folder("/C/a", "7")}
        assert (await files.mkdir("/C/a", exist_ok=True)).id == "7"
        with pytest.raises(errors.AlreadyExists):
            await files.mkdir("/C/a")

    async def test_a_refusal_for_another_reason(self, server: Any, files: AsyncFiles) -> None:
        server.answers |= {"CreateFolder": CallFailed(StatusCode.UNKNOWN, "no room"), "FindFileByPath": MISSING}
        with pytest.raises(errors.OperationFailed, match="no room"):
            await files.mkdir("/C/a", exist_ok=True)


class TestFinalPaths:
    async def test_the_servers_word_counts(self, server: Any, files: AsyncFiles) -> None:
        server.answers["FindFileByPath"] = MISSING
        server.answers["RenameFile"] = pb.FileOperationResult(success=True, resultFilePaths=["/C/b_"])
        assert await files.rename("/C/a", "b?") == "/C/b_"

    @pytest.mark.parametrize("told", [[], ["/C/to/a", "/C/to/b", "/C/to/c"]])
    async def test_unless_it_is_not_about_what_was_asked(self, server: Any, files: AsyncFiles, told: list[str]) -> None:
        server.answers["FindFileByPath"] = folder("/C/to")
        server.answers["MoveFile"] = pb.FileOperationResult(success=True, resultFilePaths=told)
        assert await files.move(["/C/a", "/C/b"], "/C/to", on_conflict="skip") == ["/C/to/a", "/C/to/b"]

    async def test_the_policy_is_always_sent(self, server: Any, files: AsyncFiles) -> None:
        server.answers = {"FindFileByPath": folder("/C/to"), "MoveFile": OK, "CopyFile": OK}
        for policy, number in (("overwrite", 0), ("rename", 1), ("skip", 2)):
            await files.move("/C/a", "/C/to/", on_conflict=policy)  # type: ignore[arg-type]
            await files.copy("/C/a", "/C/to/", on_conflict=policy)  # type: ignore[arg-type]
            for rpc in ("MoveFile", "CopyFile"):
                request = server.sent(rpc)[-1]
                assert request.HasField("conflictPolicy") and request.conflictPolicy == number
                assert request.destPath == "/C/to"


class TestLinks:
    TEMPLATE = "/static/{SCHEME}/{HOST}/{PREVIEW}/%2FC%2Ff?sign=a%2Fb&x={y}"

    async def test_the_template_is_filled_and_the_query_kept(self, server: Any, files: AsyncFiles) -> None:
        server.answers["GetDownloadUrlPath"] = pb.DownloadUrlPathInfo(downloadUrlPath=self.TEMPLATE, expiresIn=9)
        link = await files.download_url("/C/f")
        assert link.url == "https://nas:5/static/https/nas:5/false/%2FC%2Ff?sign=a%2Fb&x={y}"
        assert (link.expires_in, link.is_direct) == (9, False)
        [request] = server.sent("GetDownloadUrlPath")
        assert (request.preview, request.lazy_read, request.get_direct_url) == (False, False, False)

    async def test_a_direct_one_with_its_headers(self, server: Any, files: AsyncFiles) -> None:
        server.answers["GetDownloadUrlPath"] = pb.DownloadUrlPathInfo(
            downloadUrlPath=self.TEMPLATE,
            directUrl="https://cdn/x",
            userAgent="special/1",
            additionalHeaders={"Cookie": "SECRET"},
        )
        link = await files.download_url("/C/f", direct=True)
        assert (link.url, link.is_direct) == ("https://cdn/x", True)
        assert link.headers == {"Cookie": "SECRET", "User-Agent": "special/1"}
        assert "SECRET" not in repr(link)
        # Not asked for, it is not used.
        assert not (await files.download_url("/C/f")).is_direct

    async def test_a_cloud_without_direct_links(self, server: Any, files: AsyncFiles) -> None:
        server.answers["GetDownloadUrlPath"] = pb.DownloadUrlPathInfo(downloadUrlPath=self.TEMPLATE, userAgent="special/1")
        link = await files.download_url("/C/f", direct=True)
        assert not link.is_direct and link.headers == {}

    async def test_none_at_all(self, server: Any, files: AsyncFiles) -> None:
        server.answers["GetDownloadUrlPath"] = pb.DownloadUrlPathInfo()
        with pytest.raises(errors.OperationFailed, match="/C/f: the server gives no link"):
            await files.download_url("/C/f")


async def test_an_unknown_token_answered_with_nothing(server: Any, caller: Caller) -> None:
    server.answers["GetApiTokenInfo"] = pb.TokenInfo()
    with pytest.raises(errors.Unauthenticated, match="does not know this token"):
        await AsyncSystem(caller).token_info()


async def test_an_upload_list_whose_count_is_missing_or_wrong(server: Any, caller: Caller) -> None:
    rows = [pb.UploadFileInfo(key=str(number)) for number in range(500)]
    full, empty = pb.GetUploadFileListResult(totalCount=9000, uploadFiles=rows), pb.GetUploadFileListResult(totalCount=9000)
    server.answers["GetUploadFileList"] = [full, full, empty]
    assert len([row async for row in AsyncTransfers(caller).uploads()]) == 1000
    uncounted = [pb.GetUploadFileListResult(uploadFiles=some) for some in (rows, rows[:3])]
    server.answers["GetUploadFileList"] = uncounted
    assert len([row async for row in AsyncTransfers(caller).uploads()]) == 503


@pytest.mark.parametrize(("kind", "blocks"), [(1, 4096), (2, 0), (3, 0), (77, 0)])
async def test_only_md5_comes_in_blocks(server: Any, caller: Caller, kind: int, blocks: int) -> None:
    wanted = pb.RemoteHashDataRequest(hash_type=kind, block_size=4096)
    server.answers["RemoteUploadChannel"] = [pb.RemoteUploadChannelReply(upload_id="1", hash_data=wanted)]
    events = [event async for event in RemoteUpload(caller).channel("device", lambda: None)]
    assert events == [HashRequest("1", kind, blocks)]
