"""``cd2 webdav``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


def test_server(cd2: Run, signed_in: RunningEmulator) -> None:
    assert cd2("webdav", "status").lines[0] == f"WebDAV     on, {signed_in.url}/dav"
    assert cd2("--json", "webdav", "disable").record["enabled"] is False
    record = cd2("--json", "webdav", "enable", "--anonymous", "--no-account", "--log").record
    assert (record["enabled"], record["anonymous"], record["account"], record["access_log"]) == (True, True, False, True)
    assert "anonymous  reads /" in cd2("webdav", "status").lines


def test_users(cd2: Run, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret-password\n", encoding="utf-8")
    assert cd2("webdav", "list").out == ""
    made = cd2("webdav", "add", "guest", "--root", "/Cloud", "--read-only", "--password-file", file)
    assert made.out == "guest  read  /Cloud\n"
    listed = cd2("--json", "webdav", "list")
    assert listed.record == {"name": "guest", "root_folder": "/Cloud", "read_only": True, "enabled": True, "guest": False}
    changed = run("webdav", "update", "guest", "--writable", "--password-file", "-", stdin="another\n")
    assert changed.out == "guest  read, write  /Cloud\n"
    assert cd2("webdav", "update", "guest", "--disabled").out == "guest  nothing  /Cloud\n"
    assert cd2("webdav", "list").lines[1].split() == ["guest", "nothing", "/Cloud"]
    assert cd2("webdav", "remove", "guest").code == 2
    assert cd2("webdav", "remove", "guest", "--yes").code == 0
    assert cd2("webdav", "remove", "guest", "--yes").code == 5


def test_bad_input(cd2: Run, run: Run) -> None:
    assert cd2("webdav", "update", "guest").code == 2
    unasked = cd2("webdav", "add", "guest")
    assert unasked.code == 2 and "--password-file" in unasked.err
    assert run("webdav", "add", "guest", "--password-file", "-", stdin="").code == 2
