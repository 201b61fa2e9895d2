"""``cd2 settings``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


def test_list_and_get(cd2: Run) -> None:
    lines = cd2("settings", "list").lines
    assert ["sync_with_cloud", "off"] in [line.split() for line in lines]
    assert cd2("--json", "settings", "list").record["file_log_level"] == "info"
    assert cd2("settings", "get", "fileLogLevel", "upload_delay_secs").lines == ["info", "0"]
    assert cd2("--json", "settings", "get", "deviceName").record == {"name": "device_name", "value": "emulator"}


def test_get_what_is_not_there(cd2: Run) -> None:
    unknown = cd2("settings", "get", "nonsense")
    assert unknown.code == 2 and "'nonsense' is no setting" in unknown.err
    cd2("settings", "set", "max_file_log_size_bytes=none")
    absent = cd2("settings", "get", "max_file_log_size_bytes")
    assert absent.code == 5 and "the server has no max_file_log_size_bytes" in absent.err


def test_set(cd2: Run, signed_in: RunningEmulator) -> None:
    tried = cd2("settings", "set", "upload_delay_secs=30", "uploadIgnoredExtensions=tmp,part", "--dry-run")
    assert tried.lines == ["upload_delay_secs: 0 -> 30", "upload_ignored_extensions:  -> tmp,part"]
    assert "nothing was changed" in tried.err
    assert signed_in.calls.count("SetSystemSettings") == 0
    assert cd2("--json", "settings", "set", "upload_delay_secs=30").record == {
        "name": "upload_delay_secs",
        "before": 0,
        "after": 30,
        "dry_run": False,
    }
    again = cd2("settings", "set", "upload_delay_secs=30")
    assert (again.code, again.out) == (0, "") and "nothing to change" in again.err


def test_bad_input(cd2: Run, signed_in: RunningEmulator) -> None:
    for text in ("upload_delay_secs", "upload_delay_secs=soon", "sync_with_cloud=maybe", "file_log_level=loud", "x=1"):
        assert cd2("settings", "set", "device_name=a", text).code == 2
    assert signed_in.calls.count("SetSystemSettings") == 0
