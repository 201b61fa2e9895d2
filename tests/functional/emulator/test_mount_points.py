"""Mount points over the API: state, permissions, pushes, failures (protocol.md §9). Nothing is really mounted here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(options=EmulatorOptions(real_mounts=False))


def option(place: str = "/CloudNAS", source: str = "/Cloud", **more: Any) -> pb.MountOption:
    return pb.MountOption(mountPoint=place, sourceDir=source, **more)


async def points(stub: Any) -> dict[str, pb.MountPoint]:
    return {point.mountPoint: point for point in (await stub.GetMountPoints()).mountPoints}


def named(place: str = "/CloudNAS") -> pb.MountPointRequest:
    return pb.MountPointRequest(MountPoint=place)


async def test_the_life_of_a_mount_point(stub: Any) -> None:
    assert (await stub.AddMountPoint(option(permissions="750", name="NAS"))).success
    point = (await points(stub))["/CloudNAS"]
    assert (point.sourceDir, point.isMounted, point.permissions, point.name) == ("/Cloud", False, "750", "NAS")
    assert (await stub.Mount(named("/CloudNAS/"))).success
    assert (await points(stub))["/CloudNAS"].isMounted
    assert (await stub.Mount(named())).success
    change = pb.UpdateMountPointRequest(mountPoint="/CloudNAS", newMountOption=option("/mnt/other", "/"))
    assert (await stub.UpdateMountPoint(change)).success
    assert list(await points(stub)) == ["/mnt/other"]
    moved = (await points(stub))["/mnt/other"]
    assert moved.isMounted
    assert moved.sourceDir == "/"
    assert (await stub.Unmount(named("/mnt/other"))).success
    assert not (await points(stub))["/mnt/other"].isMounted
    assert (await stub.RemoveMountPoint(named("/mnt/other"))).success
    assert await points(stub) == {}


async def test_mounted_at_once_when_it_is_to_mount_by_itself(stub: Any) -> None:
    assert (await stub.AddMountPoint(option(autoMount=True))).success
    assert (await points(stub))["/CloudNAS"].isMounted


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (option("CloudNAS"), "no local folder"),
        (option("/"), "no local folder"),
        (option(source="/Nowhere"), "does not exist"),
        (option(permissions="9"), "no octal number"),
    ],
)
async def test_what_cannot_be_added(stub: Any, wanted: pb.MountOption, reason: str) -> None:
    reply = await stub.AddMountPoint(wanted)
    assert not reply.success
    assert reason in reply.failReason


async def test_taken_and_unknown_ones(stub: Any) -> None:
    await stub.AddMountPoint(option())
    assert "already exists" in (await stub.AddMountPoint(option())).failReason
    for reply in (await stub.Mount(named("/x")), await stub.Unmount(named("/x")), await stub.RemoveMountPoint(named("/x"))):
        assert not reply.success
        assert "not found" in reply.failReason


async def test_a_mount_that_fails_says_why_and_shows_it(emulator: RunningEmulator, stub: Any) -> None:
    emulator.faults.fail_mount("the device is busy")
    await stub.AddMountPoint(option())
    reply = await stub.Mount(named())
    assert (reply.success, reply.failReason) == (False, "the device is busy")
    point = (await points(stub))["/CloudNAS"]
    assert (point.isMounted, point.failReason) == (False, "the device is busy")
    assert (await stub.Mount(named())).success
    point = (await points(stub))["/CloudNAS"]
    assert (point.isMounted, point.failReason) == (True, "")


async def test_the_plan_limits_them(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    assert (await stub.CanAddMoreMountPoints()).success
    emulator.world.options.mount_limit = 1
    await stub.AddMountPoint(option())
    assert not (await stub.CanAddMoreMountPoints()).success
    async with refused("PERMISSION_DENIED", "invalid user plan"):
        await stub.AddMountPoint(option("/other"))


async def test_changes_are_pushed(emulator: RunningEmulator, stub: Any) -> None:
    stream = stub.PushMessage()
    for _ in range(3):
        await stream.read()
    emulator.faults.fail_mount("no")
    await stub.AddMountPoint(option())
    await stub.Mount(named())
    await stub.Mount(named())
    await stub.Unmount(named())
    seen = [(await stream.read()).mountPointChange for _ in range(3)]
    kinds = pb.MountPointChange
    assert [(each.actionType, each.success, each.failReason) for each in seen] == [
        (kinds.MOUNT, False, "no"),
        (kinds.MOUNT, True, ""),
        (kinds.UNMOUNT, True, ""),
    ]
    assert {each.mountPoint for each in seen} == {"/CloudNAS"}
    stream.cancel()


@pytest.mark.parametrize(
    ("rpc", "permission"),
    [
        ("GetMountPoints", "allow_get_mounts"),
        ("CanAddMoreMountPoints", "allow_get_mounts"),
        ("CanMountBothLocalAndCloud", "allow_get_mounts"),
        ("AddMountPoint", "allow_modify_mounts"),
        ("UpdateMountPoint", "allow_modify_mounts"),
        ("RemoveMountPoint", "allow_modify_mounts"),
        ("Mount", "allow_modify_mounts"),
        ("Unmount", "allow_modify_mounts"),
        ("HasDriveLetters", "allow_list_local"),
        ("GetAvailableDriveLetters", "allow_list_local"),
    ],
)
async def test_permissions(stub: Any, refused: Any, rpc: str, permission: str) -> None:
    from clouddrive2.proto.methods import METHODS

    others = [field.name for field in pb.TokenPermissions.DESCRIPTOR.fields if field.name != permission]
    for granted, passes in ([permission], True), (others, False):
        request = pb.CreateTokenRequest(rootDir="/", permissions=pb.TokenPermissions(**dict.fromkeys(granted, True)))
        limited = stub.under((await stub.CreateToken(request)).token)
        if passes:
            await getattr(limited, rpc)(METHODS[rpc].request())
        else:
            async with refused("PERMISSION_DENIED", permission):
                await getattr(limited, rpc)(METHODS[rpc].request())


async def test_a_confined_token_mounts_its_own_folders(stub: Any) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="Inbox"))
    everything = pb.TokenPermissions(**{field.name: True for field in pb.TokenPermissions.DESCRIPTOR.fields})
    confined = stub.under((await stub.CreateToken(pb.CreateTokenRequest(rootDir="/Cloud/Inbox", permissions=everything))).token)
    assert (await confined.AddMountPoint(option("/inbox", "/"))).success
    assert (await points(stub))["/inbox"].sourceDir == "/Cloud/Inbox"
    assert (await points(confined))["/inbox"].sourceDir == "/"


async def test_no_drive_letters_here(stub: Any) -> None:
    assert not (await stub.HasDriveLetters()).hasDriveLetters
    assert list((await stub.GetAvailableDriveLetters()).driveLetters) == []
    assert not (await stub.CanMountBothLocalAndCloud()).result
