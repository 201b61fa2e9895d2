"""``client.cloud_sync``: the list of cloud accounts, shared by the servers of an account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator import EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
HERE = ("115", "account-Cloud")
FILMS, MUSIC = ("115", "films"), ("aliyun", "music")


def copied(emulator: RunningEmulator, accounts: dict[tuple[str, str], str]) -> None:
    emulator.on_loop(emulator.emulator.cloud_sync.change_elsewhere, accounts)


def states(preview: cd2.CloudSyncPreview) -> dict[str, cd2.CloudSyncState]:
    return {each.path or each.copied_path: each.state for each in preview.accounts}


async def test_the_copy_replaces_what_is_here(client: AsyncClient, emulator: RunningEmulator, tmp_path: Path) -> None:
    await client.clouds.add_local_folder(str(tmp_path), name="local")
    for kind, account in (FILMS, MUSIC):
        await emulator_add(emulator, kind, account, account)
    copied(emulator, {HERE: "Cloud", FILMS: "renamed", ("115", "new"): "New"})
    preview = await client.cloud_sync.preview()
    state = cd2.CloudSyncState
    assert states(preview) == {
        "/Cloud": state.SAME,
        "/local": state.ONLY_HERE,
        "/films": state.DIFFERENT,
        "/music": state.ONLY_HERE,
        "/New": state.ONLY_IN_COPY,
    }
    assert [each.path for each in preview.accounts if each.stays] == ["/local"]
    assert (preview.has_copy, preview.count(state.ONLY_HERE)) == (True, 1)
    assert await client.cloud_sync.enable(preview, keep="copy") == cd2.CloudSyncResult(1, 1, 1, uploaded=False)
    assert sorted(each.path for each in await client.clouds.list()) == ["/Cloud", "/New", "/local", "/renamed"]
    status = await client.cloud_sync.status()
    assert (status.enabled, status.synced, status.only_here) == (True, 3, 1)
    assert (await client.raw.GetSystemSettings()).syncWithCloud


async def emulator_add(emulator: RunningEmulator, kind: str, account: str, name: str) -> None:
    emulator.on_loop(emulator.emulator.cloud_accounts.add, kind, account, name)


async def test_what_is_here_replaces_the_copy(client: AsyncClient, emulator: RunningEmulator) -> None:
    copied(emulator, {FILMS: "films"})
    result = await client.cloud_sync.enable(await client.cloud_sync.preview(), keep="here")
    assert result == cd2.CloudSyncResult(0, 0, 0, uploaded=True)
    assert states(await client.cloud_sync.preview()) == {"/Cloud": cd2.CloudSyncState.SAME}
    # What changes here goes out.
    await emulator_add(emulator, *MUSIC, "music")
    assert (await client.cloud_sync.preview()).count(cd2.CloudSyncState.SAME) == 2
    await emulator_add(emulator, *FILMS, "films")
    assert await client.cloud_sync.disable(remove_copy=True) == cd2.CloudSyncEnd(sent=True, copy_removed=True)
    after = await client.cloud_sync.preview()
    assert (after.has_copy, after.count(cd2.CloudSyncState.ONLY_HERE)) == (False, 3)
    assert not (await client.cloud_sync.status()).enabled


async def test_nothing_is_replaced_unseen(client: AsyncClient, emulator: RunningEmulator) -> None:
    empty = await client.cloud_sync.preview()
    with pytest.raises(cd2.ConfigError, match="no copy to keep"):
        await client.cloud_sync.enable(empty, keep="copy")
    with pytest.raises(cd2.ConfigError, match="'both' cannot be kept"):
        await client.cloud_sync.enable(empty, keep="both")  # type: ignore[arg-type]
    copied(emulator, {FILMS: "films"})
    seen = await client.cloud_sync.preview()
    copied(emulator, {MUSIC: "music"})
    for outdated in (empty, seen):
        with pytest.raises(cd2.OperationFailed, match=r"changed since the preview.*make another preview"):
            await client.cloud_sync.enable(outdated, keep="here")
    assert len(emulator.calls.of("EnableCloudSync")) == 2
    assert [each.path for each in await client.clouds.list()] == ["/Cloud"]


async def test_a_name_that_is_taken(client: AsyncClient, emulator: RunningEmulator, tmp_path: Path) -> None:
    await client.clouds.add_local_folder(str(tmp_path), name="local")
    copied(emulator, {FILMS: "local"})
    with pytest.raises(cd2.OperationFailed, match="already exists"):
        await client.cloud_sync.enable(await client.cloud_sync.preview(), keep="copy")
    assert [each.path for each in await client.clouds.list()] == ["/Cloud", "/local"]


async def test_over_a_restart(connect: Connect, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    emulator = emulator_factory(root=tmp_path)
    copied(emulator, {HERE: "Cloud", FILMS: "films"})
    client = connect(emulator)
    await client.cloud_sync.enable(await client.cloud_sync.preview(), keep="copy")
    emulator.on_loop(emulator.emulator.stop)
    again = connect(emulator_factory(root=tmp_path))
    assert (await again.cloud_sync.status()).enabled
    assert (await again.cloud_sync.preview()).count(cd2.CloudSyncState.SAME) == 2


async def test_refusals(connect: Connect, emulator: RunningEmulator, emulator_factory: Callable[..., RunningEmulator]) -> None:
    info = pb.TokenInfo(rootDir="/", permissions=pb.TokenPermissions(allow_get_account_info=True))
    reader = connect(emulator, token=emulator.world.add_token(info).token)
    preview = await reader.cloud_sync.preview()
    for refused in (reader.cloud_sync.enable(preview, keep="here"), reader.cloud_sync.disable()):
        with pytest.raises(cd2.PermissionDenied, match="allow_modify_account"):
            await refused
    old = connect(emulator_factory(options=EmulatorOptions(version="1.0.17")))
    with pytest.raises(cd2.Unsupported):
        await old.cloud_sync.status()


def test_blocking(emulator: RunningEmulator) -> None:
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert client.cloud_sync.enable(client.cloud_sync.preview(), keep="here").uploaded
        assert client.cloud_sync.status().enabled
        assert not client.cloud_sync.disable().copy_removed
