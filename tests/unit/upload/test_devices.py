"""Device ids: one client each, and the same again after any kind of end."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.upload import devices
from clouddrive2.upload.devices import Device

HOLDER = """
import sys
from pathlib import Path
from clouddrive2.upload.devices import Device

print(Device(Path(sys.argv[1])).id, flush=True)
sys.stdin.read()
"""


def is_in_use(folder: Path, device_id: str) -> bool:
    """Whether nobody else can have it, though it is preferred."""
    other = Device(folder, device_id)
    other.release()
    return other.id != device_id


def test_the_same_again_after_release(tmp_path: Path) -> None:
    first = Device(tmp_path / "devices")
    assert str(uuid.UUID(first.id)) == first.id
    first.release()
    first.release()
    second = Device(tmp_path / "devices")
    assert second.id == first.id
    second.release()


def test_two_at_a_time_are_different(tmp_path: Path) -> None:
    first, second = Device(tmp_path), Device(tmp_path)
    assert first.id != second.id
    first.release()
    third = Device(tmp_path)
    assert third.id == first.id
    second.release()
    third.release()


def test_they_are_their_owners(tmp_path: Path) -> None:
    device = Device(tmp_path / "devices")
    assert stat.S_IMODE((tmp_path / "devices").stat().st_mode) == 0o700
    [file] = (tmp_path / "devices").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    device.release()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe\x00", b"x" * 1000])
def test_a_spoilt_file_gets_a_fresh_id(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0.id").write_bytes(content)
    device = Device(tmp_path)
    assert (tmp_path / "0.id").read_text() == device.id == str(uuid.UUID(device.id))
    assert is_in_use(tmp_path, device.id)
    device.release()


def test_all_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "SLOTS", 2)
    held = [Device(tmp_path), Device(tmp_path)]
    with pytest.raises(ConfigError, match=r"all 2 device ids in .* are in use; close other clients"):
        Device(tmp_path)
    for device in held:
        device.release()
    Device(tmp_path).release()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="device ids cannot be kept in") as caught:
        Device(tmp_path / "file" / "devices")
    assert caught.value.path == str(tmp_path / "file" / "devices")


async def test_a_killed_process_leaves_its_id(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        theirs = (await process.stdout.readline()).decode().strip()
        assert is_in_use(tmp_path, theirs)
        ours = Device(tmp_path)
        assert ours.id != theirs
    finally:
        process.kill()
        await process.communicate()
    assert process.returncode == -9
    assert not is_in_use(tmp_path, theirs)
    after = Device(tmp_path)
    assert after.id == theirs
    after.release()
    ours.release()


def test_a_child_does_not_inherit_it(tmp_path: Path) -> None:
    device = Device(tmp_path)
    program = "import sys; print('running', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"running\n"
        device.release()
        assert not is_in_use(tmp_path, device.id)
        child.communicate()
