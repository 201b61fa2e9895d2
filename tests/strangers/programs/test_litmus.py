"""litmus, a suite of others for WebDAV servers: what RFC 4918 promises (protocol.md §15 says only that there is WebDAV)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from clouddrive2.testing import RunningEmulator

from .conftest import Ran, needs

pytestmark = [pytest.mark.strangers, needs("litmus")]

RESULT = re.compile(r"^ *\d+\. (\w+)\.* +(pass|FAIL|SKIPPED)", re.MULTILINE)
# All of it sets properties of its own making, which the emulator does not keep: no cloud does.
DEAD_PROPERTIES = {
    "propset",
    "propget",
    "propmove",
    "propdeletes",
    "propreplace",
    "propnullns",
    "prophighunicode",
    "propremoveset",
    "propsetremove",
    "propvalnspace",
    "propmanyns",
}
UNKEPT = {"props": DEAD_PROPERTIES, "locks": {"owner_modify"}}


@pytest.mark.parametrize(("part", "count"), [("basic", 16), ("copymove", 13), ("props", 30), ("locks", 41), ("http", 4)])
def test_part(emulator: RunningEmulator, run: Callable[..., Ran], part: str, count: int) -> None:
    ran = run(
        "litmus",
        "--keep-going",
        f"{emulator.url}/dav/Cloud/",
        emulator.username,
        emulator.password,
        env={"TESTS": part},
        expect=None,
    )
    printed = ran.stdout.replace("\r", "\n")
    results = {(number, name): what for number, (name, what) in enumerate(RESULT.findall(printed))}
    assert len(results) == count, printed
    failed = {name for (_, name), what in results.items() if what != "pass"}
    assert failed <= UNKEPT.get(part, set()), printed
    assert "WARNING" not in printed
