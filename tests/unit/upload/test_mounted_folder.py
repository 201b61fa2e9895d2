"""A folder held open: nothing leads out of it, and nothing that is done in it goes by a path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clouddrive2.upload.mounted_folder import MountedFolder, MountGone


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "mnt/a/b").mkdir(parents=True)
    return tmp_path / "mnt"


def device(root: Path) -> int:
    return root.stat().st_dev


def test_a_file_from_beginning_to_end(root: Path) -> None:
    folder = MountedFolder(root, "a/b", device(root))
    os.close(folder.create("film.part"))
    with pytest.raises(FileExistsError):
        folder.create("film.part")
    folder.rename("film.part", "film")
    assert (root / "a/b/film").exists()
    assert folder.has("film")
    assert not folder.has("film.part")
    folder.remove("film")
    folder.remove("film")
    room = folder.room()
    assert room is not None
    assert room > 0
    folder.close()
    folder.close()


def test_another_file_system(root: Path) -> None:
    with pytest.raises(MountGone, match="not the file system any more"):
        MountedFolder(root, "a", device(root) + 1)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs another file system at a known place")
def test_a_mount_within_the_mount() -> None:
    with pytest.raises(MountGone):
        MountedFolder(Path("/"), "proc/self", device(Path("/")))


def test_what_moves_takes_the_work_along(root: Path) -> None:
    """The bare folder that takes the place of the mount gets nothing."""
    folder = MountedFolder(root, "", device(root))
    root.rename(root.with_name("gone"))
    root.mkdir()
    os.close(folder.create("film"))
    assert list(root.iterdir()) == []
    assert (root.with_name("gone") / "film").exists()
    folder.close()


def test_whether_it_is_still_there(root: Path) -> None:
    folder = MountedFolder(root, "a", device(root))
    assert folder.is_current
    root.rename(root.with_name("gone"))
    assert not folder.is_current
    folder.close()


def test_links_lead_nowhere(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError):
        MountedFolder(root, "link", device(root))
    with pytest.raises(OSError):
        MountedFolder(root, "link/deeper", device(root))
    (root / "a/file").symlink_to(tmp_path / "outside/file")
    folder = MountedFolder(root, "a", device(root))
    with pytest.raises(OSError):
        folder.create("file")
    folder.close()
    assert list((tmp_path / "outside").iterdir()) == []
    # A link to the mount itself is how people name it.
    (tmp_path / "named").symlink_to(root)
    MountedFolder(tmp_path / "named", "a", device(root)).close()


def test_a_folder_that_is_missing(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        MountedFolder(root, "a/none", device(root))
    (root / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        MountedFolder(root, "file", device(root))
