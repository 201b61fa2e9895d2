"""Remote uploads by hand: announce, channel, hash, reads, end (protocol.md §8)."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from clouddrive2.emulator import CloudOptions, EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

MIB = 1 << 20
PREPROCESSING, CANCELLED, TRANSFER, PAUSE, FINISH, SKIPPED, INQUEUE, IGNORED, ERROR, FATAL = range(1, 11)
MD5, SHA1 = pb.CloudDriveFile.Md5, pb.CloudDriveFile.Sha1
DATA = random.Random(1).randbytes(2 * MIB + MIB // 2)


def statuses(told: list[tuple[Any, ...]]) -> list[int]:
    return [what[1] for what in told if what[0] == "status"]


def reads(told: list[tuple[Any, ...]]) -> list[tuple[int, int]]:
    return [(what[1], what[2]) for what in told if what[0] == "read"]


class TestCourse:
    async def test_step_by_step(self, device: Any, listed: Any, found: Any, content: Any, stub: Any) -> None:
        upload = await device.announce("/Cloud/f.bin", len(DATA))
        assert upload.count("-") == 4
        assert (await device.next(), await device.next()) == ((upload, ("status", INQUEUE)), (upload, ("status", PREPROCESSING)))
        assert await device.next() == (upload, ("hash", SHA1, None))
        pending = await found("/Cloud/f.bin")
        assert (pending.size, pending.id.count("-"), pending.isDirectory) == (len(DATA), 4, False)
        row = (await listed())[upload]
        assert (row.destPath, row.size, row.transferedBytes, row.status) == ("/Cloud/f.bin", len(DATA), 0, "Preprocessing")
        assert (row.operatorType, row.statusEnum) == (3, PREPROCESSING)

        await device.report(upload, DATA)
        assert await device.next() == (upload, ("status", TRANSFER))
        assert await device.next() == (upload, ("read", 0, MIB))
        assert await device.next() == (upload, ("read", MIB, MIB))
        reply = await device.send(upload, DATA, 0, MIB)
        assert (reply.success, reply.bytes_received, reply.is_last_chunk) == (True, MIB, False)
        assert await device.next() == (upload, ("read", 2 * MIB, MIB // 2))
        assert (await listed())[upload].transferedBytes == MIB
        await device.send(upload, DATA, MIB, MIB)
        reply = await device.send(upload, DATA, 2 * MIB, MIB // 2)
        assert (reply.success, reply.bytes_received, reply.is_last_chunk) == (True, MIB // 2, True)
        assert await device.next() == (upload, ("status", FINISH))

        entry = await found("/Cloud/f.bin")
        assert entry.id.isdigit()
        assert dict(entry.fileHashes) == {SHA1: hashlib.sha1(DATA).hexdigest()}
        assert await content("/Cloud/f.bin") == DATA
        row = (await listed())[upload]
        assert (row.status, row.transferedBytes) == ("Finish", len(DATA))
        assert (await stub.GetUploadFileCount()).fileCount == 0
        # The channel stays for the next one.
        other = await device.announce("/Cloud/g.bin", 3)
        assert await device.carry({other: b"abc"}) == {other: FINISH}

    async def test_smaller_pieces_in_any_order_and_twice(self, device: Any, content: Any) -> None:
        data = DATA[: MIB + 9]
        upload = await device.announce("/Cloud/f", len(data), known_hashes={SHA1: hashlib.sha1(data).hexdigest().upper()})
        await device.until("read", MIB)
        pieces = [(at, min(100_000, MIB - at)) for at in range(0, MIB, 100_000)]
        random.Random(2).shuffle(pieces)
        for offset, length in [*pieces[:5], *pieces]:
            assert (await device.send(upload, data, offset, length)).bytes_received == length
        assert (await device.send(upload, data, MIB, 9)).success
        await device.until("status", FINISH)
        assert ("hash", SHA1, None) not in device.told(upload)
        assert await content("/Cloud/f") == data

    async def test_the_last_chunk_flag_ends_nothing(self, device: Any, content: Any) -> None:
        data = DATA[: 2 * MIB]
        upload = await device.announce("/Cloud/f", len(data), known_hashes={SHA1: hashlib.sha1(data).hexdigest()})
        await device.until("read", MIB)
        assert (await device.send(upload, data, 0, MIB, is_last_chunk=True)).is_last_chunk
        assert not (await device.send(upload, data, MIB, MIB, is_last_chunk=False)).is_last_chunk
        await device.until("status", FINISH)
        assert await content("/Cloud/f") == data

    async def test_of_nothing(self, device: Any, found: Any) -> None:
        upload = await device.announce("/Cloud/empty", 0)
        assert await device.carry({upload: b""}) == {upload: FINISH}
        assert reads(device.told(upload)) == []
        assert statuses(device.told(upload)) == [INQUEUE, PREPROCESSING, FINISH]
        entry = await found("/Cloud/empty")
        assert (entry.size, entry.fileHashes[SHA1]) == (0, "da39a3ee5e6b4b0d3255bfef95601890afd80709")

    async def test_the_server_hashes_for_a_client_that_cannot(self, device: Any, content: Any, found: Any) -> None:
        upload = await device.announce("/Cloud/f", len(DATA), client_can_calculate_hashes=False)
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        told = device.told(upload)
        assert [what for what in told if what[0] == "hash"] == []
        assert reads(told) == [(0, MIB), (MIB, MIB), (2 * MIB, MIB // 2)]
        assert statuses(told) == [INQUEUE, PREPROCESSING, TRANSFER, FINISH]
        assert await content("/Cloud/f") == DATA
        # Read once, it is known: the second ends without a transfer.
        again = await device.announce("/Cloud/g", len(DATA), client_can_calculate_hashes=False)
        assert await device.carry({again: DATA}) == {again: FINISH}
        assert statuses(device.told(again)) == [INQUEUE, PREPROCESSING, FINISH]

    @pytest.mark.parametrize("skipped", [False, True])
    async def test_known_content_is_linked(
        self, emulator: RunningEmulator, device: Any, content: Any, found: Any, put: Any, skipped: bool
    ) -> None:
        emulator.world.options.instant_is_skipped = skipped
        await put("/Cloud/first", DATA)
        upload = await device.announce("/Cloud/second", len(DATA))
        assert await device.carry({upload: DATA}) == {upload: SKIPPED if skipped else FINISH}
        assert reads(device.told(upload)) == []
        assert await content("/Cloud/second") == DATA
        assert (await found("/Cloud/second")).fileHashes[SHA1] == hashlib.sha1(DATA).hexdigest()
        other_size = await device.announce("/Cloud/third", len(DATA) - 1, known_hashes={SHA1: hashlib.sha1(DATA).hexdigest()})
        await device.until("read", 0)
        assert statuses(device.told(other_size))[-1] == TRANSFER

    async def test_what_was_there_stays_until_the_end(self, device: Any, put: Any, content: Any, found: Any) -> None:
        await put("/Cloud/f", b"old")
        upload = await device.announce("/Cloud/f", 3)
        await device.until("hash")
        await device.control(upload, "cancel")
        await device.until("status", CANCELLED)
        assert await content("/Cloud/f") == b"old"
        upload = await device.announce("/Cloud/f", 3)
        assert await device.carry({upload: b"new"}) == {upload: FINISH}
        assert await content("/Cloud/f") == b"new"

    async def test_an_ignored_name(self, emulator: RunningEmulator, device: Any, found: Any, listed: Any) -> None:
        emulator.world.options.ignored_extensions = (".tmp",)
        upload = await device.announce("/Cloud/f.TMP", 3)
        assert await device.next() == (upload, ("status", IGNORED))
        assert await found("/Cloud/f.TMP") is None
        assert (await listed())[upload].status == "Ignored"

    async def test_many_at_once_with_few_slots(self, emulator: RunningEmulator, device: Any, content: Any) -> None:
        emulator.world.options.upload_slots = 2
        files = {}
        for number in range(12):
            data = bytes([number]) * (number + 1)
            files[await device.announce(f"/Cloud/{number}", len(data))] = data
        assert set((await device.carry(files)).values()) == {FINISH}
        # One after the other, in the order they were announced, and never more than two at work.
        working: set[str] = set()
        begun = []
        for upload, what in device.seen:
            if what == ("status", PREPROCESSING):
                begun.append(upload)
                working.add(upload)
            elif what == ("status", FINISH):
                working.discard(upload)
            assert len(working) <= 2
        assert begun == list(files)
        for number, data in enumerate(files.values()):
            assert await content(f"/Cloud/{number}") == data

    @pytest.mark.parametrize("read_bytes", [1000, 4 * MIB, 16 * MIB])
    async def test_other_lengths_of_reads(self, emulator: RunningEmulator, device: Any, content: Any, read_bytes: int) -> None:
        emulator.world.options.read_bytes = read_bytes
        size = min(len(DATA), 100 * read_bytes + 1)
        upload = await device.announce("/Cloud/f", size)
        assert await device.carry({upload: DATA[:size]}) == {upload: FINISH}
        assert {length for _, length in reads(device.told(upload))[:-1]} <= {read_bytes}
        assert await content("/Cloud/f") == DATA[:size]

    async def test_names_are_kept(self, device: Any, content: Any) -> None:
        for name in ("a b", "中文 #100%.mkv", "😀", "cafe\u0301", "x" * 255):
            upload = await device.announce(f"/Cloud/{name}", 3)
            assert await device.carry({upload: b"abc"}) == {upload: FINISH}
            assert await content(f"/Cloud/{name}") == b"abc"


class TestHashes:
    async def test_progress_is_no_value(self, device: Any, stub: Any) -> None:
        upload = await device.announce("/Cloud/f", 6)
        await device.until("hash", SHA1)
        for value in ({}, {"hash_value": ""}):
            request = pb.RemoteHashProgressUpload(upload_id=upload, hash_type=SHA1, bytes_hashed=3, total_bytes=6, **value)
            assert await stub.RemoteHashProgress(request) == pb.RemoteHashProgressReply()
        # Nothing has moved: the next thing told is the answer to the pause.
        await device.control(upload, "pause")
        assert await device.next() == (upload, ("status", PAUSE))

    async def test_silence_is_asked_again_by_kind(
        self, emulator_factory: Callable[..., RunningEmulator], open_device_on: Any
    ) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Cloud", needs=((MD5, None), (SHA1, None))),))
        device = await open_device_on(emulator)
        upload = await device.announce("/Cloud/f", 6)
        await device.until("hash", SHA1)
        emulator.world.clock.advance(50)
        await device.stub.RemoteHashProgress(pb.RemoteHashProgressUpload(upload_id=upload, hash_type=MD5, bytes_hashed=1))
        emulator.world.clock.advance(11)
        assert await device.next() == (upload, ("hash", SHA1, None))
        emulator.world.clock.advance(50)
        assert await device.next() == (upload, ("hash", MD5, None))
        await device.report(upload, b"abcdef", MD5)
        emulator.world.clock.advance(11)
        assert await device.next() == (upload, ("hash", SHA1, None))
        await device.report(upload, b"abcdef", SHA1)
        assert await device.next() == (upload, ("status", TRANSFER))
        emulator.world.clock.advance(1000)
        assert await device.carry({upload: b"abcdef"}) == {upload: FINISH}
        assert len([what for what in device.told(upload) if what[0] == "hash"]) == 5

    async def test_sent_twice_the_first_counts(self, device: Any) -> None:
        upload = await device.announce("/Cloud/f", 6)
        await device.until("hash", SHA1)
        await device.report(upload, b"abcdef")
        await device.report(upload, b"abcdef")
        await device.report(upload, b"others")
        assert await device.carry({upload: b"abcdef"}) == {upload: FINISH}

    @pytest.mark.parametrize("kinds", [((MD5, None),), ((MD5, MIB), (SHA1, None)), ((MD5, 4 * MIB),), ()])
    async def test_what_clouds_want(
        self,
        emulator_factory: Callable[..., RunningEmulator],
        open_device_on: Any,
        kinds: tuple[tuple[int, int | None], ...],
    ) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Cloud", needs=kinds, knows=(MD5,)),))
        device = await open_device_on(emulator)
        upload = await device.announce("/Cloud/f", len(DATA))
        assert await device.carry({upload: DATA}) == {upload: FINISH}
        assert [what[1:] for what in device.told(upload) if what[0] == "hash"] == list(kinds)
        entry = await device.stub.FindFileByPath(pb.FindFileByPathRequest(path="/Cloud/f"))
        assert dict(entry.fileHashes) == {MD5: hashlib.md5(DATA).hexdigest()}

    @pytest.mark.parametrize("blocks", [[], ["0" * 32], ["0" * 32] * 3, ["0" * 32] * 4])
    async def test_wrong_block_hashes_fail(
        self, emulator_factory: Callable[..., RunningEmulator], open_device_on: Any, blocks: list[str]
    ) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Cloud", needs=((MD5, MIB),)),))
        device = await open_device_on(emulator)
        upload = await device.announce("/Cloud/f", len(DATA))
        await device.until("hash", MD5, MIB)
        await device.report(upload, DATA, MD5, block_hashes=blocks)
        assert await device.carry({upload: DATA}) == {upload: ERROR}
        assert "block hashes" in device.problem

    async def test_a_wrong_hash_fails_at_the_end(self, device: Any, found: Any, listed: Any) -> None:
        upload = await device.announce("/Cloud/f", 6, known_hashes={MD5: "0" * 32})
        assert await device.carry({upload: b"abcdef"}) == {upload: ERROR}
        assert "does not match" in device.problem
        assert await found("/Cloud/f") is None
        row = (await listed())[upload]
        assert (row.status, row.errorMessage) == ("Error", device.problem)

    async def test_a_repeated_upload_of_other_bytes_is_noticed(self, device: Any, found: Any) -> None:
        data = DATA[:MIB]
        upload = await device.announce("/Cloud/f", MIB, known_hashes={SHA1: hashlib.sha1(data).hexdigest()})
        await device.until("read", 0)
        await device.send(upload, data, 0, MIB // 2)
        await device.send(upload, bytes(MIB), 0, MIB // 2)
        await device.send(upload, data, MIB // 2, MIB // 2)
        await device.until("status", ERROR)
        assert await found("/Cloud/f") is None


class TestRetention:
    async def test_an_ended_upload(self, emulator: RunningEmulator, device: Any, listed: Any, refused: Any) -> None:
        upload = await device.announce("/Cloud/f", 3)
        await device.carry({upload: b"abc"})
        for action in ("pause", "resume", "cancel"):
            await device.control(upload, action)
        await device.report(upload, b"abc")
        reply = await device.send(upload, b"abc", 0, 3)
        assert (reply.success, reply.bytes_received) == (False, 0)
        assert reply.error_message
        emulator.world.clock.advance(599)
        assert upload in await listed()
        emulator.world.clock.advance(2)
        assert upload not in await listed()
        # Gone from the list, but an hour long still known by its id.
        await device.control(upload, "cancel")
        emulator.world.clock.advance(3600)
        for call in (device.control(upload, "cancel"), device.send(upload, b"abc", 0, 3), device.report(upload, b"abc")):
            async with refused("NOT_FOUND", "upload session not found"):
                await call

    async def test_a_day_without_a_channel(
        self, emulator_factory: Callable[..., RunningEmulator], open_device_on: Any, refused: Any
    ) -> None:
        emulator = emulator_factory(options=EmulatorOptions(token_seconds=1e9))
        device = await open_device_on(emulator)

        async def hang_up() -> None:
            device.call.cancel()
            while len(emulator.emulator._driver._channels):
                await device.stub.GetRuntimeInfo()

        upload = await device.announce("/Cloud/f", 3)
        await device.until("hash")
        emulator.world.clock.advance(48 * 3600)
        await device.control(upload, "pause")
        await device.until("status", PAUSE)
        await hang_up()
        emulator.world.clock.advance(24 * 3600 - 60)
        device = await open_device_on(emulator)
        assert await device.next() == (upload, ("status", PAUSE))
        await hang_up()
        emulator.world.clock.advance(24 * 3600 + 60)
        device = await open_device_on(emulator)
        async with refused("NOT_FOUND", "upload session not found"):
            await device.control(upload, "resume")

    async def test_unknown_ids(self, device: Any, refused: Any, stub: Any) -> None:
        for upload in ("", "nothing", "00000000-0000-4000-8000-000000000000"):
            for call in (device.control(upload, "cancel"), device.send(upload, b"abc", 0, 3), device.report(upload, b"abc")):
                async with refused("NOT_FOUND", "upload session not found"):
                    await call
        upload = await device.announce("/Cloud/f", 3)
        async with refused("INVALID_ARGUMENT"):
            await stub.RemoteUploadControl(pb.RemoteUploadControlRequest(upload_id=upload))


async def test_the_options_say_what_the_server_is_like() -> None:
    defaults = EmulatorOptions()
    assert (defaults.read_bytes, defaults.outstanding_reads, defaults.rehash_seconds) == (MIB, 2, 60)
    assert (defaults.session_seconds, defaults.ended_seconds, defaults.row_seconds) == (86400, 3600, 600)
