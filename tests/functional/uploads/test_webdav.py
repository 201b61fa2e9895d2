"""Uploads by WebDAV: where calls get through, where nothing but ``/dav`` does, and into a server that is no CloudDrive2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, UploadConfig
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.models.uploads import Outcome, Phase
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
MakeFile = Callable[..., Path]


class OnlyDav:
    """A proxy that passes ``/dav`` on, and answers everything else itself.

    Attributes:
        url: Leads to it.
        asked: First lines of requests that began a connection.
        break_after: Bytes of the next connection after which it is broken off; ``None`` for never.
        lose_answer: A verb; the next answer to it is lost.
        gone_at: A verb; from the next such request on the server is not to be reached, until ``is_gone`` is cleared.
    """

    def __init__(self, behind: int) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.break_after: int | None = None
        self.lose_answer = b""
        self.gone_at = b""
        self.is_gone = False
        self._behind = behind
        self._losing = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = b"" if self.is_gone else await reader.readline()
        if not first:
            writer.close()
            return
        self.asked.append(first.decode("latin-1").strip())
        if not first.split()[1:2] or not first.split()[1].startswith(b"/dav"):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        back.write(first)
        relays = {
            asyncio.create_task(self._relay(reader, back, outward=True)),
            asyncio.create_task(self._relay(there, writer, outward=False)),
        }
        try:
            await asyncio.wait(relays, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in relays:
                task.cancel()
            await asyncio.gather(*relays, return_exceptions=True)
            for each in (writer, back):
                each.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, outward: bool) -> None:
        while data := await reader.read(65536):
            if outward and self.break_after is not None:
                self.break_after -= len(data)
                if self.break_after <= 0:
                    self.break_after = None
                    return
            if outward and self.gone_at and data.startswith(self.gone_at):
                self.gone_at, self.is_gone = b"", True
                return
            if outward and self.lose_answer and data.startswith(self.lose_answer):
                self._losing = True
                self.lose_answer = b""
            if not outward and self._losing:
                self._losing = False
                return
            writer.write(data)
            await writer.drain()


@pytest.fixture
async def only_dav(emulator: RunningEmulator) -> AsyncIterator[OnlyDav]:
    proxy = OnlyDav(emulator.port)
    serving: set[asyncio.Task[None]] = set()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(proxy.serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield proxy
    server.close()
    for task in list(serving):
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)


@pytest.fixture
def narrow(only_dav: OnlyDav, emulator: RunningEmulator, upload_config: UploadConfig) -> Callable[..., AsyncClient]:
    """``narrow()``: a client behind the proxy; arguments change its settings."""

    def make(*, offline_seconds: float = 10.0, **changes: Any) -> AsyncClient:
        config = ServerConfig(
            only_dav.url,
            username=emulator.username,
            password=emulator.password,
            retry=Retry(attempts=2, first_delay=0.001, longest_delay=0.002),
        )
        return AsyncClient(
            config=replace(config, **changes), uploads=replace(upload_config, attempts=1, offline_seconds=offline_seconds)
        )

    return make


async def arrived(emulator: RunningEmulator, client: AsyncClient, path: str) -> bytes:
    """The content, once it is in the cloud."""
    while emulator.world.tasks.live_count():
        await client.system.info()
    return await client.files.read_bytes(path)


async def test_nothing_but_dav_gets_through(
    emulator: RunningEmulator, client: AsyncClient, only_dav: OnlyDav, narrow: Callable[..., AsyncClient], make_file: MakeFile
) -> None:
    source = make_file("film 电影 #1 100%?.mkv", 5 * MIB + 3)
    async with narrow() as behind:
        with pytest.raises(errors.Unreachable):
            await behind.system.info()
        steps = {step.route: step for step in await behind.uploads.plan(source, "/Cloud/new/")}
        assert [name for name, step in steps.items() if step.available] == ["webdav"]
        assert steps["remote"].reason == "no call gets through to the server"
        assert "no call gets through" in steps["webdav"].reason
        job = await behind.uploads.start(source, "/Cloud/new/folder/")
        snapshots = [snapshot async for snapshot in job.progress()]
        uploaded = await job.result()
    assert (uploaded.route, uploaded.outcome, uploaded.verified) == ("webdav", Outcome.ARRIVED, "size")
    assert "no call gets through, so it went by WebDAV" in uploaded.reason
    assert uploaded.path == f"/Cloud/new/folder/{source.name}"
    assert await arrived(emulator, client, uploaded.path) == source.read_bytes()
    assert [entry.name async for entry in client.files.list("/Cloud/new/folder")] == [source.name]
    assert (snapshots[-1].confirmed, snapshots[-1].sent) == (source.stat().st_size, source.stat().st_size)


async def test_a_folder_of_files_and_what_is_there_already(
    emulator: RunningEmulator, client: AsyncClient, narrow: Callable[..., AsyncClient], make_file: MakeFile
) -> None:
    sources = [make_file(f"{number}.bin", number * 50_000) for number in range(12)]
    async with narrow() as behind:
        async with behind.uploads.batch(files_at_once=4) as batch:
            for source in sources:
                batch.add(source, "/Cloud/a/b/")
        again = await behind.uploads.upload(sources[3], "/Cloud/a/b/")
        assert (again.outcome, again.reason) == (Outcome.SKIPPED, "this very file was uploaded there before")
        other = make_file("other", 150_000, seed=1).replace(sources[3])
        with pytest.raises(errors.AlreadyExists, match="the cloud knows no hash to compare"):
            await behind.uploads.upload(other, "/Cloud/a/b/")
        replaced = await behind.uploads.upload(other, "/Cloud/a/b/", if_exists="overwrite")
        assert (replaced.verified, replaced.route) == ("size", "webdav")
        with pytest.raises(errors.AlreadyExists, match="is a file"):
            await behind.uploads.upload(other, "/Cloud/a/b/1.bin/below/")
        assert (await behind.uploads.look("/Cloud/a/b/1.bin")).size == 50_000  # type: ignore[union-attr]
        assert await behind.uploads.look("/Cloud/a/none") is None
    for source in sources:
        assert await arrived(emulator, client, f"/Cloud/a/b/{source.name}") == source.read_bytes()
    assert len([entry async for entry in client.files.list("/Cloud/a/b")]) == 12


async def test_the_source_stays_when_the_cloud_cannot_be_seen(narrow: Callable[..., AsyncClient], make_file: MakeFile) -> None:
    source = make_file("film.mkv", 1000)
    async with narrow() as behind:
        uploaded = await behind.uploads.upload(source, "/Cloud/", move=True)
    assert (uploaded.outcome, uploaded.source_deleted, source.exists()) == (Outcome.ARRIVED, False, True)


async def test_a_connection_that_breaks_is_begun_anew(
    emulator: RunningEmulator, client: AsyncClient, only_dav: OnlyDav, narrow: Callable[..., AsyncClient], make_file: MakeFile
) -> None:
    source = make_file("film.mkv", 6 * MIB)
    async with narrow() as behind:
        only_dav.break_after = 3 * MIB
        uploaded = await behind.uploads.upload(source, "/Cloud/")
    assert only_dav.break_after is None
    assert uploaded.verified == "size"
    assert await arrived(emulator, client, uploaded.path) == source.read_bytes()
    assert [entry.name async for entry in client.files.list("/Cloud")] == ["film.mkv"]


@pytest.mark.parametrize("verb", [b"MOVE", b"MKCOL"])
async def test_a_lost_answer(
    emulator: RunningEmulator,
    client: AsyncClient,
    only_dav: OnlyDav,
    narrow: Callable[..., AsyncClient],
    make_file: MakeFile,
    verb: bytes,
) -> None:
    source = make_file("film.mkv", 1000)
    async with narrow() as behind:
        only_dav.lose_answer = verb
        uploaded = await behind.uploads.upload(source, "/Cloud/new/")
    assert only_dav.lose_answer == b""
    assert await arrived(emulator, client, uploaded.path) == source.read_bytes()
    assert [entry.name async for entry in client.files.list("/Cloud/new")] == ["film.mkv"]


async def test_a_server_that_goes_before_the_file_has_its_name(
    emulator: RunningEmulator, client: AsyncClient, only_dav: OnlyDav, narrow: Callable[..., AsyncClient], make_file: MakeFile
) -> None:
    source = make_file("film.mkv", 100_000)
    async with narrow(offline_seconds=0.3) as behind:
        only_dav.gone_at = b"MOVE"
        with pytest.raises(errors.OutcomeUnknown, match="cannot be asked to name it"):
            await behind.uploads.upload(source, "/Cloud/")
    left = [entry.name async for entry in client.files.list("/Cloud")]
    assert len(left) == 1
    assert left[0].startswith("film.cd2-")
    only_dav.is_gone = False
    async with narrow() as behind:
        assert [each.path for each in await behind.uploads.pending()] == ["/Cloud/film.mkv"]
        uploaded = await behind.uploads.upload(source, "/Cloud/")
        assert await behind.uploads.pending() == []
    assert await arrived(emulator, client, uploaded.path) == source.read_bytes()
    assert [entry.name async for entry in client.files.list("/Cloud")] == ["film.mkv"]


async def test_a_server_that_goes_in_the_middle_and_stays_away(
    client: AsyncClient, only_dav: OnlyDav, narrow: Callable[..., AsyncClient], make_file: MakeFile
) -> None:
    async with narrow(offline_seconds=0.3) as behind:
        only_dav.gone_at = b"PUT"
        with pytest.raises(errors.Unreachable):
            await behind.uploads.upload(make_file("film.mkv", 100_000), "/Cloud/")
    assert [entry async for entry in client.files.list("/Cloud")] == []


async def test_a_server_that_is_down_is_told_as_before(upload_config: UploadConfig, make_file: MakeFile) -> None:
    config = ServerConfig("http://127.0.0.1:9", username="u", password="p", retry=Retry(attempts=2, first_delay=0.001))
    async with AsyncClient(config=config, uploads=upload_config) as client:
        with pytest.raises(errors.ConnectError) as failure:
            await client.uploads.upload(make_file("film.mkv", 1000), "/Cloud/")
    assert failure.value.rpc in ("GetSystemInfo", "GetToken")


async def test_switched_off_or_another_password(
    emulator: RunningEmulator, client: AsyncClient, narrow: Callable[..., AsyncClient], make_file: MakeFile
) -> None:
    source = make_file("film.mkv", 1000)
    async with narrow(password="wrong") as behind:
        with pytest.raises(errors.Unreachable, match=r"webdav does not help: .*set dav_username and dav_password"):
            await behind.uploads.upload(source, "/Cloud/")
        steps = {step.route: step for step in await behind.uploads.plan(source, "/Cloud/")}
        assert (steps["webdav"].available, "dav_password" in steps["webdav"].reason) == (False, True)
    async with narrow(username=None, password=None, token="t") as behind:
        with pytest.raises(errors.Unreachable):
            await behind.uploads.upload(source, "/Cloud/")
        steps = {step.route: step for step in await behind.uploads.plan(source, "/Cloud/")}
        assert "needs a name and a password" in steps["webdav"].reason
    await client.raw.SetDavServerConfig(pb.ModifyDavServerConfigRequest(enableDavServer=False))
    async with narrow() as behind:
        with pytest.raises(errors.Unreachable, match="switch it on in the server's settings"):
            await behind.uploads.upload(source, "/Cloud/")
    with pytest.raises(errors.Unsupported, match="switch it on in the server's settings"):
        await client.uploads.upload(source, "/Cloud/", routes=["webdav"])
    handed = await client.uploads.upload(source, "/Cloud/", routes=["webdav", "write"])
    assert handed.route == "write"


async def test_it_hands_over_once(
    emulator_factory: Callable[..., RunningEmulator], upload_config: UploadConfig, make_file: MakeFile
) -> None:
    emulator = emulator_factory(options=EmulatorOptions(dav_enabled=False))
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password, uploads=upload_config) as client:
        uploaded = await client.uploads.upload(make_file("film.mkv", 1000), "/Cloud/", routes=["webdav", "remote"])
    assert (uploaded.route, uploaded.outcome) == ("remote", Outcome.VERIFIED)
    assert uploaded.reason.startswith("webdav could not go on")


async def test_it_is_the_last_resort_of_a_server_without_the_calls(
    emulator: RunningEmulator, client: AsyncClient, make_file: MakeFile
) -> None:
    source = make_file("film.mkv", 1000)
    steps = await client.uploads.plan(source, "/Cloud/")
    assert (steps[-1].route, steps[-1].available) == ("webdav", True)
    for rpc in ("StartRemoteUpload", "CreateFile"):
        emulator.faults.unimplemented(rpc)
    # A route that the server does not offer was none: the next one is taken, until one is offered.
    uploaded = await client.uploads.upload(source, "/Cloud/")
    assert (uploaded.route, uploaded.verified) == ("webdav", "hash")
    assert emulator.calls.count("CreateFile") == 1


async def test_a_user_who_sees_a_part(client: AsyncClient, narrow: Callable[..., AsyncClient], make_file: MakeFile) -> None:
    await client.files.mkdir("/Cloud/part")
    await client.raw.AddDavUser(pb.AddDavUserRequest(userName="part", password="p", rootPath="/Cloud/part"))
    own = {"dav_username": "part", "dav_password": "p", "dav_root": "/Cloud/part"}
    source = make_file("film.mkv", 1000)
    async with narrow(username=None, password=None, **own) as behind:
        assert (await behind.uploads.upload(source, "/Cloud/part/new/")).path == "/Cloud/part/new/film.mkv"
        with pytest.raises(errors.Unreachable):
            await behind.uploads.upload(source, "/Cloud/other/")
        steps = {step.route: step for step in await behind.uploads.plan(source, "/Cloud/other/")}
        assert steps["webdav"].reason == "WebDAV shows only /Cloud/part here (dav_root)"


async def test_a_reader_is_refused_by_name(client: AsyncClient, narrow: Callable[..., AsyncClient], make_file: MakeFile) -> None:
    await client.raw.AddDavUser(pb.AddDavUserRequest(userName="reader", password="p", readOnly=True))
    async with narrow(dav_username="reader", dav_password="p") as behind:
        with pytest.raises(errors.PermissionDenied, match="read-only"):
            await behind.uploads.upload(make_file("film.mkv", 1000), "/Cloud/")
    assert [entry async for entry in client.files.list("/Cloud")] == []


async def test_a_delivery_that_fails_takes_the_name_back(
    emulator: RunningEmulator, client: AsyncClient, make_file: MakeFile
) -> None:
    emulator.faults.fail_delivery(times=1)
    with pytest.raises(errors.UploadRejected):
        await client.uploads.upload(make_file("film.mkv", 1000), "/Cloud/", routes=["webdav"])
    assert [entry async for entry in client.files.list("/Cloud")] == []


async def test_what_is_replaced_stays_when_the_delivery_fails(
    emulator: RunningEmulator, client: AsyncClient, make_file: MakeFile
) -> None:
    await client.uploads.upload(make_file("film.mkv", 1000), "/Cloud/")
    emulator.faults.fail_delivery(times=1)
    with pytest.raises(errors.UploadRejected):
        await client.uploads.upload(make_file("film.mkv", 2000), "/Cloud/", routes=["webdav"], if_exists="overwrite")
    assert [(entry.name, entry.size) async for entry in client.files.list("/Cloud")] == [("film.mkv", 1000)]
    uploaded = await client.uploads.upload(make_file("film.mkv", 3000), "/Cloud/", routes=["webdav"], if_exists="overwrite")
    assert (uploaded.verified, uploaded.outcome) == ("hash", Outcome.VERIFIED)


async def test_pausing_and_cancelling_while_it_is_delivered(
    emulator: RunningEmulator, client: AsyncClient, make_file: MakeFile
) -> None:
    emulator.world.options.upload_bytes_per_second = 1.0
    job = await client.uploads.start(make_file("film.mkv", 1000), "/Cloud/", routes=["webdav"])
    async for progress in job.progress():
        if progress.phase is Phase.DELIVERING:
            break
    await job.pause()
    assert job.snapshot().phase is Phase.PAUSED
    await job.resume()
    await job.cancel()
    with pytest.raises(errors.UploadCancelled):
        await job.result()
    assert [entry async for entry in client.files.list("/Cloud")] == []


async def test_a_server_that_is_no_cloud_drive(plain_dav: Any, upload_config: UploadConfig, make_file: MakeFile) -> None:
    """Only ``/dav`` is there; the account's credentials are another matter."""
    (plain_dav.folder / "Cloud").mkdir()
    config = ServerConfig(
        plain_dav.url, dav_username=plain_dav.username, dav_password=plain_dav.password, retry=Retry(attempts=1)
    )
    source = make_file("film 电影 #1 100%.mkv", 5 * MIB + 1)
    async with AsyncClient(config=config, uploads=upload_config) as client:
        uploaded = await client.uploads.upload(source, "/Cloud/a b/c/")
        assert (uploaded.route, uploaded.verified) == ("webdav", "size")
        await client.uploads.upload(make_file("empty", 0), "/Cloud/a b/c/")
        source.write_bytes(b"shorter")
        await client.uploads.upload(source, "/Cloud/a b/c/", if_exists="overwrite")
    found = {path.name: path.read_bytes() for path in (plain_dav.folder / "Cloud/a b/c").iterdir()}
    assert found == {source.name: b"shorter", "empty": b""}
