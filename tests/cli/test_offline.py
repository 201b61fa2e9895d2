"""``cd2 offline``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]

MAGNET = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=film.mkv"
HASH = "0123456789abcdef0123456789abcdef01234567"


def test_links_in_every_way(cd2: Run, run: Run, tmp_path: Path) -> None:
    added = cd2("offline", "add", MAGNET, "--to", "/Cloud")
    assert (added.code, added.out) == (0, f"added    {MAGNET}\n")
    file = tmp_path / "links.txt"
    file.write_text(f"{MAGNET}\n\nhttps://example.org/a.bin\n", encoding="utf-8")
    assert [line.split()[0] for line in cd2("offline", "add", "--file", file, "--to", "/Cloud").lines] == ["present", "added"]
    piped = run("offline", "add", "-", "--to", "/Cloud", stdin="https://example.org/b.bin\nnonsense\n")
    assert piped.code == 1
    assert piped.lines[0].startswith("added") and piped.lines[1].startswith("refused  nonsense: ")
    record = cd2("--json", "offline", "add", MAGNET, "--to", "/Cloud").record
    assert record == {"link": MAGNET, "outcome": "present"}


def test_list_remove_clear(cd2: Run) -> None:
    assert cd2("offline", "list", "/Cloud").out == ""
    cd2("offline", "add", MAGNET, "https://example.org/a.bin", "--to", "/Cloud")
    assert cd2("offline", "list", "/Cloud").lines[0].split() == ["status", "done", "size", "added", "hash", "name"]
    assert cd2("offline", "list", "/Cloud", "--folder").lines[-1].split()[-2:] == [HASH, "film.mkv"]
    assert {record["name"] for record in cd2("--json", "offline", "list", "/Cloud").records} == {"a.bin", "film.mkv"}
    assert cd2("offline", "quota", "/Cloud").out == "98 of 100 left\n"
    assert cd2("offline", "restart", "/Cloud", HASH).code == 0
    assert cd2("offline", "remove", "/Cloud", HASH).code == 2
    missing = cd2("offline", "remove", "/Cloud", HASH, "0" * 40, "--yes")
    assert (missing.code, missing.err) == (5, f"cd2: /Cloud has no offline download {'0' * 40}; nothing was removed\n")
    assert cd2("offline", "remove", "/Cloud", HASH, "--yes", "--delete-files").code == 0
    assert cd2("offline", "clear", "/Cloud", "--which", "all", "--yes").code == 0
    assert cd2("offline", "list", "/Cloud").out == ""


def test_share(cd2: Run, emulator: RunningEmulator) -> None:
    emulator.emulator.offline.add_share("https://115.com/s/abc", {"film.mkv": b"film"}, password="x1y2")
    assert cd2("offline", "share", "https://115.com/s/abc", "--to", "/Cloud").code == 1
    saved = cd2("offline", "share", "https://115.com/s/abc", "--to", "/Cloud", "--share-password", "x1y2")
    assert (saved.code, saved.out) == (0, "")
    assert cd2("ls", "--refresh", "/Cloud").lines == ["film.mkv"]


def test_bad_input(cd2: Run, tmp_path: Path) -> None:
    assert cd2("offline", "add", "--to", "/Cloud").code == 2
    assert cd2("offline", "add", MAGNET).code == 2
    assert cd2("offline", "add", MAGNET, "--to", "/Cloud/none").code == 5
    assert cd2("offline", "add", "--file", tmp_path / "none", "--to", "/Cloud").code == 5
    (tmp_path / "latin").write_bytes(b"https://example.org/\xe9\n")
    refused = cd2("offline", "add", "--file", tmp_path / "latin", "--to", "/Cloud")
    assert refused.code == 2 and "not UTF-8" in refused.err
    (tmp_path / "marked").write_bytes(b"\xef\xbb\xbfhttps://example.org/c.bin\n")
    assert cd2("offline", "add", "--file", tmp_path / "marked", "--to", "/Cloud").code == 0
    assert cd2("offline", "restart", "/Cloud", HASH).code == 5
    assert cd2("offline", "list", "/None").code == 5
