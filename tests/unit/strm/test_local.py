"""The local folder is never left, and its files are known again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clouddrive2.errors import AlreadyExists, ConfigError, InvalidRequest
from clouddrive2.strm.local import LocalFolder, digest_of
from clouddrive2.strm.manifest import NAME, Manifest
from clouddrive2.strm.plan import Record, State


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    return LocalFolder(tmp_path / "root")


def written(folder: LocalFolder, target: str, content: str) -> Record:
    folder.make_parents(target)
    return Record("a.mkv", 1, None, digest_of(content), folder.write(target, content, replace=False))


@pytest.mark.parametrize("target", ["../x.strm", "a/../../x.strm", "/x.strm", "a//x.strm", "./x.strm", "a/\0.strm", ""])
def test_names_that_lead_elsewhere(folder: LocalFolder, target: str) -> None:
    assert folder.look([target], {}) == {target: State.MISSING}
    with pytest.raises(InvalidRequest, match="local file name"):
        folder.make_parents(target)
    with pytest.raises(InvalidRequest, match="local file name"):
        folder.write(target, "x", replace=True)
    assert not folder.root.exists()


def test_nothing_through_a_link(folder: LocalFolder, tmp_path: Path) -> None:
    record = written(folder, "a/b/x.strm", "x")
    (folder.root / "a").rename(tmp_path / "outside")
    (folder.root / "a").symlink_to(tmp_path / "outside")
    assert folder.look(["a/b/x.strm"], {"a/b/x.strm": record}) == {"a/b/x.strm": State.FOREIGN}
    assert not folder.delete("a/b/x.strm", record)
    with pytest.raises(InvalidRequest, match="is a link"):
        folder.make_parents("a/b/y.strm")
    assert folder.remove_folders(["a"]) == []


def test_states(folder: LocalFolder) -> None:
    record = written(folder, "x.strm", "content")
    path = folder.root / "x.strm"

    def state(remembered: Record | None) -> State:
        return folder.look(["x.strm"], {"x.strm": remembered} if remembered else {})["x.strm"]

    assert state(record) is State.OURS
    assert state(None) is State.FOREIGN
    os.utime(path, (1, 1))
    assert state(record) is State.OURS, "copied elsewhere with another time"
    path.write_text("other")
    assert state(record) is State.EDITED
    path.write_text("")
    assert state(record) is State.EMPTY
    path.unlink()
    assert state(record) is State.MISSING
    path.mkdir()
    assert state(record) is State.FOREIGN


def test_a_write_leaves_nothing_beside_it(folder: LocalFolder) -> None:
    written(folder, "x.strm", "one")
    with pytest.raises(AlreadyExists):
        folder.write("x.strm", "two", replace=False)
    assert folder.write("x.strm", "three", replace=True)[0] == 5
    assert [path.name for path in folder.root.iterdir()] == ["x.strm"]
    assert folder.read("x.strm") == "three"
    (folder.root / "binary.strm").write_bytes(b"\xff\xfe")
    assert folder.read("binary.strm") is None


def test_only_empty_folders_go(folder: LocalFolder) -> None:
    made = folder.make_parents("a/b/c/x.strm")
    assert made == ["a", "a/b", "a/b/c"]
    (folder.root / "a" / "mine.txt").write_text("mine")
    assert folder.remove_folders(made) == ["a/b/c", "a/b"]


def test_the_manifest_is_kept(tmp_path: Path) -> None:
    manifest = Manifest("/115", {"x.strm": Record("x.mkv", 1, 2.5, "d", (3, 4), "us", 5.0)}, {"a"})
    manifest.save(tmp_path)
    assert Manifest.load(tmp_path, "/115") == manifest
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert Manifest.load(tmp_path / "none", "/116") == Manifest("/116")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 1}', '{"version":1,"cloud_dir":"/","folders":[],"files":{"x":{}}}', "\x00"]
)
def test_a_manifest_that_makes_no_sense(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ConfigError, match="cannot be understood"):
        Manifest.load(tmp_path, "/")


def test_a_manifest_of_a_newer_version(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"version":2,"cloud_dir":"/","folders":[],"files":{}}')
    with pytest.raises(ConfigError, match="newer version"):
        Manifest.load(tmp_path, "/")
