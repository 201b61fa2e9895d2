"""One loop for blocking calls; any loop for those who await."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fsspec.asyn
import pytest

import clouddrive2 as cd2
from clouddrive2.fs import CloudDriveFileSystem
from clouddrive2.testing import RunningEmulator


def test_blocking_calls_share_the_loop_of_blocking_clients(
    fs: CloudDriveFileSystem, home: str, emulator: RunningEmulator
) -> None:
    assert fs.exists(home)
    assert fs.loop is not fsspec.asyn.loop[0]
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert client.files.exists(home)
    assert [thread.name for thread in threading.enumerate()].count("clouddrive2") == 1


def test_from_many_threads(fs: CloudDriveFileSystem, home: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: fs.pipe(f"{home}/{number}", b"x" * number), range(24)))
        sizes = list(pool.map(lambda number: fs.size(f"{home}/{number}"), range(24)))
    assert sizes == list(range(24))


def test_awaited_on_the_callers_loop(make_fs: Callable[..., CloudDriveFileSystem], home: str) -> None:
    fs = make_fs(asynchronous=True)

    async def use() -> list[str]:
        await fs._pipe_file(f"{home}/x", b"x")
        assert await fs._cat_file(f"{home}/x") == b"x"
        with pytest.raises(cd2.ConfigError, match=r"await fs\._ls"):
            fs.ls(home)
        names = [path async for path, _, _ in fs._walk(home)]
        await fs._close()
        return names

    # A second loop, as of a second asyncio.run, gets a connection of its own.
    assert [asyncio.run(use()), asyncio.run(use())] == [[home], [home]]


def test_awaited_on_another_loop(fs: CloudDriveFileSystem, home: str) -> None:
    """As file systems around ours do: their coroutines run on fsspec's loop."""
    fsspec.asyn.sync(fsspec.asyn.get_loop(), fs._pipe_file, f"{home}/x", b"x")
    assert fsspec.asyn.sync(fsspec.asyn.get_loop(), fs._cat_file, f"{home}/x") == b"x"
    assert fs.cat(f"{home}/x") == b"x"


def test_file_systems_around_it(fs: CloudDriveFileSystem, home: str, options: dict[str, Any]) -> None:
    fs.pipe({f"{home}/a/1": b"one", f"{home}/a/b/2": b"two"})
    below = fsspec.filesystem("dir", path=f"{home}/a", fs=fs, skip_instance_cache=True)
    assert below.find("") == ["1", "b/2"]
    below.pipe("3", b"three")
    assert fs.get_mapper(f"{home}/a")["3"] == b"three"
    references = {"x": [f"cd2://{home}/a/1", 1, 2]}
    view = fsspec.filesystem("reference", fo=references, fs=fs, skip_instance_cache=True)
    assert view.cat("x") == b"ne"


def test_interrupted(options: dict[str, Any], home: str, emulator: RunningEmulator) -> None:
    """Ctrl-C ends the upload too, and the program."""
    emulator.faults.delay("RemoteReadData", 30.0)
    program = (
        "import sys; from clouddrive2.fs import CloudDriveFileSystem\n"
        f"fs = CloudDriveFileSystem(**{options!r})\n"
        f"fs.pipe('{home}/x', b'x' * 3000000)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, start_new_session=True)
    emulator.calls.wait_for("RemoteReadData")
    os.kill(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode != 0
    assert said.rstrip().endswith("KeyboardInterrupt")
    # Nobody could take it up again: it is ended at the server too.
    assert emulator.calls.count("RemoteUploadControl") >= 1
    assert emulator.world.tasks.live_count() == 0


def test_a_program_that_ends_without_closing(options: dict[str, Any], home: str) -> None:
    program = (
        "from clouddrive2.fs import CloudDriveFileSystem\n"
        f"fs = CloudDriveFileSystem(**{options!r})\n"
        f"print(fs.ls('/', detail=False))\n"
    )
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"['{home}']\n", "")


def _in_a_forked_process(fs: CloudDriveFileSystem, home: str, answers: Any) -> None:
    for attempt in (lambda: fs.exists(home), lambda: CloudDriveFileSystem(*fs.storage_args, **fs.storage_options)):
        try:
            answers.put(repr(attempt()))
        except cd2.ConfigError as error:
            answers.put(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_is_told(fs: CloudDriveFileSystem, home: str) -> None:
    assert fs.exists(home)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=_in_a_forked_process, args=(fs, home, answers))
    child.start()
    assert "spawn" in answers.get()
    assert "spawn" in answers.get()
    child.join()
