"""Cloud accounts the server knows, their settings, and what signing in to one goes through (protocol.md §12)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import ClassVar
from urllib.parse import unquote_to_bytes, urlsplit

from clouddrive2.errors import ConfigError
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = [
    "ChangeCounts",
    "CloudAccount",
    "CloudSettings",
    "GoogleSignIn",
    "Membership",
    "OAuthState",
    "Promotion",
    "Proxy",
    "ProxyKind",
    "QrLogin",
    "QrLoginState",
    "SmbServer",
]


class ProxyKind(IntEnum):
    """How a server reaches a cloud."""

    SYSTEM = 0
    NONE = 1
    HTTP = 2
    SOCKS5 = 3


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy between the server and a cloud (protocol.md §12.2).

    Attributes:
        kind: ``SYSTEM``: what the server's machine has set; ``NONE``: straight; or a proxy of its own.
        host, port: Where it is.
        username, password: If it wants them.
    """

    kind: ProxyKind = ProxyKind.SYSTEM
    host: str = ""
    port: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    SCHEMES: ClassVar[dict[str, ProxyKind]] = {"http": ProxyKind.HTTP, "socks5": ProxyKind.SOCKS5}

    @classmethod
    def parse(cls, text: str) -> Proxy:
        """From ``system``, ``none``, ``http://host:port`` or ``socks5://name:password@host:port``.

        Raises:
            ConfigError: It is none of these.
        """
        plain = {"system": ProxyKind.SYSTEM, "none": ProxyKind.NONE}
        if text in plain:
            return cls(plain[text])
        wrong = ConfigError("a proxy is written system, none, http://host:port or socks5://host:port")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise wrong from error
        if parts.scheme not in cls.SCHEMES or not host or not port:
            raise wrong
        name, password = (unquote_to_bytes(each or "").decode() or None for each in (parts.username, parts.password))
        return cls(cls.SCHEMES[parts.scheme], host, port, name, password)

    @classmethod
    def from_proto(cls, message: pb.ProxyInfo) -> Proxy:
        """From the wire; a kind nobody knows yet counts as the system's."""
        kind = ProxyKind(message.proxyType) if message.proxyType in ProxyKind._value2member_map_ else ProxyKind.SYSTEM
        return cls(kind, message.host, message.port, message.username or None, message.password or None)

    def to_proto(self) -> pb.ProxyInfo:
        """For the wire."""
        kind = pb.ProxyType.ValueType(self.kind.value)
        message = pb.ProxyInfo(proxyType=kind, host=self.host, port=self.port)
        if self.username is not None:
            message.username = self.username
        if self.password is not None:
            message.password = self.password
        return message

    def __str__(self) -> str:
        if self.kind in (ProxyKind.SYSTEM, ProxyKind.NONE):
            return self.kind.name.lower()
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind.name.lower()}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """One account of a cloud. Calls name it by (``cloud``, ``account``), people by ``path`` (protocol.md §12.1).

    Attributes:
        cloud: The cloud's type, such as ``115`` or ``WebDAV``; not to be guessed from the folder's name.
        account: Who it is in that cloud.
        nickname: What that account is called there.
        path: Its folder in the drive; ``None`` when the token does not see it.
        locked: The plan does not cover it: its files cannot be opened.
        read_only: It takes no writes.
        threaded_uploads: It takes several connections for one upload.
        paced: Its requests per second can be limited.
        listening: The server listens for changes made elsewhere.
        http_download: Downloads can go over plain HTTP.
        promotion: Title of an offer of the vendor's, if there is one.
    """

    cloud: str
    account: str
    nickname: str = ""
    path: str | None = None
    locked: bool = False
    read_only: bool = False
    threaded_uploads: bool = False
    paced: bool = False
    listening: bool = False
    http_download: bool = False
    promotion: str | None = None

    @classmethod
    def from_proto(cls, message: pb.CloudAPI) -> CloudAccount:
        """From ``GetAllCloudApis``. Old servers give no path."""
        return cls(
            cloud=message.name,
            account=message.userName,
            nickname=message.nickName,
            path=message.path or None,
            locked=message.isLocked,
            read_only=message.readOnly,
            threaded_uploads=message.supportMultiThreadUploading,
            paced=message.supportQpsLimit,
            listening=message.isCloudEventListenerRunning,
            http_download=message.supportHttpDownload,
            promotion=(message.promotionTitle or "") if message.hasPromotions else None,
        )

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from every other account."""
        return self.cloud, self.account


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """How the server works with one account (protocol.md §12.1). ``None``: the server does not say.

    Attributes:
        download_threads, upload_threads: Connections at once.
        read_kib: Smallest, usual and largest piece of a download, in KiB.
        buffer_mib: Memory for downloads, in MiB.
        queries_per_second: Requests per second; 0 for no limit.
        ipv4_only: Do not use IPv6.
        insecure: Accept any certificate of the cloud.
        user_agent: What the server calls itself there.
        http_download: Download over plain HTTP.
        direct_links, direct_download_urls: Whether the cloud's own links may be handed out.
        threaded_copies: Several connections for copies between clouds.
        api_proxy, data_proxy: For logging in and listing, and for content.
        download_threads_limit, buffer_mib_limit, queries_per_second_limit: The most the cloud allows; cannot be changed.
    """

    download_threads: int
    read_kib: tuple[int, int, int]
    buffer_mib: int
    queries_per_second: float
    ipv4_only: bool
    upload_threads: int | None = None
    insecure: bool | None = None
    user_agent: str | None = None
    http_download: bool | None = None
    direct_links: bool | None = None
    direct_download_urls: bool | None = None
    threaded_copies: bool | None = None
    api_proxy: Proxy | None = None
    data_proxy: Proxy | None = None
    download_threads_limit: int | None = None
    buffer_mib_limit: int | None = None
    queries_per_second_limit: float | None = None

    @classmethod
    def from_proto(cls, message: pb.CloudAPIConfig) -> CloudSettings:
        """From ``GetCloudAPIConfig``; a limit of 0 is no statement."""
        return cls(
            download_threads=message.maxDownloadThreads,
            read_kib=(message.minReadLengthKB, message.defaultReadLengthKB, message.maxReadLengthKB),
            buffer_mib=message.maxBufferPoolSizeMB,
            queries_per_second=message.maxQueriesPerSecond,
            ipv4_only=message.forceIpv4,
            upload_threads=message.maxUploadThreads if message.HasField("maxUploadThreads") else None,
            insecure=message.insecureTls if message.HasField("insecureTls") else None,
            user_agent=message.customUserAgent if message.HasField("customUserAgent") else None,
            http_download=message.useHttpDownload if message.HasField("useHttpDownload") else None,
            direct_links=message.supportDirectLink if message.HasField("supportDirectLink") else None,
            direct_download_urls=message.supportDirectDownloadUrl if message.HasField("supportDirectDownloadUrl") else None,
            threaded_copies=(
                message.useMultithreadDownloaderForCopy if message.HasField("useMultithreadDownloaderForCopy") else None
            ),
            api_proxy=Proxy.from_proto(message.apiProxy) if message.HasField("apiProxy") else None,
            data_proxy=Proxy.from_proto(message.dataProxy) if message.HasField("dataProxy") else None,
            download_threads_limit=message.maxDownloadThreadsLimit or None,
            buffer_mib_limit=message.maxBufferPoolSizeMBLimit or None,
            queries_per_second_limit=message.maxQueriesPerSecondLimit or None,
        )


class QrLoginState(StrEnum):
    """Where a login by QR code stands (protocol.md §12.3)."""

    SHOW = "show"
    STATUS = "status"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class QrLogin:
    """One step of a login by QR code.

    Attributes:
        state: ``SHOW``: a code to be scanned now, in place of an earlier one; ``STATUS``: ``message`` tells how far it is;
            ``DONE``: signed in, nothing follows.
        code: Text to make a QR code of.
        image: The code as a picture (PNG, as a rule), when the server drew it itself.
        image_url: Where such a picture can be fetched.
        message: Words for the person.
        account: With ``DONE``, the account that is new; ``None`` when it was there before.
    """

    state: QrLoginState
    code: str | None = field(default=None, repr=False)
    image: bytes | None = field(default=None, repr=False)
    image_url: str | None = field(default=None, repr=False)
    message: str = ""
    account: CloudAccount | None = None

    @classmethod
    def shown(cls, message: pb.QRCodeScanMessage) -> QrLogin:
        """A code: as text, as a picture in a ``data:`` URL, or as the address of one."""
        text = message.message
        if text.startswith("data:image"):
            return cls(QrLoginState.SHOW, image=_picture(text))
        if message.messageType == pb.SHOW_IMAGE:
            return cls(QrLoginState.SHOW, image_url=text)
        return cls(QrLoginState.SHOW, code=text)


@dataclass(frozen=True, slots=True)
class GoogleSignIn:
    """A login with one's own Google client that has begun; it waits 20 minutes.

    Attributes:
        session: What the server knows it by.
        url: The page to open in a browser.
    """

    session: str = field(repr=False)
    url: str


@dataclass(frozen=True, slots=True)
class OAuthState:
    """A signed ``state`` for a redirect.

    Attributes:
        state: To be put into the address of the login page.
        expires_in: Seconds it is good for.
    """

    state: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class SmbServer:
    """A file server found in the server's network."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Membership:
    """What an account is at its cloud.

    Attributes:
        identity: Such as ``VIP``.
        level: Its grade, if it has one.
        expires: When it ends; ``None`` for never or not known.
    """

    identity: str
    level: str | None = None
    expires: datetime | None = None

    @classmethod
    def from_proto(cls, message: pb.CloudMembership) -> Membership:
        """From ``GetCloudMemberships``."""
        expires = message.expireTime.ToDatetime(UTC) if message.HasField("expireTime") else None
        return cls(message.identity, message.level or None, expires)


@dataclass(frozen=True, slots=True)
class Promotion:
    """An offer of a cloud's vendor."""

    id: str
    cloud: str
    title: str
    rules: str
    url: str

    @classmethod
    def from_proto(cls, message: pb.Promotion) -> Promotion:
        """From ``GetPromotions``."""
        return cls(message.id, message.cloudName, message.title, message.rules, message.url)


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """How many changes made elsewhere the server has just taken over."""

    created: int
    deleted: int
    renamed: int


def _picture(url: str) -> bytes:
    """The bytes of a ``data:`` URL; none when it is broken, which is as good as no picture."""
    head, _, body = url.partition(",")
    try:
        return base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
    except binascii.Error:
        return b""
