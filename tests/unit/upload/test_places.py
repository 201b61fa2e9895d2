"""One upload has a place at a time, among clients of one process and among processes."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clouddrive2.upload.places import Places

HOLDER = """
import sys
from pathlib import Path
from clouddrive2.upload.places import Places

places = Places(Path(sys.argv[1]), "server")
print(places.take("/a"), places.take("/b"), flush=True)
sys.stdin.read()
"""


def test_taken_once_until_it_is_free(tmp_path: Path) -> None:
    places = Places(tmp_path, "server")
    assert places.take("/a") and not places.take("/a")
    assert places.take("/b")
    places.free("/a")
    places.free("/a")
    assert places.take("/a") and not places.take("/b")
    places.close()


def test_two_clients_of_one_process(tmp_path: Path) -> None:
    one, other = Places(tmp_path, "server"), Places(tmp_path, "server")
    assert one.take("/a") and not other.take("/a")
    # What is not ours is not ours to free.
    other.free("/a")
    assert not other.take("/a") and other.take("/b")
    other.close()
    third = Places(tmp_path, "server")
    assert not third.take("/a") and third.take("/b")
    one.close()
    assert third.take("/a")
    third.close()


def test_other_servers_and_folders_are_apart(tmp_path: Path) -> None:
    several = [Places(tmp_path, "one"), Places(tmp_path, "other"), Places(tmp_path / "elsewhere", "one")]
    assert [places.take("/a") for places in several] == [True] * 3
    for places in several:
        places.close()


@pytest.mark.parametrize("ending", ["end", "kill"])
def test_two_processes(tmp_path: Path, ending: str) -> None:
    places = Places(tmp_path, "server")
    assert places.take("/a")
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "False True\n"
        assert not places.take("/b")
        # A client that goes takes nothing from the one that stays.
        Places(tmp_path, "server").close()
        assert not places.take("/b")
        if ending == "kill":
            holder.send_signal(signal.SIGKILL)
        holder.communicate()
    assert places.take("/b")
    places.close()


def test_without_a_file_only_this_process_is_kept_in_order(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        places = Places(tmp_path / "file", "server")
    assert "cannot be used" in caplog.text
    assert places.take("/a") and not places.take("/a")
    places.free("/a")
    assert places.take("/a")
    places.close()
