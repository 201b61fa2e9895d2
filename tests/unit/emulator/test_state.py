"""What the emulator keeps over a restart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clouddrive2.emulator.state import State, as_json, from_json
from clouddrive2.proto import clouddrive_pb2 as pb


def test_in_memory_it_goes_with_the_server() -> None:
    state = State()
    assert state.load("rows", []) == []
    state.save("rows", [1, "two"])
    assert state.load("rows") == [1, "two"]
    assert State().load("rows") is None


def test_sections_do_not_touch_each_other(tmp_path: Path) -> None:
    file = tmp_path / "made" / "state.json"
    state = State(file)
    assert not file.exists()
    state.save("one", {"a": "中文 \udcff"})
    state.save("two", 2)
    state.save("one", None)
    again = State(file)
    assert (again.load("one", "default"), again.load("two")) == (None, 2)
    assert [each.name for each in file.parent.iterdir()] == ["state.json"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    before = os.umask(0)
    try:
        State(file).save("secret", "x")
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_killed_write_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    State(file).save("one", 1)
    (tmp_path / "state.json.new").write_text('{"one": 2, "tw')
    state = State(file)
    assert state.load("one") == 1
    state.save("one", 3)
    assert State(file).load("one") == 3


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_another_file_is_not_overwritten(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"state\.json is no state of an emulator.*move it away"):
        State(file)
    assert file.read_bytes() == content


def test_messages() -> None:
    info = pb.TokenInfo(token="t", rootDir="/a", permissions=pb.TokenPermissions(allow_list=True), expires_in=1 << 40)
    assert from_json(as_json(info), pb.TokenInfo) == info
    assert from_json({"token": "t", "of_a_later_version": 1}, pb.TokenInfo) == pb.TokenInfo(token="t")
