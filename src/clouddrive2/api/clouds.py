"""Cloud accounts: list, configure, remove, and add those that need an address and a key (protocol.md §12)."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.empty_pb2 import Empty

from clouddrive2.api.cloud_accounts import CloudAccounts, set_proxies
from clouddrive2.api.views import PathView
from clouddrive2.errors import InvalidRequest, OperationFailed
from clouddrive2.models.clouds import ChangeCounts, CloudAccount, CloudSettings, Membership, Promotion, Proxy, SmbServer
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncClouds"]

# ``list`` is a method below.
AccountRows = list[CloudAccount]
Servers = list[SmbServer]
Names = list[str]
Memberships = list[Membership]
Promotions = list[Promotion]

SMB_PORT = 445
SFTP_PORT = 22
FTP_PORT = 21


class AsyncClouds:
    """``client.clouds``.

    Where an account is wanted, one from :meth:`list` will do, or a path in its folder, or the folder's name. The calls that
    add one give what is new afterwards; ``None`` when nothing is, as the account was there before and has been renewed.
    Logins by QR code and with tokens are in ``client.cloud_logins``.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._accounts = CloudAccounts(caller)
        self._view = PathView(caller.server)

    async def list(self) -> AccountRows:
        """Every cloud account. May be repeated. Source: ``protocol.md §12.1``.

        Raises:
            PermissionDenied: The token may not see them.
        """
        return await self._accounts.all()

    async def get(self, account: CloudAccount | str) -> CloudAccount:
        """One account as it is now. May be repeated.

        Raises:
            NotFound: There is none in this folder.
        """
        wanted = await self._accounts.find(account)
        for each in await self._accounts.all():
            if each.key == wanted.key:
                return each
        return await self._accounts.find(wanted.path or wanted.account)

    async def can_add(self) -> bool:
        """Whether the plan allows one more. May be repeated."""
        try:
            await self._caller.unary("CanAddMoreCloudApis", Empty(), pb.FileOperationResult)
        except OperationFailed:
            return False
        return True

    async def settings(self, account: CloudAccount | str) -> CloudSettings:
        """How the server works with an account. May be repeated. Source: ``protocol.md §12.1``.

        Raises:
            NotFound: There is none in this folder.
        """
        return CloudSettings.from_proto(await self._config(await self._accounts.find(account)))

    async def update(
        self,
        account: CloudAccount | str,
        *,
        download_threads: int | None = None,
        upload_threads: int | None = None,
        read_kib: tuple[int, int, int] | None = None,
        buffer_mib: int | None = None,
        queries_per_second: float | None = None,
        ipv4_only: bool | None = None,
        insecure: bool | None = None,
        user_agent: str | None = None,
        http_download: bool | None = None,
        direct_links: bool | None = None,
        direct_download_urls: bool | None = None,
        threaded_copies: bool | None = None,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudSettings:
        """Change settings of an account; what is not given stays, also what this version does not know. May be repeated.

        See :class:`CloudSettings` for the arguments; ``user_agent=""`` goes back to the server's own. The whole message is read,
        changed and written back (``protocol.md §12.1``): a change somebody else makes in between is lost.

        Raises:
            NotFound: There is no account in this folder.
            InvalidRequest: More than the cloud allows.
        """
        found = await self._accounts.find(account)
        config = await self._config(found)
        fields = {
            "maxDownloadThreads": download_threads,
            "maxUploadThreads": upload_threads,
            "maxBufferPoolSizeMB": buffer_mib,
            "maxQueriesPerSecond": queries_per_second,
            "forceIpv4": ipv4_only,
            "insecureTls": insecure,
            "customUserAgent": user_agent or None,
            "useHttpDownload": http_download,
            "supportDirectLink": direct_links,
            "supportDirectDownloadUrl": direct_download_urls,
            "useMultithreadDownloaderForCopy": threaded_copies,
        }
        if read_kib is not None:
            fields |= dict(zip(("minReadLengthKB", "defaultReadLengthKB", "maxReadLengthKB"), read_kib, strict=True))
        _check_limits(config, fields, found)
        for name, value in fields.items():
            if value is not None:
                setattr(config, name, value)
        if user_agent == "":
            config.ClearField("customUserAgent")
        if api_proxy is not None:
            config.apiProxy.CopyFrom(api_proxy.to_proto())
        if data_proxy is not None:
            config.dataProxy.CopyFrom(data_proxy.to_proto())
        request = pb.SetCloudAPIConfigRequest(cloudName=found.cloud, userName=found.account, config=config)
        await self._caller.unary("SetCloudAPIConfig", request, Empty, path=found.path)
        return CloudSettings.from_proto(await self._config(found))

    async def remove(self, account: CloudAccount | str, *, permanently: bool = False) -> None:
        """Take an account out of the server; its files stay in the cloud. Not repeated after a lost answer.

        Args:
            account: Which one.
            permanently: Forget its settings and login, too.

        Raises:
            NotFound: There is none in this folder.
            OperationFailed: The server refuses, and says why.
        """
        found = await self._accounts.find(account)
        request = pb.RemoveCloudAPIRequest(cloudName=found.cloud, userName=found.account, permanentRemove=permanently)
        await self._caller.unary("RemoveCloudAPI", request, pb.FileOperationResult, path=found.path)

    async def add_local_folder(self, folder: str, *, name: str = "") -> CloudAccount | None:
        """Show a folder of the **server's** machine as a cloud.

        Args:
            folder: Its path there.
            name: What to call it, from version 1.0.17 on; by default the folder's own name.

        Raises:
            OperationFailed: There is no such folder, or the server has another reason.
            AlreadyExists: It is shown already.
        """
        request = pb.AddLocalFolderRequest(localFolderPath=folder, displayName=name)
        return await self._accounts.added("APIAddLocalFolder", request, folder)

    async def add_webdav(
        self,
        url: str,
        username: str,
        password: str,
        *,
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a WebDAV server. Since 0.9.8.

        Args:
            url: Its address.
            username, password: Who to be there.
            sync: Take part in the account-data sync between the account's servers.
            api_proxy, data_proxy: For listing, and for content.

        Raises:
            OperationFailed: It does not answer, or lets nobody in; the server's own text.
            Unsupported: The server is too old.
        """
        request = pb.LoginWebDavRequest(serverUrl=url, userName=username, password=password, doNotSyncToCloud=not sync)
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added("APILoginWebDav", request, url)

    async def add_s3(
        self,
        bucket: str,
        access_key_id: str,
        secret_access_key: str,
        *,
        region: str = "us-east-1",
        endpoint: str | None = None,
        path_style: bool = False,
        signature_version: int = 4,
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a bucket of an S3 storage. Since 0.9.22. See :meth:`add_webdav` for what is not said here.

        Args:
            bucket: Its name.
            access_key_id, secret_access_key: The key.
            region: Wanted even where it means nothing.
            endpoint: Address of a storage that is not Amazon's.
            path_style: The bucket's name stands in the path, not in the host.
            signature_version: 4, or 2 for old storages.
            sync, api_proxy, data_proxy: As there.
        """
        if signature_version not in (2, 4):
            raise InvalidRequest("the signature version of S3 is 2 or 4")
        request = pb.LoginS3Request(
            accessKeyId=access_key_id,
            secretAccessKey=secret_access_key,
            region=region,
            bucket=bucket,
            endpoint=endpoint,
            pathStyle=path_style,
            doNotSyncToCloud=not sync,
            signatureVersion=signature_version,
        )
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added("APILoginS3", request, bucket)

    async def add_sftp(
        self,
        host: str,
        username: str,
        password: str = "",
        *,
        port: int = SFTP_PORT,
        private_key: str | None = None,
        passphrase: str | None = None,
        root: str = "/",
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a server reached by SFTP. Since 1.0.6. See :meth:`add_webdav` for what is not said here.

        Args:
            host, port: Where it is.
            username, password: Who to be there.
            private_key: Text of a key in PEM form instead of a password.
            passphrase: What the key is locked with.
            root: Folder to show.
            sync, api_proxy, data_proxy: As there.
        """
        request = pb.LoginSftpRequest(
            host=host,
            port=port,
            userName=username,
            password=password,
            privateKey=private_key,
            passphrase=passphrase,
            rootPath=root,
            doNotSyncToCloud=not sync,
        )
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added("APILoginSftp", request, host)

    async def add_ftp(
        self,
        host: str,
        username: str,
        password: str,
        *,
        port: int = FTP_PORT,
        tls: bool = False,
        root: str = "/",
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a server reached by FTP. Since 1.0.6. See :meth:`add_sftp`; ``tls`` encrypts."""
        request = pb.LoginFtpRequest(
            host=host, port=port, userName=username, password=password, useTls=tls, rootPath=root, doNotSyncToCloud=not sync
        )
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added("APILoginFtp", request, host)

    async def add_smb(
        self,
        server: str,
        share: str,
        username: str,
        password: str,
        *,
        port: int = SMB_PORT,
        workgroup: str | None = None,
        root: str = "/",
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a share of a file server in the network (SMB). Since 1.0.6. See :meth:`add_sftp` and :meth:`smb_shares`."""
        request = pb.LoginSmbRequest(
            server=server,
            share=share,
            port=port,
            userName=username,
            password=password,
            workgroup=workgroup,
            rootPath=root,
            doNotSyncToCloud=not sync,
        )
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added("APILoginSmb", request, f"{server}/{share}")

    async def add_clouddrive(
        self,
        url: str,
        token: str,
        *,
        insecure: bool = False,
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add another CloudDrive2 server, as an API token of that one sees it. See :meth:`add_webdav`.

        Args:
            url: Its address.
            token: An API token made there.
            insecure: Accept any certificate.
            sync, api_proxy, data_proxy: As there.
        """
        request = pb.LoginCloudDriveRequest(grpcUrl=url, token=token, insecureTls=insecure, doNotSyncToCloud=not sync)
        set_proxies(request, api_proxy, data_proxy)
        return await self._accounts.added("APILoginCloudDrive", request, url)

    async def smb_servers(self) -> Servers:
        """File servers in the server's network. Since 1.0.6. May be repeated; may take a while."""
        reply = await self._caller.unary("DiscoverSmbServers", Empty(), pb.DiscoverSmbServersResult)
        return [SmbServer(each.name, each.address) for each in reply.servers]

    async def smb_shares(
        self, server: str, username: str = "", password: str = "", *, port: int = SMB_PORT, workgroup: str | None = None
    ) -> Names:
        """Names of the shares of a file server. Since 1.0.6. May be repeated; may take a while.

        Raises:
            NotFound: There is no such server.
        """
        request = pb.DiscoverSmbSharesRequest(server=server, port=port, userName=username, password=password, workgroup=workgroup)
        reply = await self._caller.unary("DiscoverSmbShares", request, pb.DiscoverSmbSharesResult, path=server)
        return [*reply.shareNames]

    async def memberships(self, path: str) -> Memberships:
        """What the account of a folder is at its cloud. May be repeated.

        Raises:
            NotFound: There is no such folder.
            PermissionDenied: The token may not see it.
        """
        request = pb.FileRequest(path=self._view.sent(path))
        reply = await self._caller.unary("GetCloudMemberships", request, pb.CloudMemberships, path=path)
        return [Membership.from_proto(each) for each in reply.memberships]

    async def promotions(self, account: CloudAccount | str | None = None) -> Promotions:
        """Offers of one cloud's vendor, or of all. May be repeated.

        Raises:
            NotFound: There is no account in this folder.
        """
        if account is None:
            reply = await self._caller.unary("GetPromotions", Empty(), pb.GetPromotionsResult)
        else:
            found = await self._accounts.find(account)
            request = pb.CloudAPIRequest(cloudName=found.cloud, userName=found.account)
            reply = await self._caller.unary("GetPromotionsByCloud", request, pb.GetPromotionsResult, path=found.path)
        return [Promotion.from_proto(each) for each in reply.promotions]

    async def start_listening(self, account: CloudAccount | str) -> CloudAccount:
        """Let the server hear of changes made elsewhere in this cloud, as they happen; the account as it is then.

        Raises:
            NotFound: There is no account in this folder.
            OperationFailed: The cloud cannot do that.
        """
        found = await self._accounts.find(account)
        await self._caller.unary("StartCloudEventListener", self._folder(found), Empty, path=found.path)
        return await self.get(found)

    async def stop_listening(self, account: CloudAccount | str) -> CloudAccount:
        """The contrary of :meth:`start_listening`."""
        found = await self._accounts.find(account)
        await self._caller.unary("StopCloudEventListener", self._folder(found), Empty, path=found.path)
        return await self.get(found)

    async def sync_changes(self, path: str) -> ChangeCounts:
        """Take over now what was changed elsewhere in this cloud. May take a while.

        Raises:
            NotFound: There is no such folder.
            OperationFailed: The cloud cannot do that.
        """
        request = pb.FileRequest(path=self._view.sent(path))
        reply = await self._caller.unary("SyncFileChangesFromCloud", request, pb.FileSystemChangeStatistics, path=path)
        return ChangeCounts(reply.createCount, reply.deleteCount, reply.renameCount)

    async def _config(self, account: CloudAccount) -> pb.CloudAPIConfig:
        request = pb.GetCloudAPIConfigRequest(cloudName=account.cloud, userName=account.account)
        return await self._caller.unary("GetCloudAPIConfig", request, pb.CloudAPIConfig, path=account.path)

    def _folder(self, account: CloudAccount) -> pb.FileRequest:
        if account.path is None:
            raise InvalidRequest(f"the folder of {account.cloud} {account.account} is not known")
        return pb.FileRequest(path=self._view.sent(account.path))


def _check_limits(config: pb.CloudAPIConfig, fields: Mapping[str, object], account: CloudAccount) -> None:
    """What the cloud states as its most is not exceeded: it would answer with bans."""
    for name in ("maxDownloadThreads", "maxBufferPoolSizeMB", "maxQueriesPerSecond"):
        value, limit = fields[name], getattr(config, f"{name}Limit")
        if isinstance(value, int | float) and limit and (value > limit or (name == "maxQueriesPerSecond" and value == 0)):
            raise InvalidRequest(f"{account.path}: {account.cloud} allows at most {limit:g} for {name}", path=account.path)
