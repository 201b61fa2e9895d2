"""Uploads through a mount: chosen, forced, handed over; and the ways a mount can be something else than it seems."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import OperationFailed, Outcome, PermissionDenied, Unsupported, UploadRejected
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
MIB = 1 << 20


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(os.urandom(9 * MIB))
    return path


def names(folder: Path) -> list[str]:
    return sorted(child.name for child in folder.iterdir())


async def left_in(place: Path) -> list[str]:
    """What lies in the bare folder, once the mount that ended is gone from it."""
    while True:
        try:
            return names(place)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
        await asyncio.sleep(0.01)


def add(emulator: RunningEmulator, place: Path, **more: Any) -> None:
    option = pb.MountOption(mountPoint=str(place), **{"sourceDir": "/Cloud", "autoMount": True, **more})
    point = emulator.on_loop(emulator.emulator.mounts.add, option)
    assert point.isMounted, point.failReason


class TestChosen:
    async def test_first_of_all_when_it_is_there(
        self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path
    ) -> None:
        steps = await client.uploads.plan(source, "/Cloud/Movies/")
        assert (steps[0].route, steps[0].available) == ("mount", True)
        assert steps[0].reason == f"/Cloud is mounted at {mounted}"
        uploaded = await client.uploads.upload(source, "/Cloud/Movies/")
        assert (uploaded.route, uploaded.outcome, uploaded.verified) == ("mount", Outcome.VERIFIED, "hash")
        assert (mounted / "Movies/film.mkv").read_bytes() == source.read_bytes()
        assert emulator.calls.of("StartRemoteUpload") == []

    async def test_an_ordinary_server_elsewhere(self, client: AsyncClient, source: Path) -> None:
        steps = await client.uploads.plan(source, "/Cloud/")
        assert (steps[0].route, steps[0].available) == ("mount", False)
        assert "no mount point of the server shows /Cloud/film.mkv" in steps[0].reason
        assert (await client.uploads.upload(source, "/Cloud/")).route == "remote"

    async def test_by_the_users_own_map(self, mounted: Path, connect: Connect, source: Path, tmp_path: Path) -> None:
        (tmp_path / "here").symlink_to(mounted)
        client = connect(mount_maps={"/Cloud": tmp_path / "here"})
        assert (await client.uploads.upload(source, "/Cloud/", routes=["mount"])).outcome is Outcome.VERIFIED

    async def test_one_look_at_the_mounts_for_many_small_files(
        self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, tmp_path: Path
    ) -> None:
        before = len(emulator.calls.of("GetMountPoints"))
        for number in range(20):
            small = tmp_path / f"{number}.bin"
            small.write_bytes(b"x" * number)
            assert (await client.uploads.upload(small, "/Cloud/")).route == "mount"
        assert len(emulator.calls.of("GetMountPoints")) - before < 20
        assert len(names(mounted)) == 20


class TestBareFolder:
    """The classic loss: what looks like the mount is an ordinary folder."""

    @pytest.fixture
    def bare(self, emulator: RunningEmulator, tmp_path: Path) -> Path:
        emulator.world.options.real_mounts = False
        place = tmp_path / "bare"
        place.mkdir()
        add(emulator, place)
        return place

    async def test_not_taken(self, bare: Path, client: AsyncClient, source: Path) -> None:
        steps = await client.uploads.plan(source, "/Cloud/")
        assert not steps[0].available
        assert f"{bare} is a bare folder here" in steps[0].reason
        assert (await client.uploads.upload(source, "/Cloud/")).route == "remote"
        assert names(bare) == []

    async def test_not_even_when_it_is_forced(self, bare: Path, client: AsyncClient, source: Path) -> None:
        # Nothing goes another way instead, and nothing says so.
        with pytest.raises(Unsupported, match=rf"{bare} is a bare folder here\)$"):
            await client.uploads.upload(source, "/Cloud/", routes=["mount"])
        assert names(bare) == []
        assert not await client.files.exists("/Cloud/film.mkv")

    async def test_unmounted_between_choice_and_copy(self, mounted: Path, client: AsyncClient, source: Path) -> None:
        # The answer of the server that the choice went by is not believed by the copy.
        await client.uploads.plan(source, "/Cloud/")
        fresh = await client.mounts.status("/Cloud", max_age=60.0)
        assert fresh.method == "local"
        # Behind the server's back, as another program on this machine would.
        unmounting = await asyncio.create_subprocess_exec("fusermount3", "-u", str(mounted))
        assert await unmounting.wait() == 0
        assert (await client.uploads.upload(source, "/Cloud/")).route == "remote"
        assert names(mounted) == []


class TestHandedOver:
    async def test_a_mount_that_vanishes_in_the_middle(
        self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path
    ) -> None:
        emulator.faults.mount_dies(after_bytes=3 * MIB)
        uploaded = await client.uploads.upload(source, "/Cloud/")
        assert emulator.faults.fired["mount_dies"] == 1
        assert (uploaded.route, uploaded.outcome) == ("remote", Outcome.VERIFIED)
        assert uploaded.reason.startswith("mount could not go on (")
        assert "remote took over" in uploaded.reason
        assert await left_in(mounted) == []
        assert [entry.name async for entry in client.files.list("/Cloud", refresh=True)] == ["film.mkv"]
        assert await client.files.read_bytes("/Cloud/film.mkv") == source.read_bytes()
        assert await client.uploads.pending() == []

    async def test_on_a_server_that_pulls_no_files(
        self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path
    ) -> None:
        """The route that takes over is not offered, which says nothing against the one after it."""
        emulator.faults.mount_dies(after_bytes=3 * MIB)
        emulator.faults.old_server("0.9.8")
        uploaded = await client.uploads.upload(source, "/Cloud/")
        assert (uploaded.route, uploaded.outcome) == ("write", Outcome.VERIFIED)
        assert await left_in(mounted) == []
        assert await client.files.read_bytes("/Cloud/film.mkv") == source.read_bytes()
        assert await client.uploads.pending() == []

    async def test_forced_it_fails_and_leaves_nothing(
        self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path
    ) -> None:
        emulator.faults.mount_dies(after_bytes=3 * MIB)
        with pytest.raises(OperationFailed, match="copying into the mount"):
            await client.uploads.upload(source, "/Cloud/", routes=["mount"])
        assert await left_in(mounted) == []
        assert [entry.name async for entry in client.files.list("/Cloud", refresh=True)] == []

    @pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ENOTCONN, errno.ENOSPC, errno.EROFS])
    async def test_local_reasons(
        self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path, code: int
    ) -> None:
        emulator.faults.fail_mount_writes(code=code, after_bytes=MIB, times=-1)
        uploaded = await client.uploads.upload(source, "/Cloud/")
        assert (uploaded.route, uploaded.outcome) == ("remote", Outcome.VERIFIED)
        assert os.strerror(code) in uploaded.reason
        assert names(mounted) == ["film.mkv"]

    async def test_a_mount_of_something_else(
        self,
        needs_fuse: None,
        client: AsyncClient,
        connect: Connect,
        emulator: RunningEmulator,
        emulator_factory: Callable[..., RunningEmulator],
        source: Path,
        tmp_path: Path,
    ) -> None:
        """A real mount, but of another server: what is written there does not show on ours."""
        other = emulator_factory()
        add(other, tmp_path / "other")
        emulator.world.options.real_mounts = False
        add(emulator, Path("/CloudNAS"))
        mapped = connect(mount_maps={"/Cloud": tmp_path / "other"})
        uploaded = await mapped.uploads.upload(source, "/Cloud/")
        assert uploaded.route == "remote"
        assert "does not show in /Cloud on the server" in uploaded.reason
        assert names(tmp_path / "other") == []


class TestRefusals:
    """What the cloud itself does not want is not tried another way."""

    async def test_a_quota(self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path) -> None:
        emulator.faults.fail_mount_writes(code=errno.EDQUOT)
        with pytest.raises(UploadRejected, match="quota"):
            await client.uploads.upload(source, "/Cloud/")
        assert emulator.calls.of("StartRemoteUpload") == []
        assert names(mounted) == []

    async def test_a_cloud_without_room(
        self, needs_fuse: None, emulator_factory: Callable[..., RunningEmulator], source: Path, tmp_path: Path
    ) -> None:
        emulator = emulator_factory(clouds=[CloudOptions("Cloud", total_space=MIB)], mounts=[(tmp_path / "mnt", "/Cloud")])
        async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
            with pytest.raises(UploadRejected, match="the cloud has no room"):
                await client.uploads.upload(source, "/Cloud/")
        assert emulator.calls.of("StartRemoteUpload") == []

    async def test_a_read_only_cloud(
        self, needs_fuse: None, emulator_factory: Callable[..., RunningEmulator], source: Path, tmp_path: Path
    ) -> None:
        clouds = ["Cloud", CloudOptions("Shared", read_only=True)]
        emulator = emulator_factory(clouds=clouds, mounts=[(tmp_path / "mnt", "/")])
        async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
            with pytest.raises(PermissionDenied, match="read-only"):
                await client.uploads.upload(source, "/Shared/", routes=["mount"])
            assert (await client.uploads.upload(source, "/Cloud/")).route == "mount"

    async def test_a_delivery_that_fails(
        self, mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path
    ) -> None:
        old = mounted / "film.mkv"
        old.write_bytes(b"old")
        while (await client.files.stat("/Cloud/film.mkv")).pending:
            pass
        emulator.world.options.ignored_extensions = (".mkv",)
        with pytest.raises(UploadRejected, match="keeps files of this kind"):
            await client.uploads.upload(source, "/Cloud/", if_exists="overwrite")
        assert emulator.calls.of("StartRemoteUpload") == []
        # What was to be replaced is back.
        assert await client.files.read_bytes("/Cloud/film.mkv") == b"old"
        assert names(mounted) == ["film.mkv"]


async def test_a_name_taken_during_the_copy_is_not_replaced(
    mounted: Path, client: AsyncClient, connect: Connect, source: Path
) -> None:
    job = await connect(bandwidth="4M").uploads.start(source, "/Cloud/", routes=["mount"])
    async for progress in job.progress():
        if progress.sent:
            break
    (mounted / "film.mkv").write_bytes(b"somebody else's")
    with pytest.raises(FileExistsError, match="made while the file was copied"):
        await job.result()
    assert (mounted / "film.mkv").read_bytes() == b"somebody else's"
    assert names(mounted) == ["film.mkv"]


async def test_times_are_asked_for_and_partial_files_are_never_under_the_final_name(
    mounted: Path, connect: Connect, source: Path
) -> None:
    job = await connect(bandwidth="4M").uploads.start(source, "/Cloud/", routes=["mount"])
    async for progress in job.progress():
        if progress.sent and not progress.phase.is_terminal:
            seen = names(mounted)
            if progress.sent < progress.total:
                assert len(seen) == 1
                assert seen[0].startswith("film.cd2-")
                assert seen[0].endswith(".mkv")
    assert (await job.result()).outcome is Outcome.VERIFIED
    assert names(mounted) == ["film.mkv"]


async def test_many_waits(mounted: Path, client: AsyncClient, emulator: RunningEmulator, source: Path) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    for wait in ("none", "queued"):
        uploaded = await client.uploads.upload(source, f"/Cloud/{wait}/", wait=wait)
        assert (uploaded.route, uploaded.outcome) == ("mount", Outcome.ARRIVED)
        assert (await client.files.stat(uploaded.path)).pending
    rows = [row async for row in client.transfers.uploads()]
    assert sorted(row.path for row in rows) == ["/Cloud/none/film.mkv", "/Cloud/queued/film.mkv"]


async def test_every_byte_is_asked_for_once(mounted: Path, connect: Connect, tmp_path: Path) -> None:
    client, sizes = connect(bandwidth="100M"), {"small": 1000, "large": 5 * MIB + 17}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(bytes(size))
        uploaded = await client.uploads.upload(tmp_path / name, f"/Cloud/{name}", routes=["mount"])
        assert (uploaded.route, uploaded.size) == ("mount", size)
    assert client._caller.limits.up.passed == sum(sizes.values())
