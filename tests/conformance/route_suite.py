"""What every upload route promises. A subclass says which route it is, and keeps the promises on real sockets.

A new route needs one subclass in ``test_routes.py`` (or in a file of its own) with

- ``route``: the route's name; the suite forces it with ``routes=[route]``;
- :meth:`RouteSuite.emulator_arguments` and :meth:`RouteSuite.client_arguments`, when the route needs more than an emulator in
  memory and its address and account, for example a mount. What the second returns has to be plain values: a child process
  gets it as JSON;
- :meth:`RouteSuite.break_midway` and :meth:`RouteSuite.fill_disk`: how the emulator fails on this route; a text to find in the
  error;
- ``waits_always``: whether the route waits for the cloud whatever is asked.

Where a test interrupts a file on its way, the client's bandwidth is limited, so that there is a middle: a route that does not
ask :attr:`Caller.limits` before it sends has to override :meth:`RouteSuite.slow_arguments`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.models.uploads import Outcome, Phase, UploadProgress
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload.job import UploadJob
from clouddrive2.upload.pace import FailureClass, failure_class

MIB = 1 << 20
# More than two pieces of any route.
LONG = 9 * MIB + 5
NAMES = (
    "a b.bin",
    " leading",
    "#100%.mkv",
    "中文名 第1集.mkv",
    "😀.bin",
    "cafe\u0301",
    "-rf",
    "q&=+;@.x",
    ".hidden",
    "no suffix",
    "two.dots.tar.gz",
    "x" * 200 + ".mkv",
)
CHILD = """
import asyncio, json, sys
from pathlib import Path
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig

async def main(source, to, options, state, arguments):
    async with AsyncClient(**arguments, uploads=UploadConfig(state_folder=Path(state))) as client:
        job = await client.uploads.start(source, to, **options)
        async for progress in job.progress():
            if progress.sent:
                print("midway", flush=True)
        await job.result()

source, to, options, state, arguments = sys.argv[1:]
asyncio.run(main(source, to, json.loads(options), state, json.loads(arguments)))
"""


@dataclass(frozen=True)
class Scene:
    """One emulator, a folder for sources, and the settings of clients."""

    emulator: RunningEmulator
    folder: Path
    config: UploadConfig

    @property
    def cloud(self) -> str:
        return self.emulator.cloud

    def file(self, name: str, size: int, seed: int = 0) -> Path:
        """A source with repeatable random content."""
        path = self.folder / name
        path.write_bytes(random.Random(f"{name}{size}{seed}").randbytes(size))
        return path


class RouteSuite(ABC):
    """Runs on each route."""

    route: str
    waits_always = False

    def emulator_arguments(self, folder: Path) -> dict[str, Any]:
        """For ``emulator_factory``."""
        return {}

    def client_arguments(self, emulator: RunningEmulator) -> dict[str, Any]:
        """For ``AsyncClient``."""
        return {"url": emulator.url, "username": emulator.username, "password": emulator.password}

    def slow_arguments(self, emulator: RunningEmulator) -> dict[str, Any]:
        """For a client that is still midway when a test looks."""
        return {**self.client_arguments(emulator), "bandwidth": "3M"}

    @abstractmethod
    def break_midway(self, emulator: RunningEmulator) -> str:
        """Let the server fail for good in the middle of the data; what the error says."""

    @abstractmethod
    def fill_disk(self, emulator: RunningEmulator) -> str:
        """Let the server have room for the first MiB of a file only; what the error says."""

    @pytest.fixture
    def scene(self, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> Scene:
        folder = tmp_path / "sources"
        folder.mkdir()
        config = UploadConfig(
            reconnect_first=0.02,
            reconnect_longest=0.2,
            progress_seconds=0.05,
            offline_seconds=10,
            delivery_first=0.02,
            delivery_longest=0.1,
            delivery_seconds=20,
            verify_seconds=3,
            cancel_seconds=5,
            attempts=1,
            state_folder=tmp_path / "state",
        )
        return Scene(emulator_factory(**self.emulator_arguments(tmp_path)), folder, config)

    @asynccontextmanager
    async def client(self, scene: Scene, *, slow: bool = False) -> AsyncIterator[AsyncClient]:
        arguments = self.slow_arguments(scene.emulator) if slow else self.client_arguments(scene.emulator)
        async with AsyncClient(**arguments, uploads=scene.config) as client:
            yield client

    @asynccontextmanager
    async def midway(self, scene: Scene, source: Path, **options: Any) -> AsyncIterator[tuple[AsyncClient, UploadJob]]:
        """A job some of whose bytes, and not all, have been sent."""
        async with self.client(scene, slow=True) as client:
            job = await client.uploads.start(source, f"{scene.cloud}/", routes=[self.route], **options)
            async for progress in job.progress():
                if progress.sent:
                    assert progress.sent < progress.total
                    break
            yield client, job

    async def assert_holds(self, scene: Scene, folder: str = "", **files: bytes) -> None:
        """The folder has these files and nothing else, and the server has nothing half-done."""
        async with self.client(scene) as client:
            entries = {entry.name: entry async for entry in client.files.list(f"{scene.cloud}{folder}", refresh=True)}
            found = {name: entry.size for name, entry in entries.items() if entry.is_file}
            assert found == {name: len(content) for name, content in files.items()}
            assert not any(entry.pending for entry in entries.values())
            for name, content in files.items():
                assert await client.files.read_bytes(f"{scene.cloud}{folder}/{name}") == content
            assert list((await client.raw.GetOpenFileHandles()).openFileHandles) == []
            assert [row async for row in client.transfers.uploads() if not row.status.is_terminal] == []

    # What arrives

    @pytest.mark.parametrize("size", [0, 1, 1000, 2 * MIB, LONG])
    async def test_every_size_arrives(self, scene: Scene, size: int) -> None:
        source = scene.file("film.mkv", size)
        snapshots: list[UploadProgress] = []
        async with self.client(scene) as client:
            uploaded = await client.uploads.upload(source, f"{scene.cloud}/", routes=[self.route], on_progress=snapshots.append)
        assert (uploaded.route, uploaded.outcome, uploaded.verified) == (self.route, Outcome.VERIFIED, "hash")
        assert (uploaded.path, uploaded.size) == (f"{scene.cloud}/film.mkv", size)
        await self.assert_holds(scene, **{"film.mkv": source.read_bytes()})
        last = snapshots[-1]
        assert (last.phase, last.total, last.confirmed, last.delivered) == (Phase.FINISHED, size, size, size)
        for before, after in pairwise(snapshots):
            assert before.sent <= after.sent
            assert before.confirmed <= after.confirmed <= size
            assert before.delivered <= after.delivered <= size

    @pytest.mark.parametrize("name", NAMES)
    async def test_awkward_names(self, scene: Scene, name: str) -> None:
        source = scene.file(name, 3000)
        async with self.client(scene) as client:
            uploaded = await client.uploads.upload(source, f"{scene.cloud}/", routes=[self.route])
        assert uploaded.path == f"{scene.cloud}/{name}"
        await self.assert_holds(scene, **{name: source.read_bytes()})

    async def test_missing_folders_are_made(self, scene: Scene) -> None:
        source = scene.file("film.mkv", 1000)
        async with self.client(scene) as client:
            await client.uploads.upload(source, f"{scene.cloud}/new/and newer/", routes=[self.route])
        await self.assert_holds(scene, "/new/and newer", **{"film.mkv": source.read_bytes()})

    async def test_many_at_once(self, scene: Scene) -> None:
        sources = [scene.file(f"{number}.bin", number * 100_000) for number in range(12)]
        async with self.client(scene) as client, client.uploads.batch(files_at_once=6, routes=[self.route]) as batch:
            for source in sources:
                batch.add(source, f"{scene.cloud}/")
        await self.assert_holds(scene, **{source.name: source.read_bytes() for source in sources})

    @pytest.mark.slow
    async def test_a_large_sparse_file(
        self, scene: Scene, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path
    ) -> None:
        arguments = {"root": tmp_path / "drive", **self.emulator_arguments(tmp_path / "other")}
        scene = Scene(emulator_factory(**arguments), scene.folder, scene.config)
        source, size = scene.folder / "large.bin", (1 << 30) + 5 * MIB + 7
        with source.open("wb") as file:
            file.write(b"beginning")
            file.seek((1 << 30) + 17)
            file.write(b"end")
            file.truncate(size)
        async with self.client(scene) as client:
            uploaded = await client.uploads.upload(source, f"{scene.cloud}/", routes=[self.route])
            entry = await client.files.stat(uploaded.path)
        with source.open("rb") as file:
            assert entry.hashes.sha1 == hashlib.file_digest(file, "sha1").hexdigest()
        assert (uploaded.outcome, entry.size) == (Outcome.VERIFIED, size)

    # What was there before

    async def test_a_replaced_file_stays_until_the_new_one_is_complete(self, scene: Scene) -> None:
        await self.put_old(scene)
        source = scene.file("film.mkv", LONG)
        async with self.midway(scene, source, if_exists="overwrite") as (client, job):
            assert await client.files.read_bytes(f"{scene.cloud}/film.mkv") == b"old content"
            assert (await job.result()).outcome is Outcome.VERIFIED
        await self.assert_holds(scene, **{"film.mkv": source.read_bytes()})

    async def test_a_replaced_file_stays_when_the_new_one_fails(self, scene: Scene) -> None:
        await self.put_old(scene)
        text = self.break_midway(scene.emulator)
        async with self.client(scene) as client:
            with pytest.raises(errors.Error, match=text):
                await client.uploads.upload(
                    scene.file("film.mkv", LONG), f"{scene.cloud}/", if_exists="overwrite", routes=[self.route]
                )
        await self.assert_holds(scene, **{"film.mkv": b"old content"})

    async def put_old(self, scene: Scene) -> None:
        old = scene.folder / "film.mkv"
        old.write_bytes(b"old content")
        async with self.client(scene) as client:
            await client.uploads.upload(old, f"{scene.cloud}/", routes=[self.route])

    # Steering

    async def test_cancel_leaves_nothing(self, scene: Scene) -> None:
        async with self.midway(scene, scene.file("film.mkv", LONG)) as (_, job):
            await job.cancel()
            with pytest.raises(errors.UploadCancelled):
                await job.result()
            assert job.snapshot().phase is Phase.CANCELLED
        await self.assert_holds(scene)

    async def test_pause_and_resume(self, scene: Scene) -> None:
        source = scene.file("film.mkv", LONG)
        async with self.midway(scene, source) as (_, job):
            await job.pause()
            assert job.snapshot().phase is Phase.PAUSED
            await job.resume()
            assert (await job.result()).outcome is Outcome.VERIFIED
        await self.assert_holds(scene, **{"film.mkv": source.read_bytes()})

    async def test_stopped_and_taken_up_again(self, scene: Scene) -> None:
        source = scene.file("film.mkv", LONG)
        async with self.midway(scene, source) as (_, job):
            await job.stop()
        async with self.client(scene) as client:
            assert (await client.uploads.upload(source, f"{scene.cloud}/", routes=[self.route])).outcome is Outcome.VERIFIED
            assert await client.uploads.pending() == []
        await self.assert_holds(scene, **{"film.mkv": source.read_bytes()})

    # The source

    @pytest.mark.parametrize("change", ["grows", "shrinks", "is replaced", "is removed"])
    async def test_a_source_that_changes(self, scene: Scene, change: str) -> None:
        source = scene.file("film.mkv", LONG)
        async with self.midway(scene, source) as (_, job):
            if change == "grows":
                with source.open("ab") as file:
                    file.write(b"more")
            elif change == "shrinks":
                os.truncate(source, LONG - MIB)
            elif change == "is replaced":
                scene.file("other", LONG, seed=1).replace(source)
            else:
                source.unlink()
            with pytest.raises(errors.SourceChanged, match=r"film\.mkv"):
                await job.result()
        await self.assert_holds(scene)

    # Failures

    async def test_a_server_that_fails_midway(self, scene: Scene) -> None:
        text = self.break_midway(scene.emulator)
        async with self.client(scene) as client:
            with pytest.raises(errors.Error, match=text) as caught:
                await client.uploads.upload(scene.file("film.mkv", LONG), f"{scene.cloud}/", routes=[self.route])
        assert not isinstance(caught.value, errors.OutcomeUnknown)
        await self.assert_holds(scene)

    async def test_a_full_disk(self, scene: Scene) -> None:
        text = self.fill_disk(scene.emulator)
        async with self.client(scene) as client:
            with pytest.raises(errors.Error, match=text) as caught:
                await client.uploads.upload(scene.file("film.mkv", LONG), f"{scene.cloud}/", routes=[self.route])
        # Of the name it had on its way nobody knows.
        assert (caught.value.path, ".cd2-" in str(caught.value)) == (f"{scene.cloud}/film.mkv", False)
        assert failure_class(caught.value) is FailureClass.NEVER
        await self.assert_holds(scene)

    async def test_a_wrong_hash_is_told(self, scene: Scene) -> None:
        scene.emulator.faults.lie_about_hash()
        async with self.client(scene) as client:
            with pytest.raises(errors.HashMismatch):
                await client.uploads.upload(scene.file("film.mkv", 1000), f"{scene.cloud}/", routes=[self.route])

    async def test_wrong_bytes_are_noticed(self, scene: Scene) -> None:
        scene.emulator.faults.corrupt_stored()
        async with self.client(scene) as client:
            with pytest.raises(errors.UploadError):
                await client.uploads.upload(scene.file("film.mkv", LONG), f"{scene.cloud}/", routes=[self.route])
        assert scene.emulator.faults.fired["corrupt_stored"] == 1

    @pytest.mark.parametrize("lag", [{"lookups": 2}, {"seconds": 0.3}])
    async def test_a_lagging_index(self, scene: Scene, lag: dict[str, float]) -> None:
        scene.emulator.faults.lag_index(**lag)
        source = scene.file("film.mkv", 1000)
        async with self.client(scene) as client:
            uploaded = await client.uploads.upload(source, f"{scene.cloud}/", routes=[self.route])
        assert uploaded.outcome is Outcome.VERIFIED
        scene.emulator.faults.lag_index()
        await self.assert_holds(scene, **{"film.mkv": source.read_bytes()})

    @pytest.mark.parametrize("again", ["unchanged", "changed"])
    async def test_killed_and_run_again(self, scene: Scene, again: str) -> None:
        source = scene.file("film.mkv", LONG)
        arguments = json.dumps(self.slow_arguments(scene.emulator))
        options = json.dumps({"routes": [self.route]})
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, source, f"{scene.cloud}/", options, scene.config.state_folder, arguments),
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        assert await child.stdout.readline() == b"midway\n"
        child.send_signal(signal.SIGKILL)
        assert await child.wait() == -signal.SIGKILL
        if again == "changed":
            source = scene.file("film.mkv", LONG, seed=1)
        async with self.client(scene) as client:
            uploaded = await client.uploads.upload(source, f"{scene.cloud}/", routes=[self.route])
            assert uploaded.outcome is Outcome.VERIFIED
            assert await client.uploads.pending() == []
        await self.assert_holds(scene, **{"film.mkv": source.read_bytes()})

    # Waiting

    @pytest.mark.parametrize("wait", ["queued", "none"])
    async def test_not_waiting_for_the_cloud(self, scene: Scene, wait: str) -> None:
        if not self.waits_always:
            # A cloud that takes nothing before the clock goes on.
            scene.emulator.emulator.options.upload_bytes_per_second = 1.0
        source = scene.file("film.mkv", 100_000)
        async with self.client(scene) as client:
            uploaded = await client.uploads.upload(source, f"{scene.cloud}/", routes=[self.route], wait=wait)
        assert uploaded.outcome is (Outcome.VERIFIED if self.waits_always else Outcome.ARRIVED)
        if not self.waits_always:
            async with self.client(scene) as client:
                assert (await client.files.stat(uploaded.path)).pending
