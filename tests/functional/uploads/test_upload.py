"""The good way, and what stands in it at the destination."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.emulator.options import MD5, PIKPAK_SHA1, SHA1, CloudOptions, EmulatorOptions
from clouddrive2.models.uploads import IfExists, Outcome, Phase, UploadProgress
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator
from clouddrive2.upload import hashing
from clouddrive2.upload.hashing import FileHasher

MakeFile = Callable[..., Path]
Settled = Callable[[Path], None]
MIB = 1 << 20


async def content(client: AsyncClient, path: str) -> bytes:
    return await client.files.read_bytes(path)


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 7])
async def test_a_file_arrives_byte_for_byte(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, size: int, transport: str
) -> None:
    source = make_file("film.mkv", size)
    uploaded = await client.uploads.upload(source, f"{emulator.cloud}/Movies/2026/")
    assert uploaded.path == f"{emulator.cloud}/Movies/2026/film.mkv"
    assert (uploaded.outcome, uploaded.verified, uploaded.instant) == (Outcome.VERIFIED, "hash", False)
    assert uploaded.route == {"grpc": "remote", "grpc-web": "grpc-web"}[transport]
    assert await content(client, uploaded.path) == source.read_bytes()


@pytest.mark.parametrize(
    "name",
    ["with space.bin", "中文文件.bin", "emoji 🎬.bin", "50% #1 a&b?.bin", "e\u0301.bin", "\u00e9.bin", ".hidden", "a" * 250],
)
async def test_awkward_names_stay_as_they_are(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, name: str
) -> None:
    source = make_file(name, 1000)
    uploaded = await client.uploads.upload(source, f"{emulator.cloud}/")
    assert uploaded.path == f"{emulator.cloud}/{name}"
    assert await content(client, uploaded.path) == source.read_bytes()
    assert [entry.name async for entry in client.files.list(emulator.cloud)] == [name]


async def test_progress_is_a_sequence_of_snapshots_that_ends_finished(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
) -> None:
    snapshots: list[UploadProgress] = []
    await client.uploads.upload(make_file("a.bin", 8 * MIB), f"{emulator.cloud}/", on_progress=snapshots.append)
    assert snapshots[-1].phase is Phase.FINISHED
    assert snapshots[-1].confirmed == snapshots[-1].total == 8 * MIB
    confirmed = [snapshot.confirmed for snapshot in snapshots]
    assert confirmed == sorted(confirmed)


@pytest.mark.parametrize("kinds", [(MD5,), (SHA1,), (PIKPAK_SHA1,), (MD5, SHA1, PIKPAK_SHA1), ()])
async def test_each_hash_a_cloud_wants_is_delivered(
    emulator_factory: Callable[..., RunningEmulator],
    upload_config: object,
    make_file: MakeFile,
    kinds: tuple[int, ...],
) -> None:
    needs = tuple((kind, 4096 if kind == MD5 else None) for kind in kinds)
    emulator = emulator_factory(clouds=(CloudOptions("Cloud", needs=needs, knows=kinds),))
    source = make_file("a.bin", 300_000)
    user = {"username": emulator.username, "password": emulator.password}
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:  # type: ignore[arg-type]
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/")
        assert uploaded.verified == ("hash" if kinds else "size")
        entry = await client.files.stat(uploaded.path)
    if MD5 in kinds:
        assert entry.hashes.md5 == hashlib.md5(source.read_bytes()).hexdigest()
        final = [call for call in emulator.calls.of("RemoteHashProgress") if call.hash_value and call.hash_type == MD5]
        blocks = [source.read_bytes()[at : at + 4096] for at in range(0, 300_000, 4096)]
        assert list(final[-1].block_hashes) == [hashlib.md5(block).hexdigest() for block in blocks]


async def test_known_content_needs_no_data(client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
    source = make_file("a.bin", 2 * MIB)
    await client.uploads.upload(source, f"{emulator.cloud}/first/")
    emulator.calls.clear()
    uploaded = await client.uploads.upload(source, f"{emulator.cloud}/second/", known_hashes=True)
    assert uploaded.instant and uploaded.verified == "hash"
    assert emulator.calls.count("RemoteReadData") == 0
    assert dict(emulator.calls.of("StartRemoteUpload")[0].known_hashes)[SHA1] == hashlib.sha1(source.read_bytes()).hexdigest()


async def test_a_skipped_instant_upload_is_verified_too(
    emulator_factory: Callable[..., RunningEmulator], upload_config: object, make_file: MakeFile
) -> None:
    emulator = emulator_factory(options=EmulatorOptions(instant_is_skipped=True))
    source = make_file("a.bin", MIB)
    user = {"username": emulator.username, "password": emulator.password}
    async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:  # type: ignore[arg-type]
        await client.uploads.upload(source, f"{emulator.cloud}/one.bin")
        uploaded = await client.uploads.upload(source, f"{emulator.cloud}/two.bin")
    assert uploaded.instant and uploaded.outcome is Outcome.VERIFIED


class TestExistingDestination:
    async def test_the_same_content_is_skipped(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        source = make_file("a.bin", MIB)
        await client.uploads.upload(source, f"{emulator.cloud}/")
        again = await client.uploads.upload(source, f"{emulator.cloud}/")
        assert (again.outcome, again.verified, again.skipped) == (Outcome.SKIPPED, "hash", True)
        assert emulator.calls.count("StartRemoteUpload") == 1

    async def test_other_content_is_refused_and_stays(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        old = make_file("a.bin", MIB)
        before = old.read_bytes()
        await client.uploads.upload(old, f"{emulator.cloud}/")
        new = make_file("a.bin", MIB, seed=1)
        with pytest.raises(FileExistsError, match="other content"):
            await client.uploads.upload(new, f"{emulator.cloud}/")
        assert await content(client, f"{emulator.cloud}/a.bin") == before

    async def test_overwrite_replaces(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        await client.uploads.upload(make_file("a.bin", MIB), f"{emulator.cloud}/")
        new = make_file("a.bin", 2 * MIB, seed=1)
        await client.uploads.upload(new, f"{emulator.cloud}/", if_exists=IfExists.OVERWRITE)
        assert await content(client, f"{emulator.cloud}/a.bin") == new.read_bytes()

    async def test_rename_takes_the_next_free_name(
        self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
    ) -> None:
        source = make_file("a.tar.gz", 1000)
        names = [
            (await client.uploads.upload(source, f"{emulator.cloud}/", if_exists="rename")).path.rpartition("/")[2]
            for _ in range(3)
        ]
        assert names == ["a.tar.gz", "a.tar (1).gz", "a.tar (2).gz"]

    async def test_skip_and_fail(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        await client.uploads.upload(make_file("a.bin", 10), f"{emulator.cloud}/")
        other = make_file("a.bin", 20, seed=2)
        assert (await client.uploads.upload(other, f"{emulator.cloud}/", if_exists="skip")).skipped
        with pytest.raises(errors.AlreadyExists):
            await client.uploads.upload(other, f"{emulator.cloud}/", if_exists="fail")

    async def test_a_folder_is_never_replaced(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        await client.files.mkdir(f"{emulator.cloud}/dir/a.bin", parents=True)
        with pytest.raises(errors.AlreadyExists, match="folder"):
            await client.uploads.upload(make_file("a.bin", 10), f"{emulator.cloud}/dir/", if_exists="overwrite")


class TestBadInput:
    async def test_missing_source(self, client: AsyncClient, emulator: RunningEmulator, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="does not exist"):
            await client.uploads.upload(tmp_path / "no.bin", f"{emulator.cloud}/")

    async def test_a_folder_as_source(self, client: AsyncClient, emulator: RunningEmulator, tmp_path: Path) -> None:
        with pytest.raises(errors.ConfigError, match="is a folder"):
            await client.uploads.upload(tmp_path, f"{emulator.cloud}/")

    @pytest.mark.parametrize("to", ["/", "/file.bin", "/Cloud/../x"])
    async def test_places_no_file_can_have(self, client: AsyncClient, make_file: MakeFile, to: str) -> None:
        with pytest.raises(errors.ConfigError):
            await client.uploads.upload(make_file("a.bin", 1), to)

    async def test_no_such_cloud(self, client: AsyncClient, make_file: MakeFile) -> None:
        for to in ("/Nowhere/", "/Nowhere/a", "/Nowhere/deep/below/"):
            with pytest.raises(errors.NotFound, match=r"^/Nowhere: there is no such cloud; "):
                await client.uploads.upload(make_file("a.bin", 1), to)

    @pytest.mark.parametrize("to", ["/Cloud/file/x", "/Cloud/file/x/", "/Cloud/file/deep/x"])
    async def test_below_a_file(self, client: AsyncClient, make_file: MakeFile, to: str) -> None:
        await client.uploads.upload(make_file("file", 1), "/Cloud/")
        with pytest.raises(
            errors.AlreadyExists, match=r"^/Cloud/file (is a file, not a folder|exists already and is no folder)$"
        ):
            await client.uploads.upload(make_file("a.bin", 1), to)

    async def test_unknown_choice(self, client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile) -> None:
        with pytest.raises(ValueError, match="if_exists must be one of"):
            await client.uploads.upload(make_file("a.bin", 1), f"{emulator.cloud}/", if_exists="replace")

    async def test_read_only_cloud(
        self, emulator_factory: Callable[..., RunningEmulator], upload_config: object, make_file: MakeFile
    ) -> None:
        emulator = emulator_factory(clouds=(CloudOptions("Open"), CloudOptions("Shut", read_only=True)))
        user = {"username": emulator.username, "password": emulator.password}
        async with AsyncClient(emulator.url, **user, uploads=upload_config) as client:  # type: ignore[arg-type]
            for to in ("/Shut/a.bin", "/Shut/new/a.bin"):
                with pytest.raises(errors.PermissionDenied, match="read-only"):
                    await client.uploads.upload(make_file("a.bin", 1), to)


async def test_a_batch_keeps_order_and_goes_on_after_an_error(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, tmp_path: Path
) -> None:
    async with client.uploads.batch(files_at_once=3) as batch:
        for number in range(20):
            batch.add(make_file(f"{number:02}.bin", 5000 + number), f"{emulator.cloud}/many/")
        batch.add(tmp_path / "missing.bin", f"{emulator.cloud}/many/")
    items = await batch.outcomes()
    assert [Path(item.source).name for item in items] == [f"{number:02}.bin" for number in range(20)] + ["missing.bin"]
    assert all(item.uploaded and item.uploaded.outcome is Outcome.VERIFIED for item in items[:20])
    assert isinstance(items[20].error, errors.NotFound)
    assert emulator.calls.count("CreateFolder") == 1
    assert emulator.calls.count("RemoteUploadChannel") == 1


async def test_plan_says_why(client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile, transport: str) -> None:
    steps = {step.route: step for step in await client.uploads.plan(make_file("a.bin", 1), f"{emulator.cloud}/")}
    assert next(route for route, step in steps.items() if step.available) == ("remote" if transport == "grpc" else "grpc-web")
    assert (steps["remote"].available, steps["grpc-web"].available) == (transport == "grpc", True)
    assert steps["write"].available and "written into the server" in steps["write"].reason
    if transport == "grpc":
        assert steps["remote"].reason == "the server (version 1.1.2) pulls the file over gRPC"
        assert steps["grpc-web"].reason == "the server (version 1.1.2) pulls the file over gRPC-Web, by a connection of its own"
    else:
        assert steps["remote"].reason == "this connection carries gRPC-Web only"
        assert steps["grpc-web"].reason == "the server (version 1.1.2) pulls the file over gRPC-Web"
    assert emulator.calls.count("StartRemoteUpload") == 0


async def test_hashes_of_a_local_file_are_computed_once(
    client: AsyncClient, make_file: MakeFile, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_file("hashed.bin", MIB + 1)
    settled(source)
    data = source.read_bytes()
    expected = {1: hashlib.md5(data).hexdigest(), 2: hashlib.sha1(data).hexdigest()}
    assert await client.uploads.hashes(source, [1, 2]) == expected
    monkeypatch.setattr(FileHasher, "_pass", lambda *_: pytest.fail("hashed again"))
    assert await client.uploads.hashes(source, [2, 1]) == expected
    with pytest.raises(errors.NotFound, match=r"nothing\.bin does not exist"):
        await client.uploads.hashes(source.with_name("nothing.bin"), [1])


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
async def test_a_second_run_over_unchanged_files_hashes_nothing(
    emulator: RunningEmulator,
    upload_config: UploadConfig,
    tmp_path: Path,
    settled: Settled,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
) -> None:
    files = [tmp_path / "many" / f"{number}.txt" for number in range(count)]
    files[0].parent.mkdir()
    for number, file in enumerate(files):
        file.write_bytes(b"%d" % number)
    settled(files[-1])
    digests: list[object] = []
    original = hashing.digest_for
    monkeypatch.setattr(hashing, "digest_for", lambda *given: digests.append(given) or original(*given))
    account = {"username": emulator.username, "password": emulator.password}
    for outcome, hashed in ((Outcome.VERIFIED, True), (Outcome.SKIPPED, False)):
        digests.clear()
        async with AsyncClient(emulator.url, **account, uploads=upload_config) as client, client.uploads.batch() as batch:
            for file in files:
                batch.add(file, f"{emulator.cloud}/many/")
            assert {item.uploaded.outcome if item.uploaded else item.error for item in await batch.outcomes()} == {outcome}
        assert bool(digests) is hashed


async def test_small_files_are_announced_with_the_hashes_their_cloud_has_asked_for(
    client: AsyncClient, emulator: RunningEmulator, make_file: MakeFile
) -> None:
    sizes = {"first": 100, "second": 200, "large": 3 << 20, "third": 0}
    for name, size in sizes.items():
        uploaded = await client.uploads.upload(make_file(name, size), f"{emulator.cloud}/{name}")
        assert uploaded.verified == "hash"
    announced = [set(call.known_hashes) for call in emulator.calls.of("StartRemoteUpload")]
    assert announced == [set(), {2}, set(), {2}]
    assert [call.total_bytes for call in emulator.calls.of("RemoteHashProgress") if call.hash_value] == [100, 3 << 20]


@pytest.mark.parametrize("to", ["/", "/file", "file", "//"])
async def test_nothing_goes_into_the_root(client: AsyncClient, make_file: MakeFile, to: str) -> None:
    with pytest.raises(errors.ConfigError, match="files cannot be put into the root; name a cloud folder"):
        await client.uploads.upload(make_file("a.bin", 10), to)


async def test_the_root_folder_of_a_token_takes_files(
    emulator: RunningEmulator, client: AsyncClient, upload_config: UploadConfig, make_file: MakeFile
) -> None:
    """To a confined token ``/`` is its own folder (protocol.md §2.5)."""
    await client.files.mkdir("/Cloud/Inbox")
    granted = ("allow_list", "allow_create_folder", "allow_write", "allow_create_file", "allow_get_transfer_tasks")
    permissions = pb.TokenPermissions(**dict.fromkeys(granted, True))
    emulator.world.add_token(pb.TokenInfo(token="confined", rootDir="/Cloud/Inbox", permissions=permissions))
    async with AsyncClient(emulator.url, token="confined", uploads=upload_config) as confined:
        await confined.uploads.upload(make_file("a.bin", 10), "/")
        await confined.uploads.upload(make_file("b.bin", 20), "/c.bin")
    assert {entry.name: entry.size async for entry in client.files.list("/Cloud/Inbox")} == {"a.bin": 10, "c.bin": 20}
