"""``cd2 cache``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


def test_status_and_vacuum(cd2: Run, signed_in: RunningEmulator) -> None:
    assert cd2("cache", "status").lines[0] == "listings    4.0 KiB, compacting: idle"
    assert cd2("cache", "vacuum").code == 0
    assert cd2("cache", "vacuum").code == 1
    signed_in.world.clock.advance(5)
    record = cd2("--json", "cache", "status").record
    assert (record["vacuum"], record["listings_bytes"], record["drops_first"]) == ("completed", 4096, "oldest")


def test_times(cd2: Run) -> None:
    assert cd2("cache", "time", "/Cloud").out == "1 h 00 min\n"
    assert cd2("cache", "time", "/Cloud", "--set", "never").out == "never expires\n"
    assert cd2("--json", "cache", "time", "/Cloud", "--set", "90s").record == {"path": "/Cloud", "seconds": 90}
    assert cd2("cache", "time", "/Cloud", "--set", "default").out == "1 h 00 min\n"
    assert cd2("cache", "time", "/Cloud", "--set", "soon").code == 2
    assert cd2("cache", "expire", "/Cloud").code == 0
    assert cd2("cache", "expire", "/nothing").code == 5


def test_folders_of_the_disk_cache(cd2: Run) -> None:
    assert cd2("cache", "list").out == ""
    assert cd2("cache", "add", "/Cloud", "--min-size", "1M", "--only", "jpg,png").code == 0
    assert cd2("cache", "list").lines[1].split() == ["on", "1.0", "MiB", "-", "jpg,png", "/Cloud"]
    assert cd2("--json", "cache", "list").record == {
        "path": "/Cloud",
        "enabled": True,
        "min_size": 1 << 20,
        "max_size": 0,
        "only": ["jpg", "png"],
        "never": [],
    }
    assert cd2("cache", "add", "/Cloud", "--off", "--never", "tmp").code == 0
    assert cd2("cache", "list").lines[1].split() == ["off", "0", "B", "-", "not", "tmp", "/Cloud"]
    assert cd2("cache", "remove", "/Cloud", "-y").code == 0
    assert cd2("cache", "remove", "/Cloud", "-y").code == 5
    assert cd2("cache", "add", "/Cloud", "--max-size", "big").code == 2


def test_purge_and_order(cd2: Run) -> None:
    assert cd2("cache", "purge").code == 2
    assert cd2("cache", "purge", "--yes").code == 0
    assert cd2("cache", "order", "largest").code == 0
    assert cd2("--json", "cache", "status").record["drops_first"] == "largest"
    assert cd2("cache", "order", "newest").code == 2


def test_reading_ahead(cd2: Run, emulator: RunningEmulator, tmp_path: Path) -> None:
    (tmp_path / "film.mkv").write_bytes(bytes(5000))
    assert cd2("put", tmp_path / "film.mkv", "/Cloud/").code == 0
    assert cd2("cache", "prefetches").out == ""
    hinted = cd2(
        "--json", "cache", "prefetch", "/Cloud/film.mkv", "--range", "0B+1k", "--range", "4k+100B", "--lives", "10m"
    ).record
    assert (hinted["path"], hinted["accepted"], hinted["rejected"]) == ("/Cloud/film.mkv", 2, 0)
    assert cd2("cache", "prefetch", "/Cloud/film.mkv", "--priority", "high").out == "1 range taken, 0 not\n"
    assert len(cd2("--json", "cache", "prefetches").records) == 2
    assert cd2("cache", "prefetches").lines[-1].split()[0] == "high"
    assert cd2("cache", "prefetch", "/Cloud/film.mkv", "--cancel").code == 0
    assert cd2("--json", "cache", "prefetches").records == []
    assert cd2("cache", "close", "/Cloud/film.mkv").code == 0
    assert cd2("cache", "prefetch", "/Cloud/none").code == 5
    for bad in ("0", "0+0", "x+1k"):
        assert cd2("cache", "prefetch", "/Cloud/film.mkv", "--range", bad).code == 2, bad
