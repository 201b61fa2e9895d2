"""Offline downloads and shared links: files that come into a cloud without passing through here (protocol.md §11)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Literal

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.views import PathView
from clouddrive2.errors import AlreadyExists, ConfigError, Error, InvalidRequest, NotFound, OperationFailed, PermissionDenied
from clouddrive2.models.offline import OfflineAdded, OfflineDownload, OfflineQuota
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncOffline"]

# ``list`` is a method below.
AddedLinks = list[OfflineAdded]
Downloads = list[OfflineDownload]
Which = Literal["all", "finished", "failed", "downloading"]

# So many in one call; when it is refused, each is tried by itself.
LINKS_AT_ONCE = 50
FILTERS = {"all": "All", "finished": "Finished", "failed": "Error", "downloading": "Downloading"}


class AsyncOffline:
    """``client.offline``. A path says which cloud is meant: any folder in it will do.

    Every method raises ``NotFound`` for a path that is not there, ``PermissionDenied`` when the token may not, ``Unsupported``
    when the server does not know the call, and ``OperationFailed`` with the cloud's own words when it refuses.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    async def add(self, links: str | Iterable[str], to: str, *, check_after: int = 0) -> AddedLinks:
        """Let a cloud download from links into one of its folders. The call returns when the cloud has taken them.

        One that is there already is no failure, so the same links may be added again, for example after a lost connection.

        Args:
            links: Magnet, ed2k, http and whatever else the cloud takes; a text may have one per line. Empty ones do not count.
            to: The folder. It must be there, and its cloud must have offline downloads.
            check_after: Seconds after which the server lists the folder anew; 0 for never.

        Returns:
            What became of each link, in their order.

        Raises:
            ConfigError: No link at all.
            NotFound: There is no such folder.
            PermissionDenied: The token may not add any (``allow_add_offline_download``), or the plan has none.
            Unreachable: The server is away; those before may have been added.
        """
        lines = links.splitlines() if isinstance(links, str) else [line for text in links for line in text.splitlines()]
        wanted = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
        if not wanted:
            raise ConfigError("there is no link to download from")
        done: AddedLinks = []
        for start in range(0, len(wanted), LINKS_AT_ONCE):
            some = wanted[start : start + LINKS_AT_ONCE]
            error = await self._added(some, to, check_after)
            if error is None:
                done += [OfflineAdded(link, "added") for link in some]
                continue
            for link in some:
                refusal = error if len(some) == 1 else await self._added([link], to, check_after)
                if refusal is None:
                    done.append(OfflineAdded(link, "added"))
                elif isinstance(refusal, AlreadyExists):
                    done.append(OfflineAdded(link, "present"))
                else:
                    done.append(OfflineAdded(link, "refused", refusal))
        return done

    async def list(self, path: str) -> AsyncGenerator[OfflineDownload, None]:
        """Every download of a cloud, page by page, in the cloud's order. May be repeated.

        Args:
            path: Anything in the cloud.

        Raises:
            NotFound: There is no such path.
            PermissionDenied: The token may not list them (``allow_list_offline_downloads``).
        """
        seen: set[str] = set()
        async for message in self._messages(path, *await self._account(path)):
            download = OfflineDownload.from_proto(message)
            # What is added meanwhile moves others to the next page.
            if download.hash not in seen:
                seen.add(download.hash)
                yield download

    async def in_folder(self, path: str) -> Downloads:
        """The downloads that concern a path, as the server sees it; unlike :meth:`list` without pages. May be repeated.

        Args:
            path: A folder.

        Raises:
            NotFound: There is no such path.
            PermissionDenied: The token may not list them.
        """
        request = pb.FileRequest(path=self._view.sent(path))
        reply = await self._caller.unary("ListOfflineFilesByPath", request, pb.OfflineFileListResult, path=path)
        return [OfflineDownload.from_proto(message) for message in reply.offlineFiles]

    async def quota(self, path: str) -> OfflineQuota:
        """How many downloads the cloud's account may have, and has left. May be repeated.

        Args:
            path: Anything in the cloud.
        """
        kind, account = await self._account(path)
        request = pb.OfflineQuotaRequest(cloudName=kind, cloudAccountId=account, path=self._view.sent(path))
        reply = await self._caller.unary("GetOfflineQuotaInfo", request, pb.OfflineQuotaInfo, path=path)
        return OfflineQuota(reply.total, reply.used, reply.left)

    async def remove(self, path: str, hashes: Iterable[str], *, delete_files: bool = False) -> None:
        """Take downloads out of the list; what has not ended is stopped. Those that are not there do not count.

        Args:
            path: Anything in the cloud.
            hashes: Of the downloads, in any letter case.
            delete_files: Delete what was downloaded, too. That cannot be undone.

        Raises:
            PermissionDenied: The token may not change them (``allow_modify_offline_downloads``).
        """
        kind, account = await self._account(path)
        wanted = {each.lower() for each in hashes}
        # The server's own spelling, as letter case varies.
        known = [each async for each in self._messages(path, kind, account) if each.infoHash.lower() in wanted]
        if not known:
            return
        request = pb.RemoveOfflineFilesRequest(
            cloudName=kind,
            cloudAccountId=account,
            deleteFiles=delete_files,
            infoHashes=[each.infoHash for each in known],
            path=self._view.sent(path),
        )
        await self._caller.unary("RemoveOfflineFiles", request, pb.FileOperationResult, path=path)

    async def restart(self, path: str, hash: str) -> None:
        """Begin a failed download anew.

        Args:
            path: Anything in the cloud.
            hash: Of the download, in any letter case.

        Raises:
            NotFound: There is no such download.
            PermissionDenied: The token may not change them.
        """
        kind, account = await self._account(path)
        found = [each async for each in self._messages(path, kind, account) if each.infoHash.lower() == hash.lower()]
        if not found:
            raise NotFound(f"{path}: this cloud has no offline download {hash}", path=path, rpc="RestartOfflineTask")
        known = found[0]
        request = pb.RestartOfflineFileRequest(
            cloudName=kind,
            cloudAccountId=account,
            infoHash=known.infoHash,
            url=known.url,
            parentId=known.parentId,
            path=self._view.sent(path),
        )
        await self._caller.unary("RestartOfflineTask", request, Empty, path=path)

    async def clear(self, path: str, which: Which = "finished", *, delete_files: bool = False) -> None:
        """Take downloads out of the list by their state. May be repeated.

        Args:
            path: Anything in the cloud.
            which: ``finished``, ``failed``, ``downloading`` or ``all``.
            delete_files: Delete what was downloaded, too. That cannot be undone.

        Raises:
            PermissionDenied: The token may not change them.
        """
        if which not in FILTERS:
            raise ConfigError(f"which is one of {', '.join(FILTERS)}, not {which}")
        kind, account = await self._account(path)
        request = pb.ClearOfflineFileRequest(
            cloudName=kind,
            cloudAccountId=account,
            filter=pb.ClearOfflineFileRequest.Filter.Value(FILTERS[which]),
            deleteFiles=delete_files,
            path=self._view.sent(path),
        )
        await self._caller.unary("ClearOfflineFiles", request, Empty, path=path)

    async def save_share(self, link: str, to: str, *, password: str = "") -> None:
        """Save everything that somebody shares into a folder of a cloud; takes up to a minute.

        What comes is seen after a fresh listing of the folder. It is not sent twice: after a lost connection look first.

        Args:
            link: The share's address.
            to: The folder; its cloud must take shares.
            password: The share's, where it is not in the link.

        Raises:
            NotFound: There is no such folder, or no such share any more.
            OperationFailed: A wrong password, or the cloud does not take it.
            PermissionDenied: The token may not (``allow_shared_links``).
        """
        request = pb.AddSharedLinkRequest(sharedLinkUrl=link.strip(), toFolder=self._view.sent(to))
        if password:
            request.sharedPassword = password
        await self._caller.unary("AddSharedLink", request, Empty, path=link)

    async def _added(self, links: Sequence[str], to: str, check_after: int) -> Error | None:
        """Add some; the refusal, if there is one that is about the links."""
        request = pb.AddOfflineFileRequest(urls="\n".join(links), toFolder=self._view.sent(to))
        if check_after:
            request.checkFolderAfterSecs = check_after
        try:
            await self._caller.unary("AddOfflineFiles", request, pb.FileOperationResult, path=to)
        except (AlreadyExists, InvalidRequest, OperationFailed) as error:
            return error
        return None

    async def _account(self, path: str) -> tuple[str, str]:
        """Type and user name of the cloud a path is in; empty when the token may not see it: then the path has to do."""
        request = pb.FindFileByPathRequest(parentPath="", path=self._view.sent(path))
        try:
            message = await self._caller.unary("FindFileByPath", request, pb.CloudDriveFile, path=path)
        except PermissionDenied:
            return "", ""
        return message.CloudAPI.name, message.CloudAPI.userName

    async def _messages(self, path: str, kind: str, account: str) -> AsyncGenerator[pb.OfflineFile, None]:
        """Every download as the server writes it, page by page."""
        page = pages = 1
        while page <= pages:
            request = pb.OfflineFileListAllRequest(cloudName=kind, cloudAccountId=account, page=page, path=self._view.sent(path))
            reply = await self._caller.unary("ListAllOfflineFiles", request, pb.OfflineFileListAllResult, path=path)
            for message in reply.offlineFiles:
                yield message
            pages, page = reply.pageCount, page + 1
