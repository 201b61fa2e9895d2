"""``client.clouds``: accounts listed, added, configured, removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2 import (
    AlreadyExists,
    ChangeCounts,
    InvalidRequest,
    Membership,
    NotFound,
    OperationFailed,
    PermissionDenied,
    Proxy,
    ProxyKind,
    Unsupported,
)
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "there.txt").write_bytes(b"already here")
    return folder


async def test_a_local_folder_is_a_cloud(client: AsyncClient, shared: Path, tmp_path: Path) -> None:
    added = await client.clouds.add_local_folder(str(shared))
    assert added is not None
    assert (added.cloud, added.path, added.read_only) == ("LocalFolder", "/shared", False)
    assert [entry.name async for entry in client.files.list("/shared")] == ["there.txt"]
    assert await client.files.read_bytes("/shared/there.txt") == b"already here"
    source = tmp_path / "new.txt"
    source.write_bytes(b"uploaded")
    await client.uploads.upload(source, "/shared/")
    assert (shared / "new.txt").read_bytes() == b"uploaded"
    assert [each.path for each in await client.clouds.list()] == ["/Cloud", "/shared"]
    with pytest.raises(AlreadyExists):
        await client.clouds.add_local_folder(str(shared))
    await client.clouds.remove("/shared/some/where")
    assert (shared / "new.txt").exists()
    with pytest.raises(NotFound):
        await client.files.stat("/shared")
    with pytest.raises(NotFound, match="/shared"):
        await client.clouds.remove("shared")


async def test_a_folder_that_is_none(client: AsyncClient, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        await client.clouds.add_local_folder(str(tmp_path / "nothing"))
    with pytest.raises(OperationFailed, match="absolute"):
        await client.clouds.add_local_folder("here")


async def test_names_do_not_clash(client: AsyncClient, tmp_path: Path) -> None:
    for parent in ("one", "two"):
        (tmp_path / parent / "Cloud").mkdir(parents=True)
        await client.clouds.add_local_folder(str(tmp_path / parent / "Cloud"))
    assert [each.path for each in await client.clouds.list()] == ["/Cloud", "/Cloud(1)", "/Cloud(2)"]


async def test_settings_are_changed_one_by_one(client: AsyncClient, emulator: RunningEmulator) -> None:
    before = await client.clouds.settings("/Cloud")
    proxy = Proxy(ProxyKind.SOCKS5, "127.0.0.1", 1080, "me", "hidden")
    after = await client.clouds.update("/Cloud", download_threads=7, user_agent="mine", api_proxy=proxy)
    assert (after.download_threads, after.user_agent, after.api_proxy) == (7, "mine", proxy)
    assert after.read_kib == before.read_kib
    assert "hidden" not in repr(after)
    assert (await client.clouds.update("/Cloud", user_agent="")).user_agent is None
    assert (await client.clouds.settings("/Cloud")).download_threads == 7


async def test_fields_of_later_versions_survive_an_update(client: AsyncClient, emulator: RunningEmulator) -> None:
    [account] = await client.clouds.list()
    # Field 900 with the number 5, as a newer server would send it.
    later = pb.CloudAPIConfig.FromString(pb.CloudAPIConfig(maxDownloadThreads=3).SerializeToString() + b"\xa0\x38\x05")
    await client.raw.SetCloudAPIConfig(
        pb.SetCloudAPIConfigRequest(cloudName=account.cloud, userName=account.account, config=later)
    )
    await client.clouds.update("/Cloud", buffer_mib=64)
    request = pb.GetCloudAPIConfigRequest(cloudName=account.cloud, userName=account.account)
    assert b"\xa0\x38\x05" in (await client.raw.GetCloudAPIConfig(request)).SerializeToString()


async def test_what_a_cloud_states_as_its_most(connect: Connect, emulator_factory: Callable[..., RunningEmulator]) -> None:
    cloud = CloudOptions("115", download_threads_limit=2, queries_per_second_limit=5.0)
    client = connect(emulator_factory(clouds=[cloud]))
    settings = await client.clouds.settings("/115")
    assert (settings.download_threads_limit, settings.queries_per_second_limit) == (2, 5.0)
    for wrong in ({"download_threads": 3}, {"queries_per_second": 0.0}):
        with pytest.raises(InvalidRequest, match="allows at most"):
            await client.clouds.update("/115", **wrong)  # type: ignore[arg-type]
    assert (await client.clouds.update("/115", download_threads=1)).download_threads_limit == 2


@pytest.mark.parametrize("kind", ["webdav", "s3", "sftp", "ftp", "smb", "clouddrive"])
async def test_storage_servers(client: AsyncClient, emulator: RunningEmulator, kind: str) -> None:
    add = {
        "webdav": lambda: client.clouds.add_webdav("https://dav.example/x", "me", "secret"),
        "s3": lambda: client.clouds.add_s3("bucket", "id", "secret", endpoint="https://s3.example", path_style=True),
        "sftp": lambda: client.clouds.add_sftp("nas", "me", private_key="key", root="/data"),
        "ftp": lambda: client.clouds.add_ftp("nas", "me", "secret", tls=True),
        "smb": lambda: client.clouds.add_smb("nas", "share", "me", "secret", api_proxy=Proxy(ProxyKind.NONE)),
        "clouddrive": lambda: client.clouds.add_clouddrive("https://other:19798", "token", insecure=True, sync=False),
    }[kind]
    with pytest.raises(OperationFailed, match="reaches none"):
        await add()
    emulator.emulator.cloud_accounts.backed |= {"WebDAV", "S3", "SFTP", "FTP", "SMB", "CloudDrive"}
    added = await add()
    assert added is not None and added.path is not None
    assert added in await client.clouds.list()
    assert [entry async for entry in client.files.list(added.path)] == []


async def test_a_storage_that_lacks_something(client: AsyncClient) -> None:
    with pytest.raises(OperationFailed, match="region missing"):
        await client.clouds.add_s3("bucket", "id", "secret", region="")
    with pytest.raises(InvalidRequest, match="2 or 4"):
        await client.clouds.add_s3("bucket", "id", "secret", signature_version=3)
    with pytest.raises(OperationFailed, match="private key"):
        await client.clouds.add_sftp("nas", "me")


async def test_file_servers(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.logins.shares["nas"] = ["films", "photos"]
    assert [(each.name, each.address) for each in await client.clouds.smb_servers()] == [("nas", "nas")]
    assert await client.clouds.smb_shares("nas", "me", "secret") == ["films", "photos"]
    with pytest.raises(NotFound, match="other"):
        await client.clouds.smb_shares("other")


async def test_changes_made_elsewhere(client: AsyncClient, emulator: RunningEmulator) -> None:
    accounts = emulator.emulator.cloud_accounts
    emulator.on_loop(accounts.change_elsewhere, "/Cloud/a", b"1")
    emulator.on_loop(accounts.change_elsewhere, "/Cloud/a", None)
    assert await client.clouds.sync_changes("/Cloud") == ChangeCounts(1, 1, 0)
    assert await client.clouds.sync_changes("/Cloud") == ChangeCounts(0, 0, 0)
    assert (await client.clouds.start_listening("/Cloud")).listening
    assert not (await client.clouds.stop_listening("/Cloud")).listening
    with pytest.raises(NotFound):
        await client.clouds.sync_changes("/nothing")


async def test_a_cloud_that_tells_nothing(client: AsyncClient, shared: Path) -> None:
    await client.clouds.add_local_folder(str(shared))
    for refused in (client.clouds.start_listening("/shared"), client.clouds.sync_changes("/shared")):
        with pytest.raises(OperationFailed, match="tells nothing"):
            await refused


async def test_memberships_and_offers(client: AsyncClient, emulator: RunningEmulator) -> None:
    accounts = emulator.emulator.cloud_accounts
    assert await client.clouds.memberships("/Cloud") == []
    accounts.memberships["115", "account-Cloud"] = [pb.CloudMembership(identity="VIP", level="7")]
    accounts.promotions = [pb.Promotion(id="1", cloudName="115", title="a year for half")]
    assert await client.clouds.memberships("/Cloud") == [Membership("VIP", "7")]
    assert [each.title for each in await client.clouds.promotions()] == ["a year for half"]
    assert [each.id for each in await client.clouds.promotions("/Cloud")] == ["1"]
    assert (await client.clouds.get("/Cloud")).promotion == "a year for half"


async def test_what_the_plan_allows(client: AsyncClient, emulator: RunningEmulator, shared: Path) -> None:
    assert await client.clouds.can_add()
    emulator.emulator.cloud_accounts.limit = 1
    assert not await client.clouds.can_add()
    with pytest.raises(PermissionDenied, match="plan"):
        await client.clouds.add_local_folder(str(shared))


async def test_a_token_that_may_not(connect: Connect, emulator: RunningEmulator) -> None:
    permissions = pb.TokenPermissions(allow_list=True, allow_get_cloud_apis=True)
    token = emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=permissions)).token
    client = connect(emulator, token=token)
    assert len(await client.clouds.list()) == 1
    with pytest.raises(PermissionDenied):
        await client.clouds.remove("/Cloud")
    with pytest.raises(PermissionDenied):
        await client.clouds.sync_changes("/Cloud")


async def test_old_servers(connect: Connect, emulator_factory: Callable[..., RunningEmulator]) -> None:
    client = connect(emulator_factory(options=EmulatorOptions(version="1.0.0")))
    with pytest.raises(Unsupported):
        await client.clouds.add_sftp("nas", "me", "secret")
    assert await client.clouds.can_add()


async def test_pushes(client: AsyncClient, emulator: RunningEmulator, shared: Path) -> None:
    queue = emulator.world.listen()
    await client.clouds.add_local_folder(str(shared))
    emulator.on_loop(emulator.emulator.cloud_accounts.rename, "shared", "renamed")
    await client.clouds.remove("/renamed")
    changes = pb.CloudApiChange.Action
    files = pb.FileSystemChange.ChangeType
    seen = [queue.get_nowait() for _ in range(queue.qsize())]
    told = [changes.Name(each.cloudApiChange.action) for each in seen if each.HasField("cloudApiChange")]
    assert told == ["ADD", "RENAME", "REMOVE"]
    told = [files.Name(each.fileSystemChange.changeType) for each in seen if each.HasField("fileSystemChange")]
    assert told == ["CREATE", "RENAME", "DELETE"]


async def test_a_restart(
    connect: Connect, emulator_factory: Callable[..., RunningEmulator], shared: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    first = emulator_factory(root=root)
    client = connect(first)
    await client.clouds.add_local_folder(str(shared))
    kept = [step async for step in client.cloud_logins.by_qr("189")][-1].account
    assert kept is not None
    await client.clouds.update("/Cloud", download_threads=9)
    await client.clouds.start_listening("/Cloud")
    first.on_loop(first.emulator.cloud_accounts.rename, "shared", "other")
    first.on_loop(first.emulator.cloud_accounts.rename, "Cloud", "Mine")
    await client.files.mkdir("/189Cloud/inside")
    before = await client.clouds.list()
    first.on_loop(first.emulator.stop)
    again = connect(emulator_factory(root=root))
    assert sorted(await again.clouds.list(), key=repr) == sorted(before, key=repr)
    assert (await again.clouds.settings("/Mine")).download_threads == 9
    assert [entry.name async for entry in again.files.list("/other")] == ["there.txt"]
    assert [entry.name async for entry in again.files.list("/189Cloud")] == ["inside"]
