"""cadaver over ``/dav`` (protocol.md §15): the client of neon, the library of many others; it locks and unlocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

from .conftest import AWKWARD, Ran, content, files_in, fill, needs

pytestmark = [pytest.mark.strangers, needs("cadaver")]

Settle = Callable[[], None]
Cadaver = Callable[..., str]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where it runs."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def cadaver(emulator: RunningEmulator, run: Callable[..., Ran], tmp_path: Path, here: Path) -> Cadaver:
    """``cadaver("ls", "get a b")``: what it printed; ``login`` is another user's name and password."""

    def session(*commands: str, login: tuple[str, str] = (emulator.username, emulator.password)) -> str:
        netrc = tmp_path / "home" / ".netrc"
        netrc.write_text(f"machine 127.0.0.1\nlogin {login[0]}\npassword {login[1]}\n")
        netrc.chmod(0o600)
        return run("cadaver", f"{emulator.url}/dav/", stdin="\n".join([*commands, "quit", ""]), cwd=here).stdout

    return session


def test_list_put_get_copy_move_and_delete(cadaver: Cadaver, settle: Settle, cloud: Path, here: Path) -> None:
    fill(here, {"big.bin": 3_000_000, "one two.txt": 10})
    made = cadaver("mkcol Cloud/new", "cd Cloud/new", "put big.bin", 'put "one two.txt" "一 二 50% #1.txt"')
    assert (made.count("succeeded."), made.count("failed")) == (3, 0)
    settle()
    assert files_in(cloud / "new") == {"big.bin": content("big.bin", 3_000_000), "一 二 50% #1.txt": content("one two.txt", 10)}
    listed = cadaver("ls Cloud/new")
    assert ["big.bin", "3000000"] in [line.split()[:2] for line in listed.splitlines()]
    assert "一 二 50% #1.txt" in listed
    cadaver(
        "cd Cloud/new", "get big.bin back.bin", "copy big.bin copied.bin", 'move "一 二 50% #1.txt" moved.txt', "delete big.bin"
    )
    settle()
    assert (here / "back.bin").read_bytes() == content("big.bin", 3_000_000)
    assert sorted(files_in(cloud / "new")) == ["copied.bin", "moved.txt"]
    assert "succeeded" in cadaver("rmcol Cloud/new")
    assert files_in(cloud) == {}


@pytest.mark.parametrize("name", [name for name in AWKWARD if "'" not in name])
def test_awkward_names(cadaver: Cadaver, settle: Settle, cloud: Path, here: Path, name: str) -> None:
    fill(here, {"one": 1000})
    assert "failed" not in cadaver("cd Cloud", f'put one "{name}"', f'move "{name}" "new {name}"', f'get "new {name}" back')
    settle()
    assert files_in(cloud) == {f"new {name}": content("one", 1000)}
    assert (here / "back").read_bytes() == content("one", 1000)


def test_what_it_locked_it_may_change_until_it_unlocks(cadaver: Cadaver, settle: Settle, cloud: Path, here: Path) -> None:
    fill(here, {"f": 5, "g": 6})
    cadaver("cd Cloud", "put f")
    settle()
    seen = cadaver("cd Cloud", "lock f", "discover f", "put g f", "unlock f", "showlocks")
    settle()
    assert "Locking `f': succeeded." in seen
    assert "Scope: exclusive  Type: write  Timeout:" in seen
    assert "Unlocking `f': succeeded." in seen
    assert "No owned locks." in seen
    assert files_in(cloud) == {"f": content("g", 6)}


def test_a_lock_keeps_others_out_until_it_is_taken_away(
    emulator: RunningEmulator, cadaver: Cadaver, settle: Settle, cloud: Path, here: Path
) -> None:
    fill(here, {"f": 5})
    cadaver("cd Cloud", "put f", "lock f")
    settle()
    refused = cadaver("cd Cloud", "delete f", "put f", "move f g")
    assert refused.count("423 Locked") == 3
    changed = httpx.put(f"{emulator.url}/dav/Cloud/f", content=b"x", auth=(emulator.username, emulator.password), trust_env=False)
    assert changed.status_code == 423
    assert "succeeded" in cadaver("cd Cloud", "steal f", "delete f")
    assert files_in(cloud) == {}


def test_who_may_only_read_and_who_may_not_at_all(
    cadaver: Cadaver, call: Callable[..., Any], settle: Settle, cloud: Path, here: Path
) -> None:
    fill(here, {"f": 5})
    cadaver("cd Cloud", "put f")
    settle()
    call("AddDavUser", pb.AddDavUserRequest(userName="reader", password="pass", rootPath="/Cloud", readOnly=True))
    seen = cadaver("ls", "get f back", "delete f", "put f g", "mkcol d", login=("reader", "pass"))
    assert (here / "back").read_bytes() == content("f", 5)
    assert seen.count("403 Forbidden") == 3
    assert "Authentication required" in cadaver("ls", login=("reader", "wrong"))
    assert files_in(cloud) == {"f": content("f", 5)}
