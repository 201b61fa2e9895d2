"""Starting and stopping: quickly, often, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import grpc.aio
import httpx
import pytest
from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator import CloudOptions, Emulator
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import running_emulator


async def used_once(root: Path | None) -> None:
    """Start, use every door, leave a stream open, stop."""
    async with Emulator(root=root) as emulator, grpc.aio.insecure_channel(f"127.0.0.1:{emulator.port}") as channel:
        sign_in = channel.unary_unary(METHODS["GetToken"].path, pb.GetTokenRequest.SerializeToString, pb.JWTToken.FromString)
        token = (await sign_in(pb.GetTokenRequest(userName="user", password="password"))).token
        push = channel.unary_stream(METHODS["PushMessage"].path, Empty.SerializeToString, pb.CloudDrivePushMessage.FromString)
        stream = push(Empty(), metadata=(("authorization", f"Bearer {token}"),))
        await stream.read()
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(emulator.url)).status_code == 404


def left() -> tuple[set[str], int]:
    """Threads of ours, and open files."""
    gc.collect()
    ours = {thread.name for thread in threading.enumerate() if "emulator" in thread.name}
    return ours, sum(1 for _ in Path("/proc/self/fd").iterdir())


async def often(times: int, root: Path | None) -> None:
    await used_once(root)
    tasks, (threads, files) = len(asyncio.all_tasks()), left()
    for _ in range(times):
        await used_once(root)
    assert len(asyncio.all_tasks()) == tasks
    threads_now, files_now = left()
    assert threads_now == threads == set()
    # The channel of the client lets go of its last socket in its own time.
    assert files_now <= files + 3


@pytest.mark.parametrize("on_disk", [False, True])
async def test_fifty_in_a_row(on_disk: bool, tmp_path: Path) -> None:
    await often(50, tmp_path if on_disk else None)


@pytest.mark.slow
async def test_three_hundred_in_a_row() -> None:
    await often(300, None)


def test_many_on_threads_of_their_own() -> None:
    before = threading.active_count()
    for _ in range(5):
        with running_emulator() as one, running_emulator() as other:
            assert one.port != other.port
    assert not any(thread.name == "emulator" for thread in threading.enumerate())
    assert threading.active_count() <= before + 2


async def test_stopping_twice_and_a_taken_port() -> None:
    emulator = Emulator()
    await emulator.start()
    other = Emulator(port=emulator.port)
    with pytest.raises(OSError, match="address already in use"):
        await other.start()
    await emulator.stop()
    await emulator.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", emulator.port))


async def test_files_outlive_a_restart(tmp_path: Path) -> None:
    (tmp_path / "Cloud").mkdir()
    (tmp_path / "Cloud" / "f").write_bytes(b"x")
    for _ in range(2):
        async with Emulator(root=tmp_path) as emulator:
            entry = await emulator.world.entry("/Cloud/f")
            assert entry is not None
            assert entry.size == 1


@pytest.mark.parametrize("clouds", [(), ("a", "a"), ("a/b",), ("..",), (".clouddrive2",)])
def test_impossible_clouds(clouds: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"cloud|name"):
        Emulator(clouds=clouds)


def test_the_first_writable_cloud() -> None:
    emulator = Emulator(clouds=(CloudOptions("A", read_only=True), CloudOptions("B")))
    assert emulator.cloud == "/B"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_says_when_it_is_ready_and_ends_when_told(number: signal.Signals, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from clouddrive2.emulator.command import ServeOptions, run;"
        "run(ServeOptions(port=0, clouds=('/115',), root=Path(sys.argv[1]), as_json=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready == {"url": f"http://127.0.0.1:{ready['port']}", "port": ready["port"], "cloud": "/115", "username": "user"}
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, b"", b"")
