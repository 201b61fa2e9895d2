"""Listings, what is remembered of them, addresses, reading."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
import httpx
import pytest
from fsspec.callbacks import Callback

import clouddrive2 as cd2
from clouddrive2.emulator.call import Status
from clouddrive2.fs import CloudDriveFileSystem
from clouddrive2.testing import RunningEmulator

CONTENT = bytes(range(256)) * 64


@pytest.fixture
def tree(fs: CloudDriveFileSystem, home: str) -> str:
    fs.pipe({f"{home}/a/one.bin": CONTENT, f"{home}/a/b/two.txt": b"two", f"{home}/c.txt": b"see"})
    fs.mkdir(f"{home}/empty")
    return home


class TestAddresses:
    @pytest.mark.parametrize(
        ("given", "path"),
        [
            ("cd2://nas:19798/115/a b#1?.mkv", "/115/a b#1?.mkv"),
            ("clouddrive://nas/115//x/", "/115/x"),
            ("cd2:///115/x", "/115/x"),
            ("cd2://nas:19798", "/"),
            ("/115/100%25/", "/115/100%25"),
            ("115", "/115"),
            ("", "/"),
        ],
    )
    def test_the_path_of_a_url(self, given: str, path: str) -> None:
        assert CloudDriveFileSystem._strip_protocol(given) == path

    @pytest.mark.parametrize(
        ("given", "options"),
        [
            ("cd2://nas:19798/115", {"address": "nas:19798"}),
            ("clouddrive://[::1]:5/x", {"address": "[::1]:5"}),
            ("cd2:///115", {}),
            ("/115", {}),
        ],
    )
    def test_the_server_of_a_url(self, given: str, options: dict[str, str]) -> None:
        assert CloudDriveFileSystem._get_kwargs_from_urls(given) == options

    def test_dots_are_refused(self, fs: CloudDriveFileSystem, home: str) -> None:
        with pytest.raises(cd2.ConfigError, match=r"must not contain '\.\.'"):
            fs.ls(f"{home}/../x")

    def test_a_user_name_in_a_url_is_refused(self) -> None:
        with pytest.raises(cd2.ConfigError, match="user name"):
            fsspec.open("cd2://me:secret@nas/115/x")

    def test_options_nobody_knows_are_refused(self, options: dict[str, Any]) -> None:
        with pytest.raises(TypeError, match="tokne"):
            CloudDriveFileSystem(**options, tokne="x")

    @pytest.mark.parametrize("protocol", ["cd2", "clouddrive"])
    def test_found_by_its_protocol(self, protocol: str, emulator: RunningEmulator, tree: str, options: dict[str, Any]) -> None:
        more = {key: value for key, value in options.items() if key != "address"} | {"skip_instance_cache": True}
        with fsspec.open(f"{protocol}://127.0.0.1:{emulator.port}{tree}/c.txt", **more) as file:
            assert file.read() == b"see"
            file.fs.close()

    def test_the_server_from_the_environment(self, emulator: RunningEmulator, tree: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
        monkeypatch.setenv("CLOUDDRIVE2_USERNAME", emulator.username)
        monkeypatch.setenv("CLOUDDRIVE2_PASSWORD", emulator.password)
        fs, path = fsspec.core.url_to_fs(f"cd2://{tree}/c.txt", skip_instance_cache=True)
        assert (fs.cat(path), path) == (b"see", f"{tree}/c.txt")
        fs.close()

    def test_the_server_from_a_profile(self, emulator: RunningEmulator, tree: str, tmp_path: Path) -> None:
        folder = tmp_path / "config"
        folder.mkdir()
        (folder / "config.toml").write_text(
            f'[profiles.nas]\nurl = "{emulator.url}"\nusername = "{emulator.username}"\npassword = "{emulator.password}"\n'
        )
        (folder / "config.toml").chmod(0o600)
        fs = CloudDriveFileSystem(profile="nas", skip_instance_cache=True)
        assert fs.exists(f"cd2://{tree}/c.txt")
        fs.close()


class TestInstances:
    def test_one_for_the_same_settings(self, options: dict[str, Any]) -> None:
        first = CloudDriveFileSystem(**options)
        assert CloudDriveFileSystem(**options) is first
        assert CloudDriveFileSystem(**options, profile=None, timeout=3.0) is not first
        CloudDriveFileSystem.clear_instance_cache()

    def test_pickled(self, options: dict[str, Any], tree: str) -> None:
        other = pickle.loads(pickle.dumps(CloudDriveFileSystem(**options)))
        assert other is CloudDriveFileSystem(**options)
        assert other.cat(f"{tree}/c.txt") == b"see"
        other.close()
        CloudDriveFileSystem.clear_instance_cache()

    def test_a_pickled_file_goes_on_where_it_was(self, fs: CloudDriveFileSystem, tree: str) -> None:
        with fs.open(f"{tree}/a/one.bin") as file:
            file.seek(100)
            with pickle.loads(pickle.dumps(file)) as other:
                assert other.read(10) == CONTENT[100:110]
                other.fs.close()
        CloudDriveFileSystem.clear_instance_cache()

    def test_no_secret_is_shown(self, fs: CloudDriveFileSystem, options: dict[str, Any]) -> None:
        more = CloudDriveFileSystem(options["address"], token="geheim", skip_instance_cache=True)
        assert "geheim" not in repr(more)
        assert "geheim" not in more.to_json(include_password=False)
        assert options["password"] not in fs.to_json(include_password=False)
        assert json.loads(more.to_json())["token"] == "geheim"

    def test_used_again_after_it_was_closed(self, fs: CloudDriveFileSystem, tree: str) -> None:
        fs.close()
        fs.close()
        assert fs.exists(tree)

    def test_a_loop_for_blocking_calls_is_refused(self, options: dict[str, Any]) -> None:
        with pytest.raises(cd2.ConfigError, match="asynchronous=True"):
            CloudDriveFileSystem(**options, loop=object(), skip_instance_cache=True)


class TestListings:
    def test_ls_and_info(self, fs: CloudDriveFileSystem, tree: str) -> None:
        assert fs.ls(tree, detail=False) == [f"{tree}/a", f"{tree}/c.txt", f"{tree}/empty"]
        folder, file, _ = fs.ls(f"{tree}/")
        assert (folder["type"], folder["size"], file["type"], file["size"]) == ("directory", 0, "file", 3)
        assert fs.info(f"{tree}/c.txt") == file
        assert fs.ls(f"{tree}/c.txt") == [file]
        assert fs.ls(f"{tree}/empty") == []
        assert fs.info("/")["type"] == "directory"
        assert not file["pending"]
        assert len(file["sha1"]) == 40

    def test_what_is_missing(self, fs: CloudDriveFileSystem, home: str) -> None:
        for look in (fs.ls, fs.info, fs.cat, fs.sign, fs.open, fs.ukey):
            with pytest.raises(FileNotFoundError):
                look(f"{home}/nothing")
        assert (fs.exists(f"{home}/nothing"), fs.isdir(f"{home}/nothing"), fs.isfile(f"{home}/nothing")) == (False, False, False)
        assert (fs.find(f"{home}/nothing"), fs.glob(f"{home}/nothing*")) == ([], [])

    def test_find_glob_walk_du(self, fs: CloudDriveFileSystem, tree: str) -> None:
        files = [f"{tree}/a/b/two.txt", f"{tree}/a/one.bin", f"{tree}/c.txt"]
        assert fs.find(tree) == files
        assert fs.find(tree, maxdepth=1) == [files[2]]
        assert fs.find(f"{tree}/a", withdirs=True) == [f"{tree}/a", f"{tree}/a/b", files[0], files[1]]
        assert fs.find(files[2], detail=True) == {files[2]: fs.info(files[2])}
        with pytest.raises(ValueError, match="at least 1"):
            fs.find(tree, maxdepth=0)
        assert fs.glob(f"{tree}/**/*.txt") == [files[0], files[2]]
        assert fs.glob(f"{tree}/?.txt") == [files[2]]
        assert fs.du(tree) == len(CONTENT) + 6
        walked = fs.walk(tree)
        path, folders, names = next(walked)
        assert (path, folders, names) == (tree, ["a", "empty"], ["c.txt"])
        folders.remove("a")
        assert [path for path, _, _ in walked] == [f"{tree}/empty"]
        assert [path for path, _, _ in fs.walk(tree, topdown=False)] == [f"{tree}/a/b", f"{tree}/a", f"{tree}/empty", tree]
        assert [path for path, _, _ in fs.walk(tree, maxdepth=1)] == [tree]
        assert list(fs.walk(files[2])) == [(files[2], [], [""])]
        assert list(fs.walk(f"{tree}/nothing")) == [(f"{tree}/nothing", [], [])]
        with pytest.raises(FileNotFoundError):
            list(fs.walk(f"{tree}/nothing", on_error="raise"))

    def test_remembered_until_something_changes(
        self, fs: CloudDriveFileSystem, tree: str, emulator: RunningEmulator, make_fs: Callable[..., CloudDriveFileSystem]
    ) -> None:
        assert len(fs.ls(tree)) == 3
        asked = emulator.calls.count("GetSubFiles")
        assert len(fs.ls(tree)) == 3
        assert fs.info(f"{tree}/c.txt")["size"] == 3
        assert emulator.calls.count("GetSubFiles") == asked
        make_fs().pipe(f"{tree}/by-another", b"x")
        assert fs.exists(f"{tree}/by-another")
        assert len(fs.ls(tree)) == 3
        assert len(fs.ls(tree, refresh=True)) == 4
        fs.pipe(f"{tree}/new/deep/file", b"x")
        assert [each["name"] for each in fs.ls(f"{tree}/new")] == [f"{tree}/new/deep"]
        assert len(fs.ls(tree)) == 5
        fs.rm(f"{tree}/new", recursive=True)
        assert not fs.exists(f"{tree}/new/deep")
        assert len(fs.ls(tree)) == 4

    def test_nothing_is_remembered_when_that_is_wanted(
        self, make_fs: Callable[..., CloudDriveFileSystem], tree: str, emulator: RunningEmulator
    ) -> None:
        plain = make_fs(use_listings_cache=False)
        asked = emulator.calls.count("GetSubFiles")
        plain.ls(tree)
        plain.ls(tree)
        assert emulator.calls.count("GetSubFiles") == asked + 2

    def test_a_folder_that_cannot_be_listed_is_not_taken_for_empty(
        self, fs: CloudDriveFileSystem, tree: str, emulator: RunningEmulator
    ) -> None:
        fs.invalidate_cache()
        emulator.faults.refuse("GetSubFiles", Status.PERMISSION_DENIED)
        with pytest.raises(PermissionError):
            fs.find(tree)
        emulator.faults.refuse("GetSubFiles", Status.PERMISSION_DENIED)
        with pytest.raises(PermissionError):
            list(fs.walk(tree))
        seen: list[Exception] = []
        emulator.faults.refuse("GetSubFiles", Status.PERMISSION_DENIED)
        assert list(fs.walk(tree, on_error=seen.append)) == [(tree, [], [])]
        assert isinstance(seen[0], PermissionError)

    def test_times_and_keys(self, fs: CloudDriveFileSystem, tree: str) -> None:
        path = f"{tree}/c.txt"
        assert isinstance(fs.modified(path), datetime)
        assert fs.created(path).tzinfo is not None
        before = fs.ukey(path), fs.checksum(path)
        assert (fs.ukey(path), fs.checksum(path)) == before
        fs.pipe(path, b"new")
        assert fs.ukey(path) != before[0]
        assert fs.checksum(path) != before[1]


class TestReading:
    def test_slices(self, fs: CloudDriveFileSystem, tree: str) -> None:
        path = f"{tree}/a/one.bin"
        for start, end in [
            (None, None),
            (5, 10),
            (None, 7),
            (100, None),
            (-10, None),
            (5, -5),
            (20000, None),
            (10, 5),
            (0, 10**9),
        ]:
            assert fs.cat_file(path, start=start, end=end) == CONTENT[start:end], (start, end)
        assert fs.cat(f"{tree}/a/b/*") == {f"{tree}/a/b/two.txt": b"two"}

    def test_ranges_close_together_are_one_request(self, fs: CloudDriveFileSystem, tree: str, emulator: RunningEmulator) -> None:
        path = f"{tree}/a/one.bin"
        starts, ends = [0, 50, 4000, 10, -4, 12000], [10, 60, 4100, 55, None, 12001]
        asked = emulator.calls.count("GetDownloadUrlPath")
        got = fs.cat_ranges([path] * 6, starts, ends, max_gap=100)
        assert got == [CONTENT[start:end] for start, end in zip(starts, ends, strict=True)]
        assert emulator.calls.count("GetDownloadUrlPath") == asked + 4
        missing, good = fs.cat_ranges([f"{tree}/nothing", path], 0, 3)
        assert isinstance(missing, FileNotFoundError)
        assert good == CONTENT[:3]
        with pytest.raises(FileNotFoundError):
            fs.cat_ranges([f"{tree}/nothing"], 0, 3, on_error="raise")

    @pytest.mark.parametrize("cache_type", ["readahead", "blockcache", "bytes", "none", "first", "all", "background"])
    def test_every_cache(self, fs: CloudDriveFileSystem, tree: str, cache_type: str) -> None:
        with fs.open(f"{tree}/a/one.bin", block_size=1000, cache_type=cache_type) as file:
            assert file.read(10) == CONTENT[:10]
            assert file.seek(-20, 2) == len(CONTENT) - 20
            assert file.read() == CONTENT[-20:]
            file.seek(5000)
            assert file.read(3000) == CONTENT[5000:8000]

    def test_text(self, fs: CloudDriveFileSystem, home: str) -> None:
        with fs.open(f"{home}/数.csv", "w", encoding="utf-8") as file:
            file.write("ein\nzwei 电影\n")
        with fs.open(f"{home}/数.csv", "r", encoding="utf-8") as file:
            assert list(file) == ["ein\n", "zwei 电影\n"]

    def test_a_folder_cannot_be_opened(self, fs: CloudDriveFileSystem, tree: str) -> None:
        for mode in ("rb", "wb", "ab"):
            with pytest.raises(IsADirectoryError):
                fs.open(f"{tree}/a", mode)
        with pytest.raises(cd2.ConfigError, match="mode r, w, x or a"):
            fs.open(f"{tree}/c.txt", "r+b")

    def test_a_file_that_shrinks_while_it_is_read(self, fs: CloudDriveFileSystem, tree: str) -> None:
        with fs.open(f"{tree}/a/one.bin", block_size=100, cache_type="none") as file:
            assert file.read(5) == CONTENT[:5]
            fs.pipe(f"{tree}/a/one.bin", b"short")
            with pytest.raises(cd2.OperationFailed, match="became shorter"):
                file.read(1000)

    def test_get_with_callbacks(self, fs: CloudDriveFileSystem, tree: str, tmp_path: Path) -> None:
        seen = Callback()
        fs.get_file(f"{tree}/a/one.bin", str(tmp_path / "new" / "one.bin"), callback=seen)
        assert (tmp_path / "new" / "one.bin").read_bytes() == CONTENT
        assert (seen.size, seen.value) == (len(CONTENT), len(CONTENT))
        with (tmp_path / "stream").open("wb") as file:
            fs.get_file(f"{tree}/c.txt", file)
        assert (tmp_path / "stream").read_bytes() == b"see"

    def test_a_link(self, fs: CloudDriveFileSystem, tree: str, emulator: RunningEmulator) -> None:
        link = fs.sign(f"{tree}/c.txt")
        assert link.startswith(emulator.url)
        assert httpx.get(link, trust_env=False).content == b"see"
