"""``.strm`` files written, renewed and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig
from clouddrive2.emulator.options import CloudOptions
from clouddrive2.errors import ConfigError, InvalidRequest, NotFound, PermissionDenied, Unreachable
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.strm import Kind, Strm, StrmOptions
from clouddrive2.strm.manifest import NAME
from clouddrive2.testing import RunningEmulator, running_emulator

Library = Any

MOUNTED = StrmOptions(mounted_at="/mnt/films")


async def fetched(link: str) -> tuple[int, bytes]:
    """As a media server does."""
    async with httpx.AsyncClient() as http:
        answer = await http.get(link)
        return answer.status_code, answer.content


async def test_links_play(library: Library) -> None:
    await library.store("a/中文 #1 100%.mkv", "b.mp4", "b.nfo", content=b"moving pictures")
    assert await library.update() == {"a/中文 #1 100%.strm": Kind.ADD, "b.strm": Kind.ADD}
    for link in library.files().values():
        assert await fetched(link) == (200, b"moving pictures")


async def test_what_is_right_is_not_touched(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv", "b.mkv")
    await library.update()
    written = {path: path.stat().st_mtime_ns for path in library.here.rglob("*")}
    asked = len(emulator.calls.of("GetDownloadUrlPath"))
    assert await library.update() == {}
    assert {path: path.stat().st_mtime_ns for path in library.here.rglob("*")} == written
    assert len(emulator.calls.of("GetDownloadUrlPath")) == asked + 1, "one link is asked for, to compare"


async def test_another_address(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv")
    await library.update()
    [before] = library.files().values()
    assert await library.update(StrmOptions(base_url="https://nas.example/cd2/")) == {"a.strm": Kind.UPDATE}
    [link] = library.files().values()
    assert link.startswith("https://nas.example/cd2/static/https/nas.example/cd2/false/%2F")
    assert link.partition("?")[2] == before.partition("?")[2]


async def test_paths_of_a_mount(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a/b.mkv")
    assert await library.update(MOUNTED) == {"a/b.strm": Kind.ADD}
    assert library.files() == {"a/b.strm": "/mnt/films/a/b.mkv"}
    assert not emulator.calls.of("GetDownloadUrlPath")
    assert await library.update(MOUNTED) == {}


async def test_server_signs_anew(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv", "b.mkv")
    await library.update()
    emulator.world.signing_key = b"another"
    assert await library.update() == {"a.strm": Kind.UPDATE, "b.strm": Kind.UPDATE}
    assert [(await fetched(link))[0] for link in library.files().values()] == [200, 200]


async def test_links_that_end_are_renewed(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv")
    token = await library.client.tokens.create("films", allow=["allow_list", "allow_read", "allow_search"])
    now = 1_000.0
    async with AsyncClient(emulator.url, token=token.token) as client:
        strm = Strm(client, library.there, library.here, clock=lambda: now)
        assert [step.action.kind async for step in strm.update() if hasattr(step, "action")] == [Kind.ADD]
        assert strm.records["a.strm"].renew_at == now + 12 * 3600
        assert token.token not in (library.here / NAME).read_text()
        now += 11 * 3600
        assert [step async for step in strm.update() if hasattr(step, "action")] == []
        now += 3600
        emulator.world.clock.advance(12 * 3600)
        assert [step.action.kind async for step in strm.update() if hasattr(step, "action")] == [Kind.UPDATE]


async def test_gone_and_moved(library: Library) -> None:
    await library.store("a/b/gone.mkv", "a/stays.mkv", "c/moves.mkv", "other/x.mkv")
    await library.update()
    (library.here / "other" / "poster.jpg").write_bytes(b"a media server's")
    await library.client.files.delete([f"{library.there}/a/b", f"{library.there}/other"])
    await library.client.files.rename(f"{library.there}/c", "d")
    assert await library.update() == {
        "a/b/gone.strm": Kind.DELETE,
        "other/x.strm": Kind.DELETE,
        "c/moves.strm": Kind.DELETE,
        "d/moves.strm": Kind.ADD,
    }
    assert set(library.files()) == {"a/stays.strm", "d/moves.strm", "other/poster.jpg"}
    assert not (library.here / "a" / "b").exists()
    assert not (library.here / "c").exists()


async def test_foreign_files_stay(library: Library) -> None:
    await library.store("a.mkv", "b.mkv")
    library.here.mkdir()
    (library.here / "a.strm").write_text("http://elsewhere/film")
    (library.here / "own.strm").write_text("mine")
    assert await library.update() == {"a.strm": Kind.LEAVE, "b.strm": Kind.ADD}
    (library.here / "b.strm").write_text("edited")
    await library.client.files.delete([f"{library.there}/b.mkv"])
    assert (await library.update())["b.strm"] is Kind.LEAVE
    assert library.files() == {"a.strm": "http://elsewhere/film", "own.strm": "mine", "b.strm": "edited"}


async def test_after_a_crash_files_are_taken_over(library: Library) -> None:
    await library.store("a.mkv", "b.mkv")
    await library.update()
    (library.here / NAME).unlink()
    (library.here / "b.strm").write_text(library.files()["b.strm"].partition("?")[0] + "?sign=old")
    assert await library.update() == {"b.strm": Kind.ADOPT}
    await library.client.files.delete(f"{library.there}/a.mkv")
    assert await library.update() == {"a.strm": Kind.DELETE}


async def test_deleted_here_or_emptied_by_a_power_failure(library: Library) -> None:
    await library.store("a.mkv", "b.mkv")
    await library.update()
    whole = library.files()
    (library.here / "a.strm").unlink()
    (library.here / "b.strm").write_text("")
    assert await library.update() == {"a.strm": Kind.ADD, "b.strm": Kind.UPDATE}
    assert library.files() == whole


async def test_dry_run(library: Library) -> None:
    await library.store("a.mkv")
    assert await library.update(dry_run=True) == {"a.strm": Kind.ADD}
    assert not library.here.exists()


async def test_sidecars(library: Library) -> None:
    options = StrmOptions(sidecars=True, mounted_at="/mnt")
    await library.store("a/f.mkv")
    await library.store("a/f.srt", "a/f.nfo", content=b"words")
    assert await library.update(options) == {"a/f.strm": Kind.ADD, "a/f.srt": Kind.COPY, "a/f.nfo": Kind.COPY}
    assert library.files() == {"a/f.strm": "/mnt/a/f.mkv", "a/f.srt": "words", "a/f.nfo": "words"}
    assert await library.update(options) == {}
    await library.client.files.delete(f"{library.there}/a/f.srt")
    (library.here / "a" / "f.nfo").write_text("a media server's own")
    assert await library.update(options) == {"a/f.srt": Kind.DELETE, "a/f.nfo": Kind.LEAVE}


async def test_an_empty_answer_deletes_nothing(library: Library) -> None:
    await library.store("a.mkv", "b.mkv")
    await library.update()
    await library.client.files.delete([f"{library.there}/a.mkv", f"{library.there}/b.mkv"])
    outcomes, summary = await library.summary()
    assert not outcomes
    assert summary.refusal is not None
    assert "is empty or gone" in summary.refusal
    assert len(library.files()) == 2
    assert await library.update(max_delete=2) == {"a.strm": Kind.DELETE, "b.strm": Kind.DELETE}


async def test_not_too_many_are_deleted(library: Library) -> None:
    await library.store("a.mkv", "b.mkv", "c.mkv")
    await library.update()
    await library.client.files.delete([f"{library.there}/a.mkv", f"{library.there}/b.mkv"])
    outcomes, summary = await library.summary(max_delete=1)
    assert not outcomes
    assert summary.refusal is not None
    assert "--max-delete" in summary.refusal
    assert await library.update() == {"a.strm": Kind.DELETE, "b.strm": Kind.DELETE}


async def test_a_folder_that_cannot_be_listed(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a/x.mkv", "b/y.mkv", "z.mkv")
    await library.update()
    await library.client.files.delete(f"{library.there}/z.mkv")
    emulator.faults.refuse("GetSubFiles", code=7, after=1, times=1)
    outcomes, summary = await library.summary()
    assert not outcomes
    assert [type(error) for error in summary.unlisted.values()] == [PermissionDenied]
    assert summary.refusal is not None
    assert len(library.files()) == 3


async def test_what_is_there_after_all_stays(library: Library) -> None:
    """The server's cache may be older than the drive: each file is looked up once more before it goes."""
    await library.store("a.mkv", "b.mkv")
    await library.update()
    strm = library.strm()
    await strm.prepare()
    real = library.client.files.list

    async def stale(path: str, *, refresh: bool = False):  # type: ignore[no-untyped-def]
        async for entry in real(path, refresh=refresh):
            if refresh or entry.name != "a.mkv":
                yield entry

    library.client.files.list = stale  # type: ignore[method-assign]
    assert [step async for step in strm.round(deep=[""]) if hasattr(step, "action")] == []
    assert len(library.files()) == 2


async def test_no_link_may_be_read(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv", "b.mkv")
    token = await library.client.tokens.create("lists", allow=["allow_list", "allow_search"])
    async with AsyncClient(emulator.url, token=token.token) as client:
        with pytest.raises(PermissionDenied, match="allow_read"):
            async for _ in Strm(client, library.there, library.here).update():
                pass
        # A path needs no permission to read.
        done = [step async for step in Strm(client, library.there, library.here, MOUNTED).update() if hasattr(step, "action")]
    assert len(done) == 2


async def test_one_link_is_refused(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv", "b.mkv")
    emulator.faults.refuse("GetDownloadUrlPath", code=5, times=1)
    outcomes, summary = await library.summary()
    assert sorted(type(outcome.error) for outcome in outcomes.values() if outcome.error) == [NotFound]
    assert summary.failed == 1
    assert len(library.files()) == 1


async def test_one_forbidden_file_keeps_the_others_from_nothing(library: Library, emulator: RunningEmulator) -> None:
    await library.store("a.mkv", "b.mkv")
    await library.update()
    await library.client.files.delete(f"{library.there}/b.mkv")
    await library.store("c.mkv")
    emulator.faults.refuse("GetDownloadUrlPath", code=7, after=1)
    outcomes, _ = await library.summary()
    assert isinstance(outcomes["c.strm"].error, PermissionDenied)
    assert outcomes["b.strm"].action.kind is Kind.DELETE
    assert set(library.files()) == {"a.strm"}


async def test_server_goes_away(library: Library, tmp_path: Path) -> None:
    async with AsyncClient(config=ServerConfig("http://127.0.0.1:1", token="t")) as client:
        with pytest.raises(Unreachable):
            async for _ in Strm(client, library.there, library.here).update():
                pass
    assert not library.here.exists()


async def test_names_this_file_system_refuses(library: Library) -> None:
    await library.store("fine.mkv", "x" * 252 + ".ts")
    outcomes, summary = await library.summary(MOUNTED)
    assert len(library.files()) == 1
    assert summary.failed == 1
    [failed] = [outcome for outcome in outcomes.values() if outcome.error is not None]
    assert "cannot be written" in str(failed.error)


async def test_nothing_is_written_through_a_link(library: Library, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    await library.store("a/x.mkv")
    library.here.mkdir()
    (library.here / "a").symlink_to(outside)
    assert await library.update(MOUNTED) == {"a/x.strm": Kind.LEAVE}
    assert not list(outside.iterdir())


async def test_what_was_written_is_not_deleted_through_a_link(library: Library, tmp_path: Path) -> None:
    await library.store("a/x.mkv", "y.mkv")
    await library.update(MOUNTED)
    (library.here / "a").rename(tmp_path / "outside")
    (library.here / "a").symlink_to(tmp_path / "outside")
    await library.client.files.delete(f"{library.there}/a")
    assert await library.update(MOUNTED) == {"a/x.strm": Kind.LEAVE}
    assert (tmp_path / "outside" / "x.strm").exists()


async def test_a_folder_for_each(library: Library, tmp_path: Path) -> None:
    await library.store("a.mkv")
    await library.update(MOUNTED)
    with pytest.raises(ConfigError, match="a local folder of its own"):
        async for _ in Strm(library.client, "/Cloud", library.here, MOUNTED).update():
            pass
    (library.here / NAME).write_text("{")
    with pytest.raises(ConfigError, match="Delete it"):
        await library.update(MOUNTED)


async def test_where_nothing_can_be_written(library: Library) -> None:
    await library.store("a.mkv")
    library.here.write_text("a file")
    with pytest.raises(ConfigError, match="is a file"):
        await library.update(MOUNTED)


async def test_a_whole_cloud_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a server starts some of its clouds may be there and others not."""
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    for cloud in ("One", "Two"):
        (tmp_path / "drive" / cloud / "Films").mkdir(parents=True)
        (tmp_path / "drive" / cloud / "Films" / "a.mkv").write_bytes(b"a")
    here, refusals = tmp_path / "here", []
    for clouds, options in ((("One", "Two"), {}), (("One",), {}), (("One",), {"max_delete": 5, "watching": True})):
        options = dict(options)
        watching = options.pop("watching", False)
        with running_emulator(root=tmp_path / "drive", clouds=[CloudOptions(name) for name in clouds]) as emulator:
            async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
                strm = Strm(client, "/", here, MOUNTED, **options)
                await strm.prepare()
                steps = [step async for step in strm.round(deep=[""], watching=watching)]
        refusals.append(steps[-1].refusal)
    assert refusals[0] is None
    assert refusals[1] is not None and refusals[1].startswith("nothing is deleted: /Two is empty or gone")
    assert refusals[2] is not None and "without watching" in refusals[2]
    assert (here / "Two" / "Films" / "a.strm").exists()


async def test_no_folder(library: Library) -> None:
    await library.store("a.mkv")
    for path, kind in ((f"{library.there}/none", NotFound), (f"{library.there}/a.mkv", InvalidRequest)):
        with pytest.raises(kind):
            async for _ in Strm(library.client, path, library.here).update():
                pass


async def test_not_before_it_reached_the_cloud(library: Library, emulator: RunningEmulator) -> None:
    emulator.world.options.upload_delay_seconds = 3600
    created = await library.client.raw.CreateFile(pb.CreateFileRequest(parentPath=library.there, fileName="a.mkv"))
    write = pb.WriteFileRequest(fileHandle=created.fileHandle, length=1, buffer=b"x", closeFile=True)
    await library.client.raw.WriteToFile(write)
    strm = library.strm(MOUNTED)
    kinds = [step.action.kind async for step in strm.update() if hasattr(step, "action")]
    assert kinds == [Kind.LEAVE]
    assert strm.pending_folders() == {""}
