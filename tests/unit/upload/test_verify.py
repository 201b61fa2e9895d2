"""Does the drive really hold it: what counts as proof, and how long a lagging index is waited for."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from clouddrive2.errors import HashMismatch, NotFound, NotVerified, PermissionDenied
from clouddrive2.models.files import Entry, EntryKind, Hashes
from clouddrive2.models.uploads import Verify
from clouddrive2.upload.hashing import FileHasher, HashPool
from clouddrive2.upload.source import LocalFile
from clouddrive2.upload.verify import Verified, verify_entry

DATA = b"content"
PATH = "/Cloud/f"
SHA1 = hashlib.sha1(DATA).hexdigest()
THERE = Entry(PATH, "f", EntryKind.FILE, size=len(DATA), hashes=Hashes(sha1=SHA1))
PENDING = replace(THERE, pending=True)


class Drive:
    """Shows one thing after the other, the last for ever; its time passes only in sleep."""

    def __init__(self, *shown: Entry | Exception) -> None:
        self.shown = list(shown)
        self.looks: list[bool] = []
        self.pauses: list[float] = []
        self.now = 0.0

    async def stat(self, path: str, refresh: bool) -> Entry:
        assert path == PATH
        self.looks.append(refresh)
        entry = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        if isinstance(entry, Exception):
            raise entry
        return entry

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def verify(self, hasher: FileHasher, how: Verify = Verify.AUTO, seconds: float = 10) -> Verified:
        return await verify_entry(
            PATH, len(DATA), how, hasher, self.stat, seconds=seconds, clock=lambda: self.now, sleep=self.sleep
        )


@pytest.fixture
async def hasher(open_file: Callable[..., LocalFile], pool: HashPool) -> AsyncIterator[FileHasher]:
    hasher = FileHasher(open_file(DATA), pool)
    yield hasher
    await hasher.close()


class TestAtOnce:
    @pytest.mark.parametrize(
        ("how", "hashes", "by", "uncompared"),
        [
            (Verify.AUTO, Hashes(sha1=SHA1), "hash", False),
            (Verify.AUTO, Hashes(sha1=SHA1.upper()), "hash", False),
            (Verify.AUTO, Hashes(md5=hashlib.md5(DATA).hexdigest()), "hash", False),
            (Verify.AUTO, Hashes(), "size", False),
            (Verify.AUTO, Hashes(unreadable=True), "size", True),
            (Verify.HASH, Hashes(sha1=SHA1), "hash", False),
            (Verify.HASH, Hashes(sha1=SHA1, unreadable=True), "hash", False),
            (Verify.SIZE, Hashes(sha1="0" * 40), "size", True),
            (Verify.SIZE, Hashes(unreadable=True), "size", True),
            (Verify.SIZE, Hashes(), "size", False),
        ],
    )
    async def test_what_is_compared(self, hasher: FileHasher, how: Verify, hashes: Hashes, by: str, uncompared: bool) -> None:
        drive = Drive(replace(THERE, hashes=hashes))
        assert await drive.verify(hasher, how) == Verified(PATH, by, uncompared=uncompared)
        assert (drive.looks, drive.pauses) == ([False], [])

    async def test_none_does_not_look(self, hasher: FileHasher) -> None:
        drive = Drive(NotFound("none"))
        assert await drive.verify(hasher, Verify.NONE) == Verified(PATH, None)
        assert drive.looks == []

    @pytest.mark.parametrize("how", [Verify.AUTO, Verify.HASH])
    async def test_other_bytes(self, hasher: FileHasher, how: Verify) -> None:
        drive = Drive(replace(THERE, hashes=Hashes(sha1="0" * 40)))
        with pytest.raises(HashMismatch, match="the cloud holds other bytes than were sent"):
            await drive.verify(hasher, how)

    async def test_a_hash_is_insisted_on(self, hasher: FileHasher) -> None:
        with pytest.raises(NotVerified, match="the cloud knows no hash to compare"):
            await Drive(replace(THERE, hashes=Hashes())).verify(hasher, Verify.HASH)

    async def test_a_hash_at_hand_is_preferred(self, open_file: Callable[..., LocalFile], pool: HashPool) -> None:
        hasher = FileHasher(open_file(DATA), pool, {2: SHA1})
        await Drive(replace(THERE, hashes=Hashes(md5="0" * 32, sha1=SHA1))).verify(hasher)
        assert hasher.values == {2: SHA1}

    async def test_an_error_is_no_absence(self, hasher: FileHasher) -> None:
        with pytest.raises(PermissionDenied):
            await Drive(PermissionDenied("no")).verify(hasher)


class TestALaggingIndex:
    @pytest.mark.parametrize(
        "early", [NotFound("not yet"), PENDING, replace(THERE, size=3), replace(THERE, kind=EntryKind.FOLDER, size=0)]
    )
    async def test_is_waited_for(self, hasher: FileHasher, early: Entry | Exception) -> None:
        drive = Drive(early, early, early, THERE)
        assert (await drive.verify(hasher)).by == "hash"
        assert drive.looks == [False] * 4
        assert drive.pauses == sorted(drive.pauses) and len(drive.pauses) == 3

    @pytest.mark.parametrize(
        ("shown", "sentence"),
        [
            (NotFound("none"), "but it is not there"),
            (PENDING, "but it has not reached the cloud yet"),
            (replace(THERE, size=3), "but it has 3 bytes instead of 7"),
            (replace(THERE, kind=EntryKind.FOLDER), "but there is a folder in its place"),
        ],
    )
    async def test_but_not_for_ever(self, hasher: FileHasher, shown: Entry | Exception, sentence: str) -> None:
        drive = Drive(shown)
        with pytest.raises(NotVerified, match=f"/Cloud/f: the server says the upload ended well, {sentence}; look at the folder"):
            await drive.verify(hasher, seconds=10)
        assert drive.now == pytest.approx(10)
        # The last look goes past the server's cache.
        assert drive.looks == [False] * (len(drive.looks) - 1) + [True]

    async def test_the_last_look_can_still_find_it(self, hasher: FileHasher) -> None:
        drive = Drive(NotFound("not in the cache"), THERE)
        assert (await drive.verify(hasher, seconds=0.01)).by == "hash"
        assert drive.looks == [False, True]

    async def test_no_patience_at_all(self, hasher: FileHasher) -> None:
        drive = Drive(NotFound("none"))
        with pytest.raises(NotVerified):
            await drive.verify(hasher, seconds=0)
        assert drive.looks == [True]
