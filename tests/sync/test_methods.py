"""Every method of the blocking client, once, against the emulator."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2.client import sync
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

CONTENT = bytes(range(256)) * 1024


@pytest.fixture
def folder(client: cd2.Client, emulator: RunningEmulator) -> str:
    return client.files.mkdir(f"{emulator.cloud}/a/b", parents=True).path


@pytest.fixture
def stored(client: cd2.Client, folder: str, tmp_path: Path) -> str:
    """A file in the drive."""
    source = tmp_path / "film 电影 #1 100%.bin"
    source.write_bytes(CONTENT)
    return client.uploads.upload(source, f"{folder}/").path


def test_folders(client: cd2.Client, emulator: RunningEmulator, folder: str) -> None:
    assert [entry.name for entry in client.files.list("/")] == [emulator.cloud.strip("/")]
    assert [path for path, _, _ in client.files.walk(emulator.cloud)] == [emulator.cloud, f"{emulator.cloud}/a", folder]
    assert client.files.exists(folder)
    assert client.files.stat(folder).is_folder
    assert client.files.details(emulator.cloud) == cd2.FolderDetails(files=0, folders=2, size=0)
    assert client.files.rename(folder, "c") == f"{emulator.cloud}/a/c"
    client.files.delete(f"{emulator.cloud}/a/c")
    assert not client.files.exists(f"{emulator.cloud}/a/c")
    assert client.files.space(emulator.cloud).total >= 0


def test_files(client: cd2.Client, emulator: RunningEmulator, folder: str, stored: str, tmp_path: Path) -> None:
    name = stored.rpartition("/")[2]
    assert client.files.copy(stored, emulator.cloud) == [f"{emulator.cloud}/{name}"]
    assert client.files.move((path for path in [stored]), f"{emulator.cloud}/a") == [f"{emulator.cloud}/a/{name}"]
    assert [entry.path for entry in client.files.search(f"{emulator.cloud}/a", "电影")] == [f"{emulator.cloud}/a/{name}"]
    assert b"".join(client.files.read(f"{emulator.cloud}/{name}", start=5, length=300)) == CONTENT[5:305]
    assert client.files.read_bytes(f"{emulator.cloud}/{name}") == CONTENT
    assert client.files.download(f"{emulator.cloud}/{name}", tmp_path / "back").path.read_bytes() == CONTENT
    assert client.files.download_url(f"{emulator.cloud}/{name}").url.startswith("http")
    client.files.delete([f"{emulator.cloud}/{name}", f"{emulator.cloud}/a/{name}"], permanently=True)
    assert [entry.name for entry in client.files.list(emulator.cloud)] == ["a"]


def test_system(client: cd2.Client) -> None:
    assert client.system.info().ready
    assert client.system.runtime().version == client.system.capabilities().runtime.version  # type: ignore[union-attr]
    assert client.system.token_info().root_folder == "/"


def test_an_upload_with_progress_in_the_calling_thread(client: cd2.Client, folder: str, tmp_path: Path) -> None:
    source = tmp_path / "one.bin"
    source.write_bytes(CONTENT)
    seen: list[tuple[threading.Thread, cd2.UploadProgress]] = []
    uploaded = client.uploads.upload(
        source, f"{folder}/", on_progress=lambda news: seen.append((threading.current_thread(), news))
    )
    assert (uploaded.verified, uploaded.size, uploaded.route) == ("hash", len(CONTENT), "remote")
    assert {thread for thread, _ in seen} == {threading.current_thread()}
    assert seen[-1][1].phase is cd2.Phase.FINISHED


def test_a_job(client: cd2.Client, emulator: RunningEmulator, folder: str, tmp_path: Path) -> None:
    source = tmp_path / "job.bin"
    source.write_bytes(CONTENT)
    emulator.faults.delay("RemoteReadData", 0.2)
    job = client.uploads.start(source, f"{folder}/")
    assert isinstance(job, sync.UploadJob)
    assert job.source == str(source)
    assert job.snapshot().total in (0, len(CONTENT))
    phases = [snapshot.phase for snapshot in job.progress()]
    assert phases[-1] is cd2.Phase.FINISHED
    assert job.result().path == f"{folder}/job.bin"


def test_controls_of_a_job(client: cd2.Client, emulator: RunningEmulator, folder: str, tmp_path: Path) -> None:
    source = tmp_path / "long.bin"
    source.write_bytes(CONTENT * 40)
    emulator.faults.delay("RemoteReadData", 0.05)
    job = client.uploads.start(source, f"{folder}/")
    emulator.calls.wait_for("RemoteReadData")
    job.pause()
    assert job.snapshot().phase is cd2.Phase.PAUSED
    job.resume()
    job.cancel()
    with pytest.raises(cd2.UploadCancelled):
        job.result()
    assert not client.files.exists(f"{folder}/long.bin")


def test_a_stopped_job_is_pending(client: cd2.Client, emulator: RunningEmulator, folder: str, tmp_path: Path) -> None:
    source = tmp_path / "later.bin"
    source.write_bytes(CONTENT * 20)
    emulator.faults.delay("RemoteReadData", 0.05)
    job = client.uploads.start(source, f"{folder}/")
    emulator.calls.wait_for("RemoteReadData")
    job.stop()
    assert [row.path for row in client.uploads.pending()] == [f"{folder}/later.bin"]
    assert client.uploads.upload(source, f"{folder}/").verified == "hash"
    assert emulator.calls.count("StartRemoteUpload") == 1


def test_the_plan(client: cd2.Client, folder: str, tmp_path: Path) -> None:
    source = tmp_path / "plan.bin"
    source.write_bytes(b"x")
    client.uploads.make_folder(f"{folder}/made/below")
    made = client.uploads.look(f"{folder}/made/below")
    assert made is not None
    assert made.is_folder
    assert client.uploads.look(f"{folder}/none") is None
    assert ("remote", True) in [(step.route, step.available) for step in client.uploads.plan(source, f"{folder}/")]


def test_a_batch(client: cd2.Client, folder: str, tmp_path: Path) -> None:
    with client.uploads.batch(files_at_once=3) as batch:
        for number in range(7):
            source = tmp_path / f"{number}.bin"
            source.write_bytes(bytes([number]) * number)
            batch.add(source, f"{folder}/")
        batch.add(tmp_path / "missing", f"{folder}/")
    *good, bad = batch.outcomes()
    assert [item.uploaded.size for item in good if item.uploaded] == list(range(7))
    assert isinstance(bad.error, cd2.NotFound)


def test_transfers(client: cd2.Client, emulator: RunningEmulator, folder: str, tmp_path: Path) -> None:
    source = tmp_path / "listed.bin"
    source.write_bytes(CONTENT * 40)
    emulator.faults.delay("RemoteReadData", 0.05)
    job = client.uploads.start(source, f"{folder}/")
    emulator.calls.wait_for("RemoteReadData")
    [row] = client.transfers.uploads(containing="listed")
    client.transfers.pause(key for key in [row.key])
    client.transfers.resume([row.key])
    client.transfers.cancel([row.key])
    with pytest.raises(cd2.UploadCancelled):
        job.result()


def test_tasks(client: cd2.Client, emulator: RunningEmulator, folder: str, stored: str) -> None:
    emulator.world.options.copy_bytes_per_second = 1
    client.transfers.pause_all()
    client.transfers.resume_all()
    client.transfers.cancel_all()
    client.files.copy(folder, emulator.cloud)
    [task] = client.transfers.copies()
    assert client.transfers.pause_copies([task.key]) == client.transfers.resume_copies([task.key]) == 1
    assert client.transfers.pause_all_copies() == client.transfers.resume_all_copies() == 1
    client.transfers.cancel_copies(key for key in [task.key])
    client.transfers.restart_copies([task.key])
    while not client.transfers.downloads():
        assert client.transfers.counts().copies == 1
    client.transfers.remove_completed_copies()
    assert client.transfers.remove_copies([task.key]) == 1
    assert client.transfers.remove_all_copies() == 0
    assert client.transfers.merges() == []
    with pytest.raises(cd2.NotFound):
        client.transfers.cancel_merges(["/a:/b"])


def test_events(client: cd2.Client, emulator: RunningEmulator) -> None:
    events = client.events.watch()
    assert next(events) == cd2.Reconnected(first=True)
    events.close()


def test_raw(client: cd2.Client, emulator: RunningEmulator, folder: str) -> None:
    assert client.raw.GetSystemInfo().IsLogin
    [reply] = client.raw.GetSubFiles(pb.ListSubFileRequest(path="/"))
    assert [entry.name for entry in reply.subFiles] == [emulator.cloud.strip("/")]
    created = client.raw.CreateFile(pb.CreateFileRequest(parentPath=folder, fileName="raw.bin"))

    def requests() -> Iterator[pb.WriteFileRequest]:
        # An ordinary generator, which may itself use the client.
        assert client.files.exists(folder)
        yield pb.WriteFileRequest(fileHandle=created.fileHandle, startPos=0, length=3, buffer=b"abc", closeFile=True)

    assert client.raw.WriteToFileStream(requests()).bytesWritten == 3


def test_settings(client: cd2.Client, emulator: RunningEmulator) -> None:
    assert client.config.url == emulator.url
    assert repr(client) == f"<Client {emulator.url}>"
    client.close()
    client.close()
    assert repr(client) == f"<Client {emulator.url} closed>"
    with pytest.raises(cd2.ConfigError, match="closed"):
        client.system.info()


def test_errors_are_the_same(client: cd2.Client, emulator: RunningEmulator) -> None:
    with pytest.raises(cd2.NotFound) as caught:
        client.files.stat(f"{emulator.cloud}/nothing")
    assert caught.value.path == f"{emulator.cloud}/nothing"
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(cd2.NotFound):
        list(client.files.list(f"{emulator.cloud}/nothing"))


def test_mounts(client: cd2.Client, emulator: RunningEmulator) -> None:
    emulator.world.options.real_mounts = False
    assert client.mounts.add("/CloudNAS", emulator.cloud).source_folder == emulator.cloud
    assert client.mounts.mount("/CloudNAS").mounted
    assert client.mounts.update("/CloudNAS", name="NAS").name == "NAS"
    assert client.mounts.status(emulator.cloud).method == "remote"
    client.mounts.unmount("/CloudNAS")
    client.mounts.remove("/CloudNAS")
    assert client.mounts.list() == []


def test_tokens(client: cd2.Client) -> None:
    token = client.tokens.create("phone", allow=(name for name in ["reader"]))
    assert client.tokens.list() == [token] == [client.tokens.find("phone")]
    assert client.tokens.modify(token, allow=["list"]).permissions == {"allow_list"}
    client.tokens.revoke(token)
    assert client.tokens.list() == []


def test_server_settings(client: cd2.Client) -> None:
    assert client.settings.preview({"device_name": "nas"}).changed == {"device_name": ("emulator", "nas")}
    client.settings.update({"device_name": "nas"})
    assert client.settings.get()["device_name"] == "nas"


def test_cache(client: cd2.Client, stored: str, folder: str) -> None:
    client.cache.set_listing_time(folder, timedelta(minutes=1))
    assert client.cache.listing_time(folder) == timedelta(minutes=1)
    client.cache.expire(folder)
    assert client.cache.database().size > 0
    client.cache.vacuum()
    assert client.cache.vacuum_progress().status in (cd2.VacuumStatus.RUNNING, cd2.VacuumStatus.COMPLETED)
    client.cache.set_disk_folder(cd2.DiskCacheFolder(folder))
    assert client.cache.disk_folders() == [cd2.DiskCacheFolder(folder)]
    assert client.cache.prefetch(stored, [(0, 10)]).accepted == 1
    assert client.cache.disk().size == 10
    assert len(client.cache.prefetches().active) == 1
    client.cache.cancel_prefetch(stored)
    client.cache.close_reader(stored)
    client.cache.set_eviction(cd2.Eviction.LARGEST)
    client.cache.purge_disk()
    client.cache.remove_disk_folder(folder)


def test_webhooks(client: cd2.Client) -> None:
    assert "file_system_watcher" in client.webhooks.template()
    assert client.webhooks.add("a.toml", cd2.WebhookConfig("http://127.0.0.1:9")).is_valid
    assert client.webhooks.change("a.toml", cd2.WebhookConfig("http://127.0.0.1:9", mounts=False)).is_valid
    assert client.webhooks.list() == [client.webhooks.get("a.toml")]
    client.webhooks.remove("a.toml")


def test_webdav(client: cd2.Client) -> None:
    assert client.webdav.server().enabled
    assert client.webdav.configure(access_log=True).access_log
    assert client.webdav.add_user("guest", "p") == client.webdav.user("guest")
    assert client.webdav.modify_user("guest", read_only=True).read_only
    client.webdav.remove_user("guest")


def test_service(client: cd2.Client, emulator: RunningEmulator) -> None:
    assert client.service.running().memory > 0
    assert client.service.abilities().can_update
    assert client.service.machine_id()
    assert client.service.open_handles() == []
    assert client.service.logs()
    emulator.world.options.update_version = "1.2.0"
    assert client.service.check_update().available
    client.service.download_update()
    assert client.service.configure_web_server(https=True) == client.service.web_server()
    client.service.generate_certificate()


@pytest.mark.parametrize("verb", ["apply_update", "restart", "shutdown"])
def test_service_ends(client: cd2.Client, emulator: RunningEmulator, verb: str) -> None:
    emulator.world.options.update_version = "1.2.0"
    client.service.download_update()
    getattr(client.service, verb)()
