"""Entries, hashes and space as values."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from clouddrive2.models.files import DownloadLink, Entry, EntryKind, Hashes, Space
from clouddrive2.proto import clouddrive_pb2 as pb

UUID = "b1946ac9-2d6b-4e0f-8c6e-0f8b7c1d2e3f"


class TestKind:
    @pytest.mark.parametrize(
        ("message", "kind"),
        [
            (pb.CloudDriveFile(isDirectory=True), EntryKind.FOLDER),
            (pb.CloudDriveFile(isDirectory=True, fileType=pb.CloudDriveFile.File), EntryKind.FOLDER),
            # The zero value of the type means folder: it counts only when nothing speaks against it.
            (pb.CloudDriveFile(name="x"), EntryKind.FOLDER),
            (pb.CloudDriveFile(name="x", size=5), EntryKind.FILE),
            (pb.CloudDriveFile(name="x", isCloudFile=True), EntryKind.FILE),
            (pb.CloudDriveFile(fileType=pb.CloudDriveFile.File), EntryKind.FILE),
            (pb.CloudDriveFile(fileType=pb.CloudDriveFile.Other), EntryKind.OTHER),
        ],
    )
    def test_from_what_is_sent(self, message: pb.CloudDriveFile, kind: EntryKind) -> None:
        entry = Entry.from_proto(message)
        assert entry.kind is kind
        assert (entry.is_folder, entry.is_file) == (kind is EntryKind.FOLDER, kind is EntryKind.FILE)


class TestPath:
    def test_as_the_server_says(self) -> None:
        entry = Entry.from_proto(pb.CloudDriveFile(name="f", fullPathName="/Cloud/f"))
        assert (entry.path, entry.name) == ("/Cloud/f", "f")

    def test_as_it_was_asked_for(self) -> None:
        message = pb.CloudDriveFile(name="f", fullPathName="/other/view/f")
        assert Entry.from_proto(message, folder="/Cloud").path == "/Cloud/f"
        assert Entry.from_proto(message, folder="/").path == "/f"
        root = pb.CloudDriveFile(name="/", fullPathName="/", isRoot=True)
        assert Entry.from_proto(root, folder="/").path == "/"

    def test_with_one_of_both_missing(self) -> None:
        assert Entry.from_proto(pb.CloudDriveFile(fullPathName="/Cloud/f")).name == "f"
        assert Entry.from_proto(pb.CloudDriveFile(name="f"), folder="/Cloud").path == "/Cloud/f"


class TestTimes:
    def moment(self, **fields: int) -> Entry:
        message = pb.CloudDriveFile(name="f")
        for name, seconds in fields.items():
            getattr(message, name).seconds = seconds
        return Entry.from_proto(message)

    def test_in_utc(self) -> None:
        entry = self.moment(writeTime=1_700_000_000, createTime=1_600_000_000)
        assert entry.modified == datetime.fromtimestamp(1_700_000_000, UTC)
        assert entry.created == datetime.fromtimestamp(1_600_000_000, UTC)

    def test_creation_stands_in_for_modification(self) -> None:
        entry = self.moment(createTime=1_600_000_000)
        assert entry.modified == entry.created is not None

    @pytest.mark.parametrize("seconds", [0, -62135596800, -1, 10**15])
    def test_the_year_1_and_nonsense_mean_unknown(self, seconds: int) -> None:
        entry = self.moment(writeTime=seconds)
        assert entry.modified is None and entry.created is None

    def test_nothing_sent(self) -> None:
        assert self.moment().modified is None


class TestHashes:
    def test_by_number_in_lower_case(self) -> None:
        hashes = Hashes.from_mapping({1: "AB" * 16, 2: "Cd" * 20, 3: "EF" * 20, 9: "zz"})
        assert hashes == Hashes("ab" * 16, "cd" * 20, "ef" * 20, unreadable=True)
        assert hashes.by_type() == {1: "ab" * 16, 2: "cd" * 20, 3: "ef" * 20}

    def test_unknown_ones(self) -> None:
        assert not Hashes.from_mapping({})
        assert not Hashes.from_mapping({1: "", 9: "zz"})
        assert Hashes.from_mapping({1: "", 9: "zz"}).unreadable
        assert not Hashes.from_mapping({1: "", 2: "aa" * 20}).unreadable
        assert not Hashes.from_mapping({1: "aa" * 20, 2: "aa" * 19, 3: "xy" * 20})
        assert Hashes.from_mapping({2: "aa" * 20}).by_type() == {2: "aa" * 20}
        assert Hashes(sha1="aa")


@pytest.mark.parametrize(
    ("id", "folder", "pending"),
    [
        (UUID, False, True),
        (UUID.upper(), False, True),
        (UUID, True, False),
        ("3039581", False, False),
        ("x" * 36, False, False),
        ("", False, False),
        (UUID.replace("-", ""), False, False),
    ],
)
def test_a_uuid_means_on_its_way(id: str, folder: bool, pending: bool) -> None:
    kind = pb.CloudDriveFile.Directory if folder else pb.CloudDriveFile.File
    assert Entry.from_proto(pb.CloudDriveFile(id=id, isDirectory=folder, fileType=kind)).pending is pending


def test_the_rest_of_an_entry() -> None:
    message = pb.CloudDriveFile(
        id="1",
        name="f",
        fullPathName="/Cloud/f",
        size=7,
        fileType=pb.CloudDriveFile.File,
        readOnly=True,
        isCloudRoot=True,
        fileHashes={2: "AA" * 20},
        CloudAPI=pb.CloudAPI(name="115", userName="42"),
    )
    entry = Entry.from_proto(message)
    assert (entry.size, entry.read_only, entry.is_cloud_root, entry.hashes) == (7, True, True, Hashes(sha1="aa" * 20))
    assert (entry.cloud, entry.account, entry.id) == ("115", "42", "1")
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert Entry.from_proto(pb.CloudDriveFile()).cloud is None


@pytest.mark.parametrize(
    ("message", "space"),
    [
        (pb.SpaceInfo(totalSpace=10, usedSpace=4, freeSpace=6), Space(10, 4, 6)),
        # Some clouds do not fill it in.
        (pb.SpaceInfo(totalSpace=10, usedSpace=4), Space(10, 4, 6)),
        (pb.SpaceInfo(totalSpace=4, usedSpace=10), Space(4, 10, 0)),
        (pb.SpaceInfo(), Space(0, 0, 0)),
        (pb.SpaceInfo(totalSpace=-1, usedSpace=-1), Space(0, 0, 0)),
    ],
)
def test_space(message: pb.SpaceInfo, space: Space) -> None:
    assert Space.from_proto(message) == space


def test_a_link_hides_its_secrets() -> None:
    link = DownloadLink("http://nas/static/x?sign=SECRET", {"Cookie": "SECRET"}, 60, True)
    assert "SECRET" not in repr(link) and "60" in repr(link)
