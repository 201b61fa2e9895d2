"""Limits: settings with defaults; what is above them is refused clearly, or waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import clouddrive2 as cd2
from clouddrive2 import errors
from clouddrive2.config import TransportName
from clouddrive2.emulator import Emulator
from clouddrive2.emulator.limits import LIMITS, parse_limits
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.models.transfers import TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Factory = Callable[..., RunningEmulator]


@pytest.fixture
def limited(emulator_factory: Factory, transport: TransportName) -> Callable[..., cd2.Client]:
    """``limited(message_bytes=...)``: a client of a server with these limits; it ends with its server."""

    def make(**limits: Any) -> cd2.Client:
        emulator = emulator_factory(options=EmulatorOptions(**limits))
        return cd2.Client(emulator.url, username=emulator.username, password=emulator.password, transport=transport)

    return make


def opened(client: cd2.Client, name: str) -> int:
    return client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName=name)).fileHandle


@pytest.mark.parametrize("most", [EmulatorOptions().message_bytes, 1 << 20])
def test_messages(limited: Callable[..., cd2.Client], most: int) -> None:
    with limited(message_bytes=most) as client:
        handle = opened(client, "f")
        empty = pb.WriteFileRequest(fileHandle=handle, length=most, buffer=bytes(most))
        room = 2 * most - empty.ByteSize()
        fits = pb.WriteFileRequest(fileHandle=handle, length=room, buffer=bytes(room))
        assert fits.ByteSize() == most
        assert client.raw.WriteToFile(fits).bytesWritten == room
        with pytest.raises(errors.MessageTooLarge):
            client.raw.WriteToFile(pb.WriteFileRequest(fileHandle=handle, length=room + 1, buffer=bytes(room + 1)))
        # It was refused alone.
        client.raw.WriteToFile(pb.WriteFileRequest(fileHandle=handle, closeFile=True))


def test_files_open_for_writing(limited: Callable[..., cd2.Client]) -> None:
    with limited(write_handles=2) as client:
        first, _ = opened(client, "1"), opened(client, "2")
        with pytest.raises(errors.AlreadyExists):
            opened(client, "2")
        with pytest.raises(errors.Throttled, match="2 files are open for writing, and no more may be"):
            opened(client, "3")
        client.raw.CloseFile(pb.CloseFileRequest(fileHandle=first))
        opened(client, "3")


async def test_uploads_above_the_slots_wait_and_all_arrive(emulator_factory: Factory, tmp_path: Path) -> None:
    emulator = emulator_factory(options=EmulatorOptions(upload_slots=1))
    contents = {f"/Cloud/{number}": bytes([number]) * 100_000 for number in range(5)}
    async with cd2.AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:

        async def upload(path: str, content: bytes) -> None:
            source = tmp_path / path.rpartition("/")[2]
            source.write_bytes(content)
            await client.uploads.upload(source, path, routes=["remote"])

        await asyncio.gather(*(upload(path, content) for path, content in contents.items()))
        assert {path: await client.files.read_bytes(path) for path in contents} == contents


class TestWrittenFiles:
    """The queue of files that were closed (protocol.md §7.2)."""

    @pytest.fixture
    def emulator(self, emulator_factory: Factory) -> RunningEmulator:
        return emulator_factory(options=EmulatorOptions(upload_slots=2, upload_bytes_per_second=0.001))

    @staticmethod
    async def write(client: cd2.AsyncClient, name: str, *, at_once: bool = False) -> None:
        handle = (await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName=name))).fileHandle
        last = pb.WriteFileRequest(fileHandle=handle, length=10, buffer=bytes(10), closeFile=True, uploadImmediately=at_once)
        await client.raw.WriteToFile(last)

    @staticmethod
    async def until(client: cd2.AsyncClient, sending: set[str]) -> dict[str, str]:
        """Wait until exactly these are sent; the keys of all by name."""
        while True:
            rows = [row async for row in client.transfers.uploads()]
            now = {row.path[-1] for row in rows if row.status is TransferStatus.TRANSFER}
            assert len(now - {"6"}) <= 2
            if now == sending:
                return {row.path[-1]: row.key for row in rows}

    async def test_more_wait_for_their_turn(self, emulator: RunningEmulator) -> None:
        async with cd2.AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
            for name in "12345":
                await self.write(client, name)
            await self.until(client, {"1", "2"})
            await self.write(client, "6", at_once=True)
            keys = await self.until(client, {"1", "2", "6"})
            await client.transfers.cancel([keys["1"]])
            await self.until(client, {"2", "3", "6"})
            # One that waits, then one that is sent.
            await client.transfers.cancel([keys["4"]])
            await client.transfers.cancel([keys["2"]])
            await self.until(client, {"3", "5", "6"})


def test_messages_of_a_listing(limited: Callable[..., cd2.Client]) -> None:
    with limited(batch_bytes=400, batch_entries=3) as client:
        for number in range(5):
            client.files.mkdir(f"/Cloud/{'n' * 100}{number}")
        replies = list(client.raw.GetSubFiles(pb.ListSubFileRequest(path="/Cloud")))
        assert sum(len(reply.subFiles) for reply in replies) == 5
        assert all(len(reply.subFiles) == 1 or reply.ByteSize() <= 500 for reply in replies) and len(replies) > 2


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("message-bytes=4M", "message_bytes", 4 << 20),
        ("message_bytes=64k", "message_bytes", 64 << 10),
        ("upload-slots=2", "upload_slots", 2),
        ("listing-seconds=0.5", "listing_seconds", 0.5),
    ],
)
def test_as_text(text: str, field: str, value: float) -> None:
    assert parse_limits(["upload-slots=7", text])[field] == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing=1", "there is no limit 'nothing'; there are: message-bytes, upload-slots, "),
        ("version=1", "there is no limit 'version'"),
        ("message-bytes", "'' is no value for message-bytes: a number is, also with K, M or G"),
        ("message-bytes=M", "'M' is no value"),
        ("upload-slots=1.5", "'1.5' is no value for upload-slots"),
        ("listing-seconds=1M", "'1M' is no value for listing-seconds: seconds are"),
        ("listing-seconds=inf", "'inf' is no value"),
        ("message-bytes=1", "message-bytes is 1, and 1024 at least"),
        ("upload-slots=-1", "upload-slots is -1, and 0 at least"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_limits([text])
    assert said in str(refused.value)


def test_a_server_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="batch_entries is 0, and 1 at least"):
        Emulator(options=EmulatorOptions(batch_entries=0))


def test_each_one_is_a_setting_with_a_default() -> None:
    for name, limit in LIMITS.items():
        assert getattr(EmulatorOptions(), name) >= limit.least
