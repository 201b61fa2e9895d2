"""A web page over gRPC-Web: Connect's client in Node, its messages generated from our contract, with a browser's rules for other
origins (protocol.md §1.3, §8)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.options import MD5, SHA1, CloudOptions
from clouddrive2.testing import RunningEmulator

from .conftest import MIB, data_of

pytestmark = pytest.mark.strangers

Node = Callable[..., Any]


def test_it_signs_in_lists_and_downloads(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    names = [f"{number} 中文 #%.txt" for number in range(7)]
    emulator.world.options.batch_entries = 3
    for name in names:
        (tmp_path / "Cloud" / name).write_bytes(name.encode() * 1000)
    seen = node(emulator, "look", path=f"/Cloud/{names[3]}")
    data = names[3].encode() * 1000
    assert (seen["ready"], seen["expires"]) == (True, True)
    assert sorted(seen["names"]) == names
    assert seen["sizes"] == [len(data)] * 7
    assert seen["sha1"] == hashlib.sha1(data).hexdigest()
    assert seen["part"] == [206, data[10:20].hex()]
    asked = {header for preflight in seen["preflights"] for header in preflight["headers"]}
    assert asked == {"authorization", "content-type", "range", "x-grpc-web", "x-user-agent"}


def test_it_uploads_blobs(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    sizes = {"empty": 0, "one": 1, "电影 #1 50%.mkv": 3 * MIB + 17}
    results = node(emulator, "upload", uploads=[{"path": f"/Cloud/{name}", "size": size} for name, size in sizes.items()])
    for (name, size), result in zip(sizes.items(), results, strict=True):
        data = data_of(size)
        assert (tmp_path / "Cloud" / name).read_bytes() == data
        assert result["statuses"][-1] == "Finish"
        assert result["hashes"] == [[SHA1, hashlib.sha1(data).hexdigest(), 0]]
        assert result["bytes"] == size
    ends = sorted((call.offset + call.length, call.is_last_chunk) for call in emulator.calls.of("RemoteReadData"))
    assert ends == [(1, True), (MIB, False), (2 * MIB, False), (3 * MIB, False), (3 * MIB + 17, True)]


def test_content_that_is_there_already_is_not_read(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    uploads = [{"path": f"/Cloud/{name}", "size": 2 * MIB} for name in ("first", "second")]
    first, second = node(emulator, "upload", uploads=uploads)
    assert (first["bytes"], second["bytes"], second["statuses"][-1]) == (2 * MIB, 0, "Finish")
    assert (tmp_path / "Cloud" / "second").read_bytes() == data_of(2 * MIB)


def test_hashes_of_blocks_and_of_two_kinds(emulator_factory: Callable[..., RunningEmulator], node: Node, tmp_path: Path) -> None:
    needs = ((MD5, 256 * 1024), (SHA1, None))
    emulator = emulator_factory(root=tmp_path, clouds=[CloudOptions("Cloud", needs=needs, knows=(MD5, SHA1))])
    size = MIB + 1
    (result,) = node(emulator, "upload", uploads=[{"path": "/Cloud/f", "size": size}])
    data = data_of(size)
    assert sorted(result["hashes"]) == [[MD5, hashlib.md5(data).hexdigest(), 5], [SHA1, hashlib.sha1(data).hexdigest(), 0]]
    assert (tmp_path / "Cloud" / "f").read_bytes() == data


def test_several_pages_upload_at_once_each_with_a_channel_of_its_own(
    emulator: RunningEmulator, node: Node, tmp_path: Path
) -> None:
    uploads = [{"path": f"/Cloud/{number}", "size": number * 300_000} for number in range(1, 7)]
    results = node(emulator, "together", uploads=uploads)
    assert [result["statuses"][-1] for result in results] == ["Finish"] * 6
    for number in range(1, 7):
        assert (tmp_path / "Cloud" / str(number)).read_bytes() == data_of(number * 300_000)


def test_long_ranges_asked_for_at_once_are_sent_in_pieces(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    emulator.world.options.read_bytes = 3 * MIB
    emulator.world.options.outstanding_reads = 4
    (result,) = node(emulator, "upload", uploads=[{"path": "/Cloud/f", "size": 10 * MIB}])
    assert (result["statuses"][-1], result["reads"], result["bytes"]) == ("Finish", 4, 10 * MIB)
    assert {call.length for call in emulator.calls.of("RemoteReadData")} == {MIB}
    assert (tmp_path / "Cloud" / "f").read_bytes() == data_of(10 * MIB)


def test_it_pauses_and_resumes(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    result = node(emulator, "pause", path="/Cloud/f", size=4 * MIB)
    assert [each for each in result["statuses"] if each in ("Transfer", "Pause", "Finish")] == [
        "Transfer",
        "Pause",
        "Transfer",
        "Finish",
    ]
    assert (tmp_path / "Cloud" / "f").read_bytes() == data_of(4 * MIB)


def test_it_cancels_an_upload(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    assert node(emulator, "cancel", path="/Cloud/f")["statuses"][-1] == "Cancelled"
    assert not (tmp_path / "Cloud" / "f").exists()


@pytest.mark.parametrize("trailers_only", [True, False], ids=["in headers", "in a frame"])
def test_failures_reach_it_as_status_and_text(emulator: RunningEmulator, node: Node, trailers_only: bool) -> None:
    emulator.world.options.trailers_only = trailers_only
    seen = node(emulator, "failures")
    assert {name: failure["code"] for name, failure in seen.items() if name != "wrong"} == {
        "noToken": "Unauthenticated",
        "notFound": "NotFound",
        "listing": "NotFound",
        "unimplemented": "Unimplemented",
        "noSession": "NotFound",
    }
    assert "没有 50%" in seen["notFound"]["message"]
    assert "upload session not found" in seen["noSession"]["message"]
    assert seen["wrong"]["message"]


def test_it_hears_of_changes_and_leaves(emulator: RunningEmulator, node: Node) -> None:
    seen = node(emulator, "pushes")
    assert seen["changed"] == ["/Cloud/新 文件夹"]
    assert seen["code"]["code"] == "Canceled"


@pytest.mark.parametrize("framed", [False, True], ids=["as seen", "as gRPC has it"])
def test_an_answer_without_message_is_none_to_connect(emulator: RunningEmulator, node: Node, framed: bool) -> None:
    """Connect's client wants the one message that gRPC promises, even if it is empty; real servers were seen to send none."""
    emulator.world.options.empty_replies_framed = framed
    failed = node(emulator, "empty")
    assert failed == (None if framed else {"code": "Unimplemented", "message": "missing message"})
    assert len(emulator.calls.of("PauseAllUploadFiles")) == 1


def test_it_sets_a_deadline(emulator: RunningEmulator, node: Node) -> None:
    emulator.faults.delay("GetSpaceInfo", 60)
    assert node(emulator, "deadline")["code"] == "DeadlineExceeded"
