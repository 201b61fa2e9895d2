"""``cd2 encrypted``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
FOLDER = "/Cloud/Private"


def test_every_verb(cd2: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_FOLDER_PASSWORD", "x1y2")
    assert cd2("encrypted", "add", FOLDER).out == f"{FOLDER}/\n"
    assert cd2("encrypted", "lock", FOLDER).code == 0
    assert cd2("encrypted", "status", FOLDER, "/Cloud").lines == [f"locked    {FOLDER}", "none      /Cloud"]
    assert cd2("ls", FOLDER).code == 1
    assert cd2("encrypted", "unlock", FOLDER, "--save-password").code == 0
    assert cd2("--json", "encrypted", "status", FOLDER).record == {"path": FOLDER, "state": "unlocked"}


def test_bad_input(cd2: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = cd2("encrypted", "add", FOLDER)
    assert refused.code == 2 and "CLOUDDRIVE2_FOLDER_PASSWORD" in refused.err
    monkeypatch.setenv("CLOUDDRIVE2_FOLDER_PASSWORD", "x1y2")
    assert cd2("encrypted", "add", "/Cloud/none/Private").code == 5
    assert cd2("encrypted", "unlock", FOLDER).code == 5
    assert cd2("encrypted", "lock", "/Cloud").code == 1
    assert cd2("encrypted", "add", FOLDER).code == 0
    assert cd2("encrypted", "lock", FOLDER).code == 0
    monkeypatch.setenv("CLOUDDRIVE2_FOLDER_PASSWORD", "other")
    wrong = cd2("encrypted", "unlock", FOLDER)
    assert wrong.code == 1 and "wrong password" in wrong.err
