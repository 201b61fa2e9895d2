"""``cd2 webhooks``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_from_an_address(cd2: Run) -> None:
    assert cd2("webhooks", "list").out == ""
    added = cd2("webhooks", "add", "a.toml", "--url", "http://127.0.0.1:9/x", "--header", "X-Secret=s", "--events", "files")
    assert (added.code, added.err) == (0, "")
    assert [line.split() for line in cd2("webhooks", "list").lines] == [["valid", "name"], ["yes", "a.toml"]]
    assert cd2("--json", "webhooks", "list").record == {"name": "a.toml", "valid": True}
    assert '"X-Secret" = "s"' in cd2("webhooks", "get", "a.toml").lines
    assert cd2("webhooks", "remove", "a.toml").code == 2
    assert cd2("webhooks", "remove", "a.toml", "--yes").code == 0
    assert cd2("webhooks", "get", "a.toml").code == 5


def test_from_a_file(cd2: Run, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "hook.toml"
    file.write_text(cd2("webhooks", "template").out, encoding="utf-8")
    assert cd2("--json", "webhooks", "add", "a.toml", "--file", file).record == {"name": "a.toml", "valid": True}
    bad = run("webhooks", "update", "a.toml", "--file", "-", stdin="[file_system_watcher]\n")
    assert bad.code == 0 and "cannot use it" in bad.err
    assert cd2("webhooks", "list").lines[1].split() == ["no", "a.toml"]


def test_bad_input(cd2: Run, tmp_path: Path) -> None:
    assert cd2("webhooks", "add", "a.toml").code == 2
    assert cd2("webhooks", "add", "a.toml", "--url", "nas").code == 2
    assert cd2("webhooks", "add", "a.toml", "--url", "http://nas", "--header", "secret").code == 2
    assert cd2("webhooks", "add", "a.toml", "--file", tmp_path / "none").code == 5
    assert cd2("webhooks", "update", "a.toml", "--url", "http://nas").code == 5
