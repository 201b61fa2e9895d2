"""The pytest plugin of everybody who has this package: a CloudDrive2 server for each test that asks for one.

::

    def test_it_uploads(clouddrive, clouddrive_url, clouddrive_calls):
        my_program.upload(clouddrive_url, clouddrive.username, clouddrive.password, "film.mkv", clouddrive.cloud)
        assert clouddrive_calls.of("StartRemoteUpload")[-1].file_path == "/Cloud/film.mkv"

pytest loads it by itself; nothing of the emulator is loaded before a test asks for it. The fixtures need the extra ``emulator``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from clouddrive2.emulator.calls import Calls
    from clouddrive2.emulator.faults import Faults
    from clouddrive2.testing import RunningEmulator

__all__ = ["clouddrive", "clouddrive_calls", "clouddrive_faults", "clouddrive_options", "clouddrive_url"]


@pytest.fixture
def clouddrive_options() -> dict[str, Any]:
    """Arguments of :class:`clouddrive2.emulator.Emulator`; override it to have another server: two clouds, a folder on disk."""
    return {}


@pytest.fixture
def clouddrive(clouddrive_options: dict[str, Any]) -> Iterator[RunningEmulator]:
    """A fresh server on a free port of this machine, gone with the test; files in memory unless the options say where."""
    # The plugin is loaded in every project that has the package; the server's libraries are not.
    try:
        from clouddrive2.testing import running_emulator
    except ModuleNotFoundError as error:
        pytest.fail(f"the fixture needs {error.name}: pip install 'clouddrive2[emulator]'", pytrace=False)
    with running_emulator(**clouddrive_options) as emulator:
        yield emulator


@pytest.fixture
def clouddrive_url(clouddrive: RunningEmulator) -> str:
    """``http://127.0.0.1:port`` of the test's server: gRPC, gRPC-Web, ``/static`` and ``/dav``."""
    return clouddrive.url


@pytest.fixture
def clouddrive_faults(clouddrive: RunningEmulator) -> Faults:
    """What is to go wrong on purpose: ``clouddrive_faults.drop_channel(after_messages=3)``."""
    return clouddrive.faults


@pytest.fixture
def clouddrive_calls(clouddrive: RunningEmulator) -> Calls:
    """What the server was asked: ``clouddrive_calls.count("GetSubFiles")``."""
    return clouddrive.calls
