"""What the background loop promises to threads, signals, forks and notebooks."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2.client import _portal
from clouddrive2.emulator import EmulatorOptions
from clouddrive2.testing import RunningEmulator, running_emulator

SCRIPT_HEAD = """
    import os, signal, sys, threading
    import clouddrive2 as cd2
    client = cd2.Client(sys.argv[1], username="user", password="password")
"""


def run_script(body: str, emulator: RunningEmulator, tmp_path: Path, *, interrupt: str = "") -> tuple[int, str, str]:
    """Run a program; send Ctrl-C when it has printed ``interrupt``."""
    environment = {**os.environ, "CLOUDDRIVE2_STATE_DIR": str(tmp_path / "state"), "CLOUDDRIVE2_CONFIG_DIR": str(tmp_path)}
    script = textwrap.dedent(SCRIPT_HEAD) + textwrap.dedent(body)
    command = [sys.executable, "-u", "-c", script, emulator.url, emulator.cloud]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        head = ""
        if interrupt:
            assert process.stdout is not None
            while interrupt not in head:
                line = process.stdout.readline()
                assert line, process.communicate()
                head += line
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        return process.returncode, head + out, err


def test_threads_share_a_client(client: cd2.Client, emulator: RunningEmulator) -> None:
    made: list[str] = []

    def work(number: int) -> None:
        made.append(client.files.mkdir(f"{emulator.cloud}/{number}").name)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted(entry.name for entry in client.files.list(emulator.cloud)) == [str(n) for n in range(8)]
    assert emulator.calls.count("GetToken") == 1


async def test_inside_a_running_loop_as_in_a_notebook(client: cd2.Client, emulator: RunningEmulator) -> None:
    assert asyncio.get_running_loop().is_running()
    assert [entry.path for entry in client.files.list("/")] == [emulator.cloud]


def test_on_its_own_loop_a_call_is_refused(client: cd2.Client) -> None:
    async def on_the_loop() -> None:
        client.system.info()

    with pytest.raises(cd2.ConfigError, match="AsyncClient"):
        _portal.run(on_the_loop)


def test_a_callback_that_fails_ends_the_upload(client: cd2.Client, emulator: RunningEmulator, tmp_path: Path) -> None:
    source = tmp_path / "file.bin"
    source.write_bytes(bytes(1000))

    def fail(_: cd2.UploadProgress) -> None:
        raise RuntimeError("no more of this")

    with pytest.raises(RuntimeError, match="no more"):
        client.uploads.upload(source, f"{emulator.cloud}/", on_progress=fail)
    assert client.uploads.upload(source, f"{emulator.cloud}/").verified == "hash"


@pytest.mark.parametrize("how", ["break", "close", "with", "error"])
def test_an_iterator_left_early_ends_its_stream(how: str, tmp_path: Path) -> None:
    with (
        running_emulator(options=EmulatorOptions(batch_entries=1)) as emulator,
        cd2.Client(emulator.url, username="user", password="password") as client,
    ):
        for number in range(30):
            client.files.mkdir(f"{emulator.cloud}/{number:02}")
        emulator.faults.delay("GetSubFiles", 0.0)
        if how == "break":
            for entry in client.files.list(emulator.cloud):
                assert entry.name == "00"
                break
            gc.collect()
        elif how == "close":
            entries = client.files.list(emulator.cloud)
            assert next(entries).name == "00"
            entries.close()
            assert list(entries) == []
        elif how == "with":
            with client.files.list(emulator.cloud) as entries:
                assert next(entries).name == "00"
        else:
            with pytest.raises(cd2.NotFound):
                next(client.files.list(f"{emulator.cloud}/missing"))
        # The connection is of use afterwards, and nothing of the iterator is left on the loop.
        assert len(list(client.files.list(emulator.cloud))) == 30

        async def names() -> list[str]:
            return [task.get_coro().__qualname__ for task in asyncio.all_tasks()]

        assert [name for name in _portal.run(names) if name == "_Source._read"] == []


def test_an_error_in_a_batch_block_stops_its_uploads(client: cd2.Client, emulator: RunningEmulator, tmp_path: Path) -> None:
    source = tmp_path / "file.bin"
    source.write_bytes(bytes(3 << 20))
    emulator.faults.delay("RemoteReadData", 0.2)
    with pytest.raises(KeyError), client.uploads.batch() as batch:
        batch.add(source, f"{emulator.cloud}/")
        emulator.calls.wait_for("RemoteReadData")
        raise KeyError("stop")
    assert [row.path for row in client.uploads.pending()] == [f"{emulator.cloud}/file.bin"]


def test_ctrl_c_cancels_a_call(emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.faults.delay("GetSystemInfo", 30.0)
    code, out, err = run_script(
        """
        try:
            print("begin")
            client.system.info()
        except KeyboardInterrupt:
            print("interrupted", client.files.exists("/"))
        client.close()
        """,
        emulator,
        tmp_path,
        interrupt="begin",
    )
    assert (code, out.split("\n")[:2], err) == (0, ["begin", "interrupted True"], "")


def test_ctrl_c_leaves_an_upload_to_be_taken_up(emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.faults.delay("RemoteReadData", 0.1)
    (tmp_path / "file.bin").write_bytes(bytes(range(256)) * 40_000)
    body = f"""
        source, target = {str(tmp_path / "file.bin")!r}, sys.argv[2] + "/"
        def show(news):
            if news.confirmed:
                print("sending", flush=True)
        try:
            print(client.uploads.upload(source, target, on_progress=show).verified)
        except KeyboardInterrupt:
            print("stopped", len(client.uploads.pending()))
        client.close()
    """
    code, out, err = run_script(body, emulator, tmp_path, interrupt="sending")
    assert (code, out.rstrip().rpartition("\n")[2], err) == (0, "stopped 1", "")
    code, out, err = run_script(body, emulator, tmp_path)
    assert (code, out.rstrip().rpartition("\n")[2], err) == (0, "hash", "")
    assert emulator.calls.count("StartRemoteUpload") == 1


def test_after_a_fork_a_sentence_says_what_to_do(emulator: RunningEmulator, tmp_path: Path) -> None:
    code, out, err = run_script(
        """
        assert client.files.exists("/")
        child = os.fork()
        if child == 0:
            try:
                client.files.exists("/")
            except cd2.ConfigError as error:
                os.write(1, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert client.files.exists("/")
        client.close()
        """,
        emulator,
        tmp_path,
    )
    assert code == 0, err
    assert "after the fork" in out


def test_a_program_that_forgets_to_close_still_ends(emulator: RunningEmulator, tmp_path: Path) -> None:
    code, out, err = run_script('print(client.files.exists("/"))', emulator, tmp_path)
    assert (code, out) == (0, "True\n")
    assert "Traceback" not in err
