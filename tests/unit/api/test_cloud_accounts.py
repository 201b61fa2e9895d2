"""Which account a login brought, and which folder is whose."""

from __future__ import annotations

from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.api.cloud_accounts import LOOKS, CloudAccounts
from clouddrive2.config import Retry, ServerConfig
from clouddrive2.models.clouds import CloudAccount, Proxy, ProxyKind
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

CONFIG = ServerConfig("https://nas:5", token="t", retry=Retry(first_delay=0))


class Sleeps(list[float]):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


async def test_an_account_that_was_there_is_not_new(server: Any) -> None:
    sleeps = Sleeps()
    accounts = CloudAccounts(Caller(CONFIG, server), sleeps)
    server.answers["GetAllCloudApis"] = pb.CloudAPIList(apis=[pb.CloudAPI(name="115", userName="1", path="/115")])
    server.answers["APILoginWebDav"] = pb.APILoginResult(success=True)
    assert await accounts.added("APILoginWebDav", pb.LoginWebDavRequest(), "x") is None
    assert len(sleeps) == LOOKS - 1


async def test_old_servers_give_no_path(server: Any) -> None:
    accounts = CloudAccounts(Caller(CONFIG, server))
    api = pb.CloudAPI(name="115", userName="1")
    entry = pb.CloudDriveFile(fullPathName="/my 115", isCloudRoot=True, CloudAPI=api)
    other = pb.CloudDriveFile(fullPathName="/local", CloudAPI=pb.CloudAPI(name="x"))
    server.answers["GetAllCloudApis"] = pb.CloudAPIList(apis=[api, pb.CloudAPI(name="189", userName="2")])
    server.answers["GetSubFiles"] = [pb.SubFilesReply(subFiles=[other, entry])]
    assert await accounts.all() == [CloudAccount("115", "1", path="/my 115"), CloudAccount("189", "2")]
    assert (await accounts.find("my 115")).account == "1"
    with pytest.raises(errors.InvalidRequest, match="as in /115"):
        await accounts.find("/")


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("system", Proxy()),
        ("none", Proxy(ProxyKind.NONE)),
        ("http://proxy:3128", Proxy(ProxyKind.HTTP, "proxy", 3128)),
        ("socks5://me:p%40ss@[::1]:1080", Proxy(ProxyKind.SOCKS5, "::1", 1080, "me", "p@ss")),
    ],
)
def test_proxies_as_they_are_written(text: str, proxy: Proxy) -> None:
    assert Proxy.parse(text) == proxy
    assert Proxy.from_proto(proxy.to_proto()) == proxy
    assert "p@ss" not in f"{proxy}{proxy!r}"


@pytest.mark.parametrize("text", ["", "proxy:3128", "http://proxy", "ftp://proxy:1", "http://proxy:x"])
def test_what_is_no_proxy(text: str) -> None:
    with pytest.raises(errors.ConfigError, match="a proxy is written"):
        Proxy.parse(text)
