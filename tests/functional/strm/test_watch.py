"""``.strm`` files that follow what the server tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.errors import NotFound, PermissionDenied
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.strm import Kind, Outcome, Strm, StrmOptions, Summary, watch
from clouddrive2.testing import RunningEmulator, running_emulator

Library = Any
MOUNTED = StrmOptions(mounted_at="/mnt")
QUICK = Retry(first_delay=0.001, longest_delay=0.002)


class Watched:
    """A watch that runs, and what it tells."""

    def __init__(self, strm: Strm) -> None:
        self.strm = strm
        self.steps: asyncio.Queue[Outcome | Summary] = asyncio.Queue()

    async def run(self, client: AsyncClient, **times: float) -> None:
        async with aclosing(watch(client, self.strm, **{"settle": 0.001, "look_again": 0.01, **times})) as steps:
            async for step in steps:
                self.steps.put_nowait(step)

    async def round(self) -> dict[str, Kind]:
        """The next round that did something, or stood still for a reason."""
        while True:
            done, summary = await self.any_round()
            if done or summary.error or summary.refusal:
                return done

    async def any_round(self) -> tuple[dict[str, Kind], Summary]:
        done: dict[str, Kind] = {}
        while True:
            step = await asyncio.wait_for(self.steps.get(), 20)
            if isinstance(step, Summary):
                return done, step
            assert step.error is None
            done[step.action.target] = step.action.kind

    async def until(self, wanted: dict[str, Kind]) -> None:
        """Until all of it was done, in any number of rounds; nothing else may be."""
        done: dict[str, Kind] = {}
        while done != wanted:
            done |= {name: kind for name, kind in (await self.round()).items() if kind is not Kind.LEAVE}
            assert done.items() <= wanted.items()


@asynccontextmanager
async def watching(
    library: Library, options: StrmOptions = MOUNTED, client: AsyncClient | None = None, **more: Any
) -> AsyncIterator[Watched]:
    times = {name: more.pop(name) for name in ("every", "look_again") if name in more}
    watched = Watched(Strm(client or library.client, library.there, library.here, options, **more))
    task = asyncio.create_task(watched.run(client or library.client, **times))
    try:
        yield watched
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_follows_what_happens(library: Library) -> None:
    await library.store("a.mkv")
    async with watching(library) as watched:
        await watched.until({"a.strm": Kind.ADD})
        await library.store("new/b.mkv")
        await watched.until({"new/b.strm": Kind.ADD})
        await library.client.files.rename(f"{library.there}/new", "newer")
        await watched.until({"newer/b.strm": Kind.ADD, "new/b.strm": Kind.DELETE})
        await library.client.files.delete(f"{library.there}/newer")
        await watched.until({"newer/b.strm": Kind.DELETE})
    assert library.files() == {"a.strm": "/mnt/a.mkv"}
    assert [path.name for path in library.here.iterdir() if path.is_dir()] == []


async def test_only_what_is_touched_is_listed(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a/1.mkv", "b/2.mkv", "c/3.mkv")
    async with watching(library) as watched:
        await watched.round()
        before = len(emulator.calls.of("GetSubFiles"))
        await library.store("a/4.mkv")
        await watched.until({"a/4.strm": Kind.ADD})
        listed = {call.path for call in emulator.calls.of("GetSubFiles")[before:]}
    assert listed == {f"{library.there}/a"}


async def test_after_a_broken_connection_everything_is_listed(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv")
    async with watching(library) as watched:
        await watched.round()
        (library.here / "a.strm").unlink()
        emulator.drop_connections()
        await watched.until({"a.strm": Kind.ADD})


async def test_a_starting_server_looks_empty(library: Library) -> None:
    """Nothing goes although more may be deleted than there is: an empty answer is not believed when nobody looks on."""
    await library.store("a.mkv", "b/c.mkv")
    async with watching(library, max_delete=1000) as watched:
        await watched.round()
        await library.client.files.delete([f"{library.there}/a.mkv", f"{library.there}/b"])
        while True:
            done, summary = await watched.any_round()
            assert not done or set(done.values()) == {Kind.DELETE}
            if summary.refusal is not None:
                break
    assert "without watching" in summary.refusal
    assert library.files()


async def test_a_folder_that_is_gone_is_waited_for(library: Library) -> None:
    await library.store("a.mkv")
    async with watching(library) as watched:
        await watched.round()
        await library.client.files.rename(library.there, "Elsewhere")
        while (summary := (await watched.any_round())[1]).error is None:
            pass
        assert isinstance(summary.error, NotFound)
        assert set(library.files()) == {"a.strm"}
        await library.client.files.rename(f"{library.there.rpartition('/')[0]}/Elsewhere", "Films")
        await library.store("b.mkv")
        while (await watched.any_round())[0] != {"b.strm": Kind.ADD}:
            pass


async def test_server_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    here, films = tmp_path / "here", tmp_path / "drive" / "Cloud" / "Films"
    films.mkdir(parents=True)
    (films / "a.mkv").write_bytes(b"a")
    with running_emulator(root=tmp_path / "drive") as emulator:
        port = emulator.port
        config = ServerConfig(emulator.url, username=emulator.username, password=emulator.password, retry=QUICK)
        client = AsyncClient(config=config)
        watched = Watched(Strm(client, "/Cloud/Films", here))
        task = asyncio.create_task(watched.run(client))
        assert await watched.round() == {"a.strm": Kind.ADD}
    (films / "b.mkv").write_bytes(b"b")
    with running_emulator(root=tmp_path / "drive", port=port, username=emulator.username, password=emulator.password):
        while "b.strm" not in (done := (await watched.any_round())[0]):
            assert Kind.DELETE not in done.values()
        task.cancel()
        await asyncio.wait({task})
        await client.close()
    assert {path.name for path in here.glob("*.strm")} == {"a.strm", "b.strm"}


async def test_pending_files_are_looked_at_again(library: Library, emulator: RunningEmulator) -> None:
    emulator.world.options.upload_delay_seconds = 0.2
    async with watching(library) as watched:
        await watched.any_round()
        created = await library.client.raw.CreateFile(pb.CreateFileRequest(parentPath=library.there, fileName="a.mkv"))
        write = pb.WriteFileRequest(fileHandle=created.fileHandle, length=1, buffer=b"x", closeFile=True)
        await library.client.raw.WriteToFile(write)
        await watched.until({"a.strm": Kind.ADD})


async def test_links_that_end_are_renewed(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv")
    token = await library.client.tokens.create("films", allow=["admin"])
    now = 0.0
    async with (
        AsyncClient(emulator.url, token=token.token) as client,
        watching(library, StrmOptions(), client, clock=lambda: now) as watched,
    ):
        await watched.until({"a.strm": Kind.ADD})
        emulator.world.clock.advance(3600)
        now = 13 * 3600.0
        await library.store("b.mkv")
        await watched.until({"a.strm": Kind.UPDATE, "b.strm": Kind.ADD})


async def test_a_link_that_cannot_be_renewed_is_not_tried_all_the_time(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv", "sub/b.mkv")
    token = await library.client.tokens.create("films", allow=["admin"])
    now = 0.0
    async with (
        AsyncClient(emulator.url, token=token.token) as client,
        watching(library, StrmOptions(), client, clock=lambda: now) as watched,
    ):
        await watched.until({"a.strm": Kind.ADD, "sub/b.strm": Kind.ADD})
        (library.here / "a.strm").write_text("edited")
        emulator.world.clock.advance(3600)
        now = 13 * 3600.0
        await library.store("c.mkv")
        done: dict[str, Kind] = {}
        while "c.strm" not in done or "sub/b.strm" not in done:
            done |= (await watched.any_round())[0]
        assert done["a.strm"] is Kind.LEAVE
        before = len(emulator.calls.of("GetSubFiles"))
        await library.store("d.mkv")
        while "d.strm" not in (await watched.any_round())[0]:
            pass
        assert len(emulator.calls.of("GetSubFiles")) - before <= 3, "only what the upload touched"


async def test_a_server_that_is_starting(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv", "b.mkv")
    async with watching(library, max_delete=1000) as watched:
        await watched.round()
        emulator.faults.starting(0.3)
        emulator.drop_connections()
        (library.here / "a.strm").unlink()
        while (done := (await watched.any_round())[0]) != {"a.strm": Kind.ADD}:
            assert Kind.DELETE not in done.values()
    assert set(library.files()) == {"a.strm", "b.strm"}


async def test_a_server_without_push_messages_is_listed_now_and_then(library: Library, emulator: RunningEmulator) -> None:
    emulator.faults.unimplemented("PushMessage")
    await library.store("a.mkv")
    async with watching(library, every=0.05) as watched:
        await watched.until({"a.strm": Kind.ADD})
        await library.client.files.rename(f"{library.there}/a.mkv", "b.mkv")
        await watched.until({"a.strm": Kind.DELETE, "b.strm": Kind.ADD})


async def test_without_permission(library: Library, emulator: RunningEmulator) -> None:
    allowed = sorted(set(ALL_PERMISSIONS) - {"allow_push_message"})
    token = await library.client.tokens.create("no push", allow=allowed)
    async with AsyncClient(emulator.url, token=token.token) as client:
        with pytest.raises(PermissionDenied, match="allow_push_message"):
            async for _ in watch(client, Strm(client, library.there, library.here, MOUNTED)):
                pass
