"""``client.mounts``: mount points of the server, and whether this machine can use them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2 import AlreadyExists, Client, ConfigError, MountPoint, NotFound, OperationFailed, PermissionDenied
from clouddrive2.api.mounts import AsyncMounts
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.settings import load_config
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]


@pytest.fixture
def elsewhere(emulator: RunningEmulator) -> RunningEmulator:
    """The emulator as if it ran on another machine: it says that it mounts, and nothing of it is seen here."""
    emulator.world.options.real_mounts = False
    return emulator


async def test_the_life_of_a_mount_point(elsewhere: RunningEmulator, client: AsyncClient) -> None:
    made = await client.mounts.add("/CloudNAS", "/Cloud", permissions="750", name="NAS", uid=1000, gid=100)
    assert made == MountPoint("/CloudNAS", "/Cloud", permissions="750", name="NAS", uid=1000, gid=100)
    assert (await client.mounts.mount("/CloudNAS")).mounted
    changed = await client.mounts.update("/CloudNAS", new_mount_point="/mnt/nas", read_only=True)
    assert changed == MountPoint(
        "/mnt/nas", "/Cloud", mounted=True, read_only=True, permissions="750", name="NAS", uid=1000, gid=100
    )
    assert await client.mounts.list() == [changed]
    await client.mounts.unmount("/mnt/nas")
    await client.mounts.unmount("/mnt/nas")
    assert not (await client.mounts.list())[0].mounted
    await client.mounts.remove("/mnt/nas")
    assert await client.mounts.list() == []


async def test_both_faces_of_failure(elsewhere: RunningEmulator, client: AsyncClient) -> None:
    await client.mounts.add("/CloudNAS")
    with pytest.raises(AlreadyExists):
        await client.mounts.add("/CloudNAS")
    for refused in (
        client.mounts.mount("/x"),
        client.mounts.unmount("/x"),
        client.mounts.remove("/x"),
        client.mounts.update("/x"),
    ):
        with pytest.raises(NotFound, match="/x"):
            await refused
    elsewhere.faults.fail_mount("the device is busy")
    with pytest.raises(OperationFailed, match="the device is busy"):
        await client.mounts.mount("/CloudNAS")
    assert (await client.mounts.list())[0].fail_reason == "the device is busy"
    elsewhere.faults.refuse("Mount", code=7, text="invalid user plan")
    with pytest.raises(PermissionDenied, match="plan"):
        await client.mounts.mount("/CloudNAS")


async def test_said_to_be_mounted_but_not_here(elsewhere: RunningEmulator, client: AsyncClient, tmp_path: Path) -> None:
    """The classic loss: a bare folder that looks like the mount."""
    await client.mounts.add(str(tmp_path), "/Cloud", auto_mount=True)
    status = await client.mounts.status("/Cloud/Movies")
    assert (status.mounted, status.available, status.method) == (False, True, "remote")
    assert f"{tmp_path} is a bare folder here" in status.message
    await client.mounts.update(str(tmp_path), new_mount_point="/no/such/folder")
    assert "/no/such/folder does not exist on this machine" in (await client.mounts.status("/Cloud")).message


async def test_not_mounted_at_all(elsewhere: RunningEmulator, client: AsyncClient) -> None:
    status = await client.mounts.status("/Cloud/x")
    assert (status.method, status.mounted) == ("remote", False)
    assert status.message == "no mount point of the server shows /Cloud/x; files are uploaded to the server instead"
    await client.mounts.add("/CloudNAS")
    assert "/CloudNAS is not mounted on the server; mount it there first" in (await client.mounts.status("/Cloud/x")).message


async def test_nothing_is_left_without_remote_uploads(elsewhere: RunningEmulator, client: AsyncClient) -> None:
    elsewhere.faults.old_server("0.9.8")
    status = await client.mounts.status("/Cloud/x")
    assert (status.available, status.method) == (False, "none")
    assert "0.9.9" in status.message


async def test_how_old_an_answer_may_be(elsewhere: RunningEmulator, client: AsyncClient) -> None:
    for max_age in (0.0, 60.0, 60.0):
        await client.mounts.status("/Cloud", max_age=max_age)
    assert len(elsewhere.calls.of("GetMountPoints")) == 1
    await client.mounts.status("/Cloud")
    assert len(elsewhere.calls.of("GetMountPoints")) == 2
    await client.mounts.add("/CloudNAS")
    assert "/CloudNAS is not mounted" in (await client.mounts.status("/Cloud", max_age=60.0)).message


async def test_a_mount_on_this_machine(mounted: Path, client: AsyncClient) -> None:
    status = await client.mounts.status("/Cloud/Movies/film.mkv")
    assert (status.mounted, status.available, status.method) == (True, True, "local")
    assert status.message == f"/Cloud is mounted at {mounted}"
    assert (status.root, status.local_path) == (mounted, mounted / "Movies/film.mkv")
    assert (status.source_folder, status.device) == ("/Cloud", mounted.stat().st_dev)
    await client.mounts.unmount(str(mounted))
    assert (await client.mounts.status("/Cloud")).method == "remote"


async def test_a_burst_of_files_looks_at_this_machine_once(mounted: Path, client: AsyncClient) -> None:
    looks: list[str] = []

    def looking(path: str) -> os.stat_result:
        looks.append(path)
        return Path(path).stat()

    mounts = AsyncMounts(client._caller, client.system, stat=looking)
    for number in range(10):
        status = await mounts.status(f"/Cloud/{number}.mkv", max_age=60.0)
        assert (status.method, status.local_path) == ("local", mounted / f"{number}.mkv")
    once = len(looks)
    await mounts.status("/Cloud/0.mkv")
    assert len(looks) == 2 * once


async def test_a_mount_that_takes_no_writes(needs_fuse: None, client: AsyncClient, tmp_path: Path) -> None:
    await client.mounts.add(str(tmp_path / "ro"), "/Cloud", auto_mount=True, read_only=True)
    status = await client.mounts.status("/Cloud/x")
    assert (status.mounted, status.available, status.method) == (True, True, "remote")
    assert "read-only" in status.message


async def test_a_mount_that_hangs(elsewhere: RunningEmulator, client: AsyncClient, tmp_path: Path) -> None:
    await client.mounts.add(str(tmp_path), "/Cloud", auto_mount=True)
    answers, looks = threading.Event(), []

    def hangs(path: str) -> os.stat_result:
        looks.append(path)
        answers.wait()
        return Path(path).stat()

    mounts = AsyncMounts(client._caller, client.system, stat=hangs, look_seconds=0.01)
    for _ in range(3):
        status = await mounts.status("/Cloud")
        assert (status.mounted, status.method) == (False, "remote")
        assert f"{tmp_path} does not answer: the mount hangs" in status.message
    # It is not looked at again and again: each look is a thread that never ends.
    assert len(looks) == 1
    answers.set()


async def test_seen_at_another_place(mounted: Path, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to(mounted)
    for settings in ({"mount_point": tmp_path / "here"}, {"mount_maps": {"/Cloud": str(tmp_path / "here")}}):
        status = await connect(**settings).mounts.status("/Cloud/x")
        assert (status.method, status.local_path) == ("local", tmp_path / "here/x")
    bare = tmp_path / "bare"
    bare.mkdir()
    # What the user maps to a bare folder is not used; the server's own word still is.
    status = await connect(mount_maps={"/Cloud": bare}).mounts.status("/Cloud/x")
    assert status.local_path == mounted / "x"


async def test_a_token_that_may_not_see_mount_points(
    mounted: Path, client: AsyncClient, connect: Connect, emulator: RunningEmulator
) -> None:
    permissions = pb.TokenPermissions(allow_list=True, allow_write=True, allow_view_runtime_info=True)
    token = (await client.raw.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=permissions))).token
    limited = connect(username=None, password=None, token=token)
    with pytest.raises(PermissionDenied):
        await limited.mounts.list()
    assert (await limited.mounts.status("/Cloud")).method == "remote"
    mapped = connect(username=None, password=None, token=token, mount_maps={"/Cloud": mounted})
    assert (await mapped.mounts.status("/Cloud")).method == "local"


def test_maps_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[profiles.default]\nurl = "nas:19798"\n[profiles.default.mount_map]\n"/115" = "/media/115"\n"/" = "/c"\n')
    stored = load_config(environ={}, config_file=file)
    assert stored.mount_maps == (("/115", Path("/media/115")), ("/", Path("/c")))
    given = load_config(mount_maps={"/115/": "~/drive"}, environ={}, config_file=file)
    assert given.mount_maps == (("/115", Path.home() / "drive"),)
    assert ServerConfig().mount_maps == ()
    for wrong in ({"115": "/media"}, {"/115/../x": "/media"}, {"/115": "media"}):
        with pytest.raises(ConfigError):
            load_config(mount_maps=wrong, environ={}, config_file=file)
    file.write_text('[profiles.default]\nmount_map = "/115=/media"\n')
    with pytest.raises(ConfigError, match="must be a table"):
        load_config(environ={}, config_file=file)


async def test_folders_of_the_servers_machine(
    elsewhere: RunningEmulator, client: AsyncClient, connect: Connect, emulator: RunningEmulator
) -> None:
    assert [name async for name in client.mounts.browse()] == ["home", "media", "mnt"]
    assert await client.mounts.make_local_folder("/mnt", "电影") == "/mnt/电影"
    assert [name async for name in client.mounts.browse("/mnt")] == ["电影"]
    with pytest.raises(AlreadyExists):
        await client.mounts.make_local_folder("/mnt", "电影")
    with pytest.raises(OperationFailed):
        await client.mounts.make_local_folder("/mnt", "..")
    with pytest.raises(NotFound):
        await client.mounts.make_local_folder("/none", "x")
    with pytest.raises(NotFound):
        [name async for name in client.mounts.browse("/etc")]
    only = pb.TokenPermissions(allow_list=True)
    with pytest.raises(PermissionDenied):
        token = emulator.world.add_token(pb.TokenInfo(rootDir="/", permissions=only)).token
        [name async for name in connect(token=token).mounts.browse()]


def test_folders_from_the_blocking_client(emulator: RunningEmulator) -> None:
    with Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert client.mounts.make_local_folder("/", "CloudNAS") == "/CloudNAS"
        assert list(client.mounts.browse("/")) == ["CloudNAS", "home", "media", "mnt"]
