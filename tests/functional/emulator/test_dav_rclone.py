"""WebDAV by a client of others: rclone copies, checks, moves and reads back."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

pytestmark = pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")


@pytest.fixture
def rclone(emulator: RunningEmulator, tmp_path: Path) -> Any:
    """``await rclone("copy", source, "cd2:/Cloud")``: what it printed."""

    async def run(*arguments: str) -> str:
        hidden = await asyncio.create_subprocess_exec(
            "rclone", "obscure", emulator.password, stdout=asyncio.subprocess.PIPE, env=environment
        )
        secret = (await hidden.communicate())[0].decode().strip()
        where = {
            "RCLONE_CONFIG_CD2_TYPE": "webdav",
            "RCLONE_CONFIG_CD2_URL": f"{emulator.url}/dav",
            "RCLONE_CONFIG_CD2_VENDOR": "other",
            "RCLONE_CONFIG_CD2_USER": emulator.username,
            "RCLONE_CONFIG_CD2_PASS": secret,
        }
        process = await asyncio.create_subprocess_exec(
            "rclone",
            *arguments,
            "--retries=1",
            "--low-level-retries=1",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**environment, **where},
        )
        out = (await process.communicate())[0].decode()
        assert process.returncode == 0, out
        return out

    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RCLONE_CONFIG": "/dev/null"}
    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    sizes = {"a.bin": 5_000_000, "sub/ä 中文 🎬 [1] #2 50% &+.bin": 70_000, "sub/deep/empty": 0, "one": 1}
    for name, size in sizes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(name).randbytes(size))
    return folder


async def test_copy_check_move_and_back(emulator: RunningEmulator, rclone: Any, source: Path, tmp_path: Path, stub: Any) -> None:
    await rclone("copy", str(source), "cd2:/Cloud/there")
    while (await stub.GetAllTasksCount()).uploadCount:
        pass
    assert "0 differences found" in await rclone("check", str(source), "cd2:/Cloud/there", "--download")
    await rclone("move", "cd2:/Cloud/there/sub", "cd2:/Cloud/moved")
    await rclone("copy", "cd2:/Cloud/moved", str(tmp_path / "back"))
    back = {path.relative_to(tmp_path / "back"): path.read_bytes() for path in (tmp_path / "back").rglob("*") if path.is_file()}
    assert back == {path.relative_to(source / "sub"): path.read_bytes() for path in (source / "sub").rglob("*") if path.is_file()}
    (source / "a.bin").write_bytes(b"other")
    await rclone("sync", str(source), "cd2:/Cloud/there")
    while (await stub.GetAllTasksCount()).uploadCount:
        pass
    assert "0 differences found" in await rclone("check", str(source), "cd2:/Cloud/there", "--download")
    await rclone("purge", "cd2:/Cloud/there")
    assert sorted((await rclone("lsf", "cd2:/Cloud")).split()) == ["moved/"]
