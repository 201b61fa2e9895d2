"""A program over native gRPC: Connect's client in Node, with another HTTP/2 than grpcio's and grpclib's (protocol.md §1.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

from .conftest import MIB, data_of

pytestmark = pytest.mark.strangers

Node = Callable[..., Any]


def test_it_uploads_blobs(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    sizes = {"empty": 0, "电影 #1 50%.mkv": 3 * MIB + 17}
    uploads = [{"path": f"/Cloud/{name}", "size": size} for name, size in sizes.items()]
    results = node(emulator, "upload", native=True, uploads=uploads)
    assert [result["statuses"][-1] for result in results] == ["Finish"] * 2
    for name, size in sizes.items():
        assert (tmp_path / "Cloud" / name).read_bytes() == data_of(size)


def test_it_writes_a_stream_larger_than_a_message(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    size = 9 * MIB + 1
    assert node(emulator, "write", native=True, path="/Cloud/f", size=size) == size
    while emulator.world.tasks.live_count():
        emulator.on_loop(asyncio.sleep, 0.001)
    assert (tmp_path / "Cloud" / "f").read_bytes() == data_of(size)


@pytest.mark.slow
def test_it_cancels_an_upload(emulator: RunningEmulator, node: Node, tmp_path: Path) -> None:
    assert node(emulator, "cancel", native=True, path="/Cloud/f")["statuses"][-1] == "Cancelled"
    assert not (tmp_path / "Cloud" / "f").exists()


def test_failures_reach_it_as_status_and_text(emulator: RunningEmulator, node: Node) -> None:
    seen = node(emulator, "failures", native=True)
    assert {name: failure["code"] for name, failure in seen.items() if name != "wrong"} == {
        "noToken": "Unauthenticated",
        "notFound": "NotFound",
        "listing": "NotFound",
        "unimplemented": "Unimplemented",
        "noSession": "NotFound",
    }
    assert "没有 50%" in seen["notFound"]["message"]


def test_an_answer_without_content_is_an_empty_message(emulator: RunningEmulator, node: Node) -> None:
    assert node(emulator, "empty", native=True) is None


def test_it_hears_of_changes_and_leaves(emulator: RunningEmulator, node: Node) -> None:
    seen = node(emulator, "pushes", native=True)
    assert (seen["changed"], seen["code"]["code"]) == (["/Cloud/新 文件夹"], "Canceled")


@pytest.mark.slow
def test_it_sets_a_deadline(emulator: RunningEmulator, node: Node) -> None:
    emulator.faults.delay("GetSpaceInfo", 60)
    assert node(emulator, "deadline", native=True)["code"] == "DeadlineExceeded"
