"""Hashes as the cloud computes them (protocol.md §8.5), also of data that comes in odd order."""

from __future__ import annotations

import hashlib
import random

import pytest

from clouddrive2.emulator.hashing import WAITING_BYTES, StreamingHashes, hashes_of, md5_of_part, segment_bytes
from clouddrive2.emulator.storage import MemoryStorage

MIB = 1 << 20
MD5, SHA1, PIKPAK = 1, 2, 3


def stored(data: bytes) -> tuple[MemoryStorage, str]:
    storage = MemoryStorage()
    temporary = storage.begin()
    storage.write(temporary, 0, data)
    return storage, temporary


def pikpak(data: bytes, segment: int) -> str:
    digests = b"".join(hashlib.sha1(data[at : at + segment]).digest() for at in range(0, len(data), segment))
    return hashlib.sha1(digests).hexdigest().upper()


@pytest.mark.parametrize(
    ("size", "segment"),
    [
        (0, 256 << 10),
        (128 * MIB, 256 << 10),
        (128 * MIB + 1, 512 << 10),
        (256 * MIB, 512 << 10),
        (256 * MIB + 1, MIB),
        (512 * MIB, MIB),
        (512 * MIB + 1, 2 * MIB),
        (1 << 40, 2 * MIB),
    ],
)
def test_segments(size: int, segment: int) -> None:
    assert segment_bytes(size) == segment


@pytest.mark.parametrize("size", [1, 256 << 10, (256 << 10) + 1, 3 * (256 << 10), 2 * MIB + 7])
def test_values(size: int) -> None:
    data = random.Random(size).randbytes(size)
    found = hashes_of(*stored(data), size, (MD5, SHA1, PIKPAK))
    assert found == {
        MD5: hashlib.md5(data).hexdigest(),
        SHA1: hashlib.sha1(data).hexdigest(),
        PIKPAK: pikpak(data, 256 << 10),
    }


def test_of_nothing() -> None:
    assert hashes_of(*stored(b""), 0, (MD5, SHA1, PIKPAK)) == {
        MD5: "d41d8cd98f00b204e9800998ecf8427e",
        SHA1: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        PIKPAK: "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
    }


@pytest.mark.parametrize("seed", range(10))
def test_pieces_in_any_order_and_twice(seed: int) -> None:
    chance = random.Random(seed)
    data = chance.randbytes(100_000)
    storage, temporary = stored(b"")
    hashes = StreamingHashes((MD5, SHA1), len(data))
    pieces = [(at, data[at : at + 7000]) for at in range(0, len(data), 7000)]
    pieces += [(at, data[at : at + 9000]) for at in (chance.randrange(91_000) for _ in range(seed % 3))]
    chance.shuffle(pieces)
    for offset, piece in pieces:
        storage.write(temporary, offset, piece)
        hashes.take(offset, piece)
    wanted = {MD5: hashlib.md5(data).hexdigest(), SHA1: hashlib.sha1(data).hexdigest()}
    assert hashes.finish(storage, temporary) == wanted
    assert hashes.finish(storage, temporary) == wanted


@pytest.mark.parametrize("order", [[0, 0, 5], [5, 5, 0], [5, 0, 5], [0, 5, 0]])
def test_bytes_that_differ_the_second_time_count_as_they_are_stored(order: list[int]) -> None:
    storage, temporary = stored(b"")
    hashes = StreamingHashes((SHA1,), 10)
    for number, offset in enumerate(order):
        piece = bytes([number]) * 5
        storage.write(temporary, offset, piece)
        hashes.take(offset, piece)
    assert hashes.finish(storage, temporary)[SHA1] == hashlib.sha1(storage.read_temporary(temporary, 0, 10)).hexdigest()


def test_what_waits_is_bounded() -> None:
    data = bytes(MIB)
    storage, temporary = stored(bytes(WAITING_BYTES + 3 * MIB))
    hashes = StreamingHashes((SHA1,), WAITING_BYTES + 3 * MIB)
    for number in range(1, WAITING_BYTES // MIB + 3):
        hashes.take(number * MIB, data)
    assert sum(len(piece) for piece in hashes._early.values()) == WAITING_BYTES
    hashes.take(0, data)
    assert hashes.finish(storage, temporary)[SHA1] == hashlib.sha1(bytes(WAITING_BYTES + 3 * MIB)).hexdigest()


def test_a_part() -> None:
    data = random.Random(1).randbytes(2 * MIB + 10)
    storage, temporary = stored(data)
    assert md5_of_part(storage, temporary, 5, MIB + 9) == hashlib.md5(data[5 : MIB + 14]).hexdigest()
    assert md5_of_part(storage, temporary, 0, 0) == hashlib.md5(b"").hexdigest()
