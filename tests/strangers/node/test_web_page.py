"""A web page over gRPC-Web: Connect's client in Node, its messages generated from our contract, with a browser's rules for other
origins (protocol.md §1.3, §8)."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.options import MD5, SHA1, CloudOptions
from clouddrive2.testing import RunningEmulator

HERE = Path(__file__).parent
CONTRACT = HERE.parents[2] / "proto" / "clouddrive.proto"
OLDEST_NODE = 20
MIB = 1 << 20

pytestmark = [
    pytest.mark.strangers,
    pytest.mark.skipif(shutil.which("node") is None or shutil.which("npm") is None, reason="node and npm are not installed"),
]


@pytest.fixture(scope="module")
def page() -> Path:
    """The script to run, with its packages and the generated contract beside it; made once, and anew when one of them changes."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node {OLDEST_NODE} or newer is needed, here is {version.strip()}")
    if importlib.util.find_spec("grpc_tools") is None:
        pytest.skip("grpcio-tools is not installed")
    script = HERE / "run.mjs"
    with (HERE / ".lock").open("w") as lock:
        # Several test processes at once want it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_from = hashlib.sha256((HERE / "package.json").read_bytes() + CONTRACT.read_bytes()).hexdigest()
        ready = HERE / "node_modules" / "ready"
        if not ready.is_file() or ready.read_text() != made_from:
            install()
            ready.write_text(made_from)
    return script


def install() -> None:
    """Fetch the packages, and generate the messages with the plugin that came with them."""
    flags = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    fetched = subprocess.run(["npm", "install", *flags], cwd=HERE, capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"npm cannot install package.json: {fetched.stderr.strip()[-300:]}")
    generated = HERE / "generated"
    shutil.rmtree(generated, ignore_errors=True)
    generated.mkdir()
    plugin = f"--plugin=protoc-gen-es={HERE / 'node_modules' / '.bin' / 'protoc-gen-es'}"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{CONTRACT.parent}", plugin, f"--es_out={generated}"]
    subprocess.run([*command, "--es_opt=target=js", CONTRACT], check=True)


@pytest.fixture
def visit(page: Path) -> Callable[..., Any]:
    """``visit(emulator, "look", path="/Cloud/f")``: what the page saw."""

    def run(emulator: RunningEmulator, scenario: str, **parameters: Any) -> Any:
        given = {"url": emulator.url, "username": emulator.username, "password": emulator.password, **parameters}
        # A page knows no proxy of the environment, and Node need not either.
        env = {"PATH": os.environ["PATH"]}
        command = ["node", str(page), scenario, json.dumps(given)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=100)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return run


Visit = Callable[..., Any]


@pytest.fixture
def emulator(tmp_path: Path, emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(root=tmp_path)


def data_of(size: int) -> bytes:
    """What the page sends for a size."""
    # Byte n is (7 n + n >> 20) mod 251, so that every MiB is a piece of one period; 36 is the inverse of 7.
    period = bytes(7 * place % 251 for place in range(251)) * (MIB // 251 + 2)
    starts = [(first, (first + 36 * (first >> 20)) % 251) for first in range(0, size, MIB)]
    return b"".join(period[start : start + min(MIB, size - first)] for first, start in starts)


def test_it_signs_in_lists_and_downloads(emulator: RunningEmulator, visit: Visit, tmp_path: Path) -> None:
    names = [f"{number} 中文 #%.txt" for number in range(7)]
    emulator.world.options.batch_entries = 3
    for name in names:
        (tmp_path / "Cloud" / name).write_bytes(name.encode() * 1000)
    seen = visit(emulator, "look", path=f"/Cloud/{names[3]}")
    data = names[3].encode() * 1000
    assert (seen["ready"], seen["expires"]) == (True, True)
    assert sorted(seen["names"]) == names
    assert seen["sizes"] == [len(data)] * 7
    assert seen["sha1"] == hashlib.sha1(data).hexdigest()
    assert seen["part"] == [206, data[10:20].hex()]
    asked = {header for preflight in seen["preflights"] for header in preflight["headers"]}
    assert asked == {"authorization", "content-type", "range", "x-grpc-web", "x-user-agent"}


def test_it_uploads_blobs(emulator: RunningEmulator, visit: Visit, tmp_path: Path) -> None:
    sizes = {"empty": 0, "one": 1, "电影 #1 50%.mkv": 3 * MIB + 17}
    results = visit(emulator, "upload", uploads=[{"path": f"/Cloud/{name}", "size": size} for name, size in sizes.items()])
    for (name, size), result in zip(sizes.items(), results, strict=True):
        data = data_of(size)
        assert (tmp_path / "Cloud" / name).read_bytes() == data
        assert result["statuses"][-1] == "Finish"
        assert result["hashes"] == [[SHA1, hashlib.sha1(data).hexdigest(), 0]]
        assert result["bytes"] == size
    ends = sorted((call.offset + call.length, call.is_last_chunk) for call in emulator.calls.of("RemoteReadData"))
    assert ends == [(1, True), (MIB, False), (2 * MIB, False), (3 * MIB, False), (3 * MIB + 17, True)]


def test_content_that_is_there_already_is_not_read(emulator: RunningEmulator, visit: Visit, tmp_path: Path) -> None:
    uploads = [{"path": f"/Cloud/{name}", "size": 2 * MIB} for name in ("first", "second")]
    first, second = visit(emulator, "upload", uploads=uploads)
    assert (first["bytes"], second["bytes"], second["statuses"][-1]) == (2 * MIB, 0, "Finish")
    assert (tmp_path / "Cloud" / "second").read_bytes() == data_of(2 * MIB)


def test_hashes_of_blocks_and_of_two_kinds(
    emulator_factory: Callable[..., RunningEmulator], visit: Visit, tmp_path: Path
) -> None:
    needs = ((MD5, 256 * 1024), (SHA1, None))
    emulator = emulator_factory(root=tmp_path, clouds=[CloudOptions("Cloud", needs=needs, knows=(MD5, SHA1))])
    size = MIB + 1
    (result,) = visit(emulator, "upload", uploads=[{"path": "/Cloud/f", "size": size}])
    data = data_of(size)
    assert sorted(result["hashes"]) == [[MD5, hashlib.md5(data).hexdigest(), 5], [SHA1, hashlib.sha1(data).hexdigest(), 0]]
    assert (tmp_path / "Cloud" / "f").read_bytes() == data


def test_several_pages_upload_at_once_each_with_a_channel_of_its_own(
    emulator: RunningEmulator, visit: Visit, tmp_path: Path
) -> None:
    uploads = [{"path": f"/Cloud/{number}", "size": number * 300_000} for number in range(1, 7)]
    results = visit(emulator, "together", uploads=uploads)
    assert [result["statuses"][-1] for result in results] == ["Finish"] * 6
    for number in range(1, 7):
        assert (tmp_path / "Cloud" / str(number)).read_bytes() == data_of(number * 300_000)


def test_long_ranges_asked_for_at_once_are_sent_in_pieces(emulator: RunningEmulator, visit: Visit, tmp_path: Path) -> None:
    emulator.world.options.read_bytes = 3 * MIB
    emulator.world.options.outstanding_reads = 4
    (result,) = visit(emulator, "upload", uploads=[{"path": "/Cloud/f", "size": 10 * MIB}])
    assert (result["statuses"][-1], result["reads"], result["bytes"]) == ("Finish", 4, 10 * MIB)
    assert {call.length for call in emulator.calls.of("RemoteReadData")} == {MIB}
    assert (tmp_path / "Cloud" / "f").read_bytes() == data_of(10 * MIB)


def test_it_pauses_and_resumes(emulator: RunningEmulator, visit: Visit, tmp_path: Path) -> None:
    result = visit(emulator, "pause", path="/Cloud/f", size=4 * MIB)
    assert [each for each in result["statuses"] if each in ("Transfer", "Pause", "Finish")] == [
        "Transfer",
        "Pause",
        "Transfer",
        "Finish",
    ]
    assert (tmp_path / "Cloud" / "f").read_bytes() == data_of(4 * MIB)


def test_it_cancels_an_upload(emulator: RunningEmulator, visit: Visit, tmp_path: Path) -> None:
    assert visit(emulator, "cancel", path="/Cloud/f")["statuses"][-1] == "Cancelled"
    assert not (tmp_path / "Cloud" / "f").exists()


@pytest.mark.parametrize("trailers_only", [True, False], ids=["in headers", "in a frame"])
def test_failures_reach_it_as_status_and_text(emulator: RunningEmulator, visit: Visit, trailers_only: bool) -> None:
    emulator.world.options.trailers_only = trailers_only
    seen = visit(emulator, "failures")
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


def test_it_hears_of_changes_and_leaves(emulator: RunningEmulator, visit: Visit) -> None:
    seen = visit(emulator, "pushes")
    assert seen["changed"] == ["/Cloud/新 文件夹"]
    assert seen["code"]["code"] == "Canceled"


@pytest.mark.parametrize("framed", [False, True], ids=["as seen", "as gRPC has it"])
def test_an_answer_without_message_is_none_to_connect(emulator: RunningEmulator, visit: Visit, framed: bool) -> None:
    """Connect's client wants the one message that gRPC promises, even if it is empty; real servers were seen to send none."""
    emulator.world.options.empty_replies_framed = framed
    failed = visit(emulator, "empty")
    assert failed == (None if framed else {"code": "Unimplemented", "message": "missing message"})
    assert len(emulator.calls.of("PauseAllUploadFiles")) == 1


def test_it_sets_a_deadline(emulator: RunningEmulator, visit: Visit) -> None:
    emulator.faults.delay("GetSpaceInfo", 60)
    assert visit(emulator, "deadline")["code"] == "DeadlineExceeded"
