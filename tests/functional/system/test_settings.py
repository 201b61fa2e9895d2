"""``client.settings``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


async def test_what_differs_is_sent_and_takes_effect(client: AsyncClient, emulator: RunningEmulator) -> None:
    assert (await client.settings.get())["upload_delay_secs"] == 0
    changes = {"upload_delay_secs": 30, "uploadIgnoredExtensions": ["Tmp"], "device_name": "emulator"}
    preview = await client.settings.preview(changes)
    assert emulator.calls.count("SetSystemSettings") == 0
    assert await client.settings.update(changes) == preview
    assert preview.changed == {"upload_delay_secs": (0, 30), "upload_ignored_extensions": ((), ("Tmp",))}
    sent = pb.SystemSettings(uploadDelaySecs=30, uploadIgnoredExtensions=pb.StringList(values=["Tmp"]))
    assert [call.request for call in emulator.calls.of("SetSystemSettings")] == [sent]
    assert (emulator.world.options.upload_delay_seconds, emulator.world.options.ignored_extensions) == (30, (".tmp",))
    assert (await client.settings.update(changes)).changed == {}
    assert emulator.calls.count("SetSystemSettings") == 1


async def test_links_are_signed_or_not(client: AsyncClient, emulator: RunningEmulator) -> None:
    assert (await client.settings.get())["require_signed_download_urls"] is True
    await client.settings.update({"require_signed_download_urls": False})
    assert emulator.world.options.open_downloads is True


async def test_groups(client: AsyncClient) -> None:
    before = await client.settings.get()
    await client.settings.update({"max_file_log_files": 7})
    after = await client.settings.get()
    assert dict(after) == {**before, "max_file_log_files": 7}
    await client.settings.update({"max_backup_log_size_bytes": None})
    assert "max_backup_log_size_bytes" not in await client.settings.get()
    await client.settings.update({"backup_queue_high_water": None})
    after = await client.settings.get()
    assert "backup_queue_high_water" not in after and after["backup_queue_low_water"] == before["backup_queue_low_water"]


async def test_a_client_that_knows_no_groups_loses_limits(client: AsyncClient) -> None:
    await client.raw.SetSystemSettings(pb.SystemSettings(maxFileLogFiles=7))
    settings = await client.settings.get()
    assert "max_file_log_size_bytes" not in settings and "max_backup_log_size_bytes" not in settings
    await client.raw.SetSystemSettings(pb.SystemSettings(backupQueueLowWater=7))
    assert (await client.settings.get())["backup_queue_high_water"] == 10000


async def test_refusals(client: AsyncClient, emulator: RunningEmulator) -> None:
    with pytest.raises(errors.ConfigError, match="no setting"):
        await client.settings.update({"delay": 1})
    token = await client.tokens.create("looker", allow=["get_system_settings"])
    async with AsyncClient(emulator.url, token=token.token) as looker:
        await looker.settings.get()
        with pytest.raises(errors.PermissionDenied, match="allow_modify_system_settings"):
            await looker.settings.update({"device_name": "mine"})
    emulator.faults.unimplemented("GetSystemSettings")
    with pytest.raises(errors.Unsupported):
        await client.settings.get()


async def test_an_older_server_has_fewer(emulator_factory: Callable[..., RunningEmulator]) -> None:
    emulator = emulator_factory(options=EmulatorOptions(version="1.0.5"))
    async with AsyncClient(emulator.url, username="user", password="password") as client:
        settings = await client.settings.get()
        assert "upload_delay_secs" in settings
        assert {"two_way_sync_paused", "require_signed_download_urls", "backup_queue_low_water"}.isdisjoint(settings)


async def test_survive_a_restart(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    first = emulator_factory(root=tmp_path / "drive")
    changes = {"upload_delay_secs": 9, "max_file_log_size_bytes": None, "cloudfs_proxy": "http://me:pw@proxy:8080"}
    async with AsyncClient(first.url, username="user", password="password") as client:
        await client.settings.update(changes)
        before = await client.settings.get()
    first.on_loop(first.emulator.stop)
    second = emulator_factory(root=tmp_path / "drive")
    assert second.world.options.upload_delay_seconds == 9
    async with AsyncClient(second.url, username="user", password="password") as client:
        assert await client.settings.get() == before
