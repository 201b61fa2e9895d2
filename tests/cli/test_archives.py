"""``cd2 archives``."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
FOLDER = "/Archive Folders/photos_zip"


@pytest.fixture
def photos(emulator: RunningEmulator, seed: Callable[[Mapping[str, bytes]], None]) -> str:
    emulator.world.options.archive_folders = True
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.jpg", b"a")
    seed({"photos.zip": made.getvalue(), "text.txt": b"text"})
    return "/Cloud/photos.zip"


def test_every_verb(cd2: Run, photos: str) -> None:
    assert cd2("archives", "list").out == ""
    assert cd2("archives", "probe", photos).out == "yes: zip\n"
    opened = cd2("archives", "open", photos, "--auto-load")
    assert (opened.code, opened.out) == (0, f"ready  {FOLDER}\n")
    assert cd2("ls", FOLDER).lines == ["a.jpg"]
    assert cd2("cat", f"{FOLDER}/a.jpg").out == "a"
    assert cd2("archives", "list").lines[-1].split()[:3] == ["ready", "yes", "1"]
    changed = cd2("--json", "archives", "update", FOLDER, "--no-auto-load", "--solid-mode", "cache").record
    assert (changed["auto_load"], changed["solid_mode"], changed["folder"]) == (False, "cache", FOLDER)
    assert cd2("archives", "unload", FOLDER).code == 0
    assert cd2("--json", "archives", "list").record["state"] == "unloaded"
    assert cd2("archives", "load", FOLDER).code == 0
    assert cd2("archives", "remove", FOLDER).code == 2
    assert cd2("archives", "remove", FOLDER, "--yes").code == 0
    assert cd2("archives", "list").out == ""


def test_a_password_comes_from_the_environment(cd2: Run, photos: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cd2("archives", "open", photos, "--ask-password").code == 2
    monkeypatch.setenv("CLOUDDRIVE2_ARCHIVE_PASSWORD", "x1y2")
    assert cd2("archives", "open", photos, "--ask-password").code == 0
    assert cd2("archives", "update", FOLDER, "--no-password").code == 0


def test_bad_input(cd2: Run, photos: str, emulator: RunningEmulator) -> None:
    assert cd2("archives", "probe", "/Cloud/text.txt").lines == ["no: this is no archive"]
    assert cd2("archives", "probe", "/Cloud/text.txt").code == 1
    assert cd2("archives", "open", "/Cloud/text.txt").code == 1
    assert cd2("archives", "open", "/Cloud/none").code == 5
    assert cd2("archives", "load", FOLDER).code == 5
    assert cd2("archives", "update", FOLDER).code == 2
    assert cd2("archives", "update", FOLDER, "--cover", "/a", "--no-cover").code == 2
    emulator.world.options.archive_folders = False
    refused = cd2("archives", "open", photos)
    assert refused.code and "archive_folders_enabled" in refused.err
