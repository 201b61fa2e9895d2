"""``cd2 put`` through an nginx that lets ``/dav`` through and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.testing import RunningEmulator

from .conftest import StartNginx

Cd2 = Callable[..., Any]


@pytest.fixture
def cd2(tmp_path: Path) -> Cd2:
    """``await cd2(url, "put", ...)``: exit code, standard output, standard error."""

    async def run(url: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
        own = {"CLOUDDRIVE2_URL": url, "CLOUDDRIVE2_USERNAME": "user", "CLOUDDRIVE2_PASSWORD": "password", **environment}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "clouddrive2.cli", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **own},
            cwd=tmp_path,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    return run


@pytest.fixture
def url(start_nginx: StartNginx, emulator: RunningEmulator) -> str:
    dav = f"location /dav {{ proxy_pass http://127.0.0.1:{emulator.port}; client_max_body_size 0; proxy_request_buffering off; }}"
    return start_nginx(emulator.port, server=dav, location="return 404;").url


@pytest.fixture
def season(tmp_path: Path) -> Path:
    folder = tmp_path / "season 1"
    (folder / "extras").mkdir(parents=True)
    (folder / "one.mkv").write_bytes(os.urandom(3_000_000))
    (folder / "extras" / "what? #2 花絮 100%.mkv").write_bytes(b"extra")
    (folder / "empty").mkdir()
    return folder


async def test_a_folder_arrives_and_the_reason_is_told(cd2: Cd2, url: str, emulator: RunningEmulator, season: Path) -> None:
    code, out, err = await cd2(url, "put", str(season), "/Cloud/Series/")
    assert (code, err) == (0, "")
    assert "no call gets through, so it went by WebDAV" in out
    storage = emulator.world.clouds["Cloud"].storage
    while emulator.world.tasks.live_count():
        await asyncio.to_thread(emulator.on_loop, asyncio.sleep, 0.01)
    assert storage.names("/Series/season 1") == ["empty", "extras", "one.mkv"]
    one = storage.stat("/Series/season 1/one.mkv")
    assert one is not None
    assert storage.read("/Series/season 1/one.mkv", 0, one.size) == (season / "one.mkv").read_bytes()
    assert storage.names("/Series/season 1/extras") == ["what? #2 花絮 100%.mkv"]


async def test_programs_are_told_as_well(cd2: Cd2, url: str, season: Path) -> None:
    code, out, _ = await cd2(url, "--json", "put", str(season / "one.mkv"), "/Cloud/new.mkv")
    done = [record for record in map(json.loads, out.splitlines()) if record["event"] == "done"]
    assert code == 0
    assert [(each["route"], each["verified"], each["outcome"], each["path"]) for each in done] == [
        ("webdav", "size", "arrived", "/Cloud/new.mkv")
    ]
    code, out, _ = await cd2(url, "-v", "put", "--dry-run", str(season / "one.mkv"), "/Cloud/")
    assert code == 0
    assert "by webdav" in out


async def test_a_source_is_kept_that_is_only_in_the_server(cd2: Cd2, url: str, season: Path) -> None:
    code, _, _ = await cd2(url, "put", "--move", str(season / "one.mkv"), "/Cloud/")
    assert (code, (season / "one.mkv").exists()) == (0, True)


async def test_without_dav_it_is_unreachable_as_before(
    cd2: Cd2, start_nginx: StartNginx, emulator: RunningEmulator, season: Path, url: str
) -> None:
    nothing = start_nginx(emulator.port, location="return 404;").url
    code, _, err = await cd2(nothing, "put", str(season / "one.mkv"), "/Cloud/")
    assert (code, err.count("\n")) == (3, 1)
    assert "serves no WebDAV" in err
    code, _, err = await cd2("http://127.0.0.1:9", "put", str(season / "one.mkv"), "/Cloud/")
    assert (code, "WebDAV" in err, err.count("\n")) == (3, False, 1)
    code, _, err = await cd2(url, "put", str(season / "one.mkv"), "/Cloud/", CLOUDDRIVE2_PASSWORD="wrong")
    assert (code, "dav_password" in err, "wrong" in err) == (3, True, False)


async def test_a_proxy_that_takes_no_large_bodies(
    cd2: Cd2, start_nginx: StartNginx, emulator: RunningEmulator, season: Path
) -> None:
    small = f"location /dav {{ proxy_pass http://127.0.0.1:{emulator.port}; client_max_body_size 1m; }}"
    url = start_nginx(emulator.port, server=small, location="return 404;").url
    code, _, err = await cd2(url, "put", str(season / "one.mkv"), "/Cloud/")
    assert code == 1
    assert "client_max_body_size" in err
    assert emulator.world.clouds["Cloud"].storage.names("/") == []
