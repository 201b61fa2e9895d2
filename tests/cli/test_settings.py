"""Global options, exit codes, and what is said when the server, the credentials or the settings are not right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.mounting.fusermount import why_unavailable
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


class TestGlobalOptions:
    @pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
    def test_before_and_after_the_verb(self, run: Run, emulator: RunningEmulator, before: bool) -> None:
        options = ["--url", emulator.url, "--username", emulator.username, "--password", emulator.password]
        options += ["--timeout", "20", "--json", "-q", "-v"]
        result = run(*options, "ls", "/") if before else run("ls", "/", *options)
        assert result.code == 0, result.err
        assert result.record["path"] == "/Cloud"

    def test_what_stands_behind_the_verb_wins(self, run: Run, emulator: RunningEmulator) -> None:
        options = ["--username", emulator.username, "--password", emulator.password]
        assert run("--url", "127.0.0.1:1", "ls", "--url", emulator.url, *options).code == 0

    def test_they_win_over_the_environment(self, cd2: Run) -> None:
        assert cd2("--password", "wrong", "ls").code == 4
        assert cd2("--url", "127.0.0.1:1", "ls").code == 3

    def test_api_token(self, run: Run, emulator_factory: Callable[..., RunningEmulator]) -> None:
        emulator = emulator_factory(api_token="a-token")
        assert run("--url", emulator.url, "--api-token", "a-token", "ls").out == "Cloud/\n"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--timeout", "0", "ls"], "must be more than 0 seconds"),
            (["--timeout", "soon", "ls"], "--timeout"),
            (["--transport", "carrier-pigeon", "ls"], "'carrier-pigeon' is not one of 'auto', 'grpc', 'grpc-web'"),
            (["--nonsense", "ls"], "no such option: --nonsense"),
            (["ls", "--nonsense"], "(see 'cd2 ls --help')"),
            (["lss"], "no such command 'lss'. Did you mean 'ls'? (see 'cd2 --help')"),
            (["--url", "ftp://x", "ls"], "only http and https addresses work"),
            (["--url", "http://x/path", "ls"], "nothing may follow the port"),
            (["--profile", "nobody", "ls"], "there is no profile 'nobody'"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_wrong_usage(self, run: Run, arguments: list[str], said: str) -> None:
        result = run(*arguments)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("cd2: ")
        assert said in result.err
        assert len(result.err.splitlines()) == 1


class TestTransport:
    def test_auto_takes_grpc_where_it_gets_through(self, cd2: Run, signed_in: RunningEmulator) -> None:
        result = cd2("info", "--json")
        assert result.record["connection"] == {"transport": "grpc", "reason": "gRPC gets through"}
        assert ["transport", "grpc", "(gRPC", "gets", "through)"] in [line.split() for line in cd2("info").lines]

    @pytest.mark.parametrize("how", ["option", "environment", "profile"])
    def test_what_is_asked_for(self, cd2: Run, signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
        options = ["--transport", "grpc-web"] if how == "option" else []
        if how == "environment":
            monkeypatch.setenv("CLOUDDRIVE2_TRANSPORT", "grpc-web")
        if how == "profile":
            assert cd2("login", "--create-token", "--transport", "grpc-web").code == 0
            for name in ("URL", "USERNAME", "PASSWORD"):
                monkeypatch.delenv(f"CLOUDDRIVE2_{name}")
        before = signed_in.calls.count("GetSystemInfo")
        assert cd2("info", *options, "--json").record["connection"]["transport"] == "grpc-web"
        assert {call.door for call in signed_in.calls.of("GetSystemInfo")[before:]} == {"grpc-web"}
        (check,) = [record for record in cd2("doctor", *options, "--json").records if record["check"] == "transport"]
        assert (check["mark"], check["found"]) == ("ok", "grpc-web: as the settings say")

    def test_one_upload_over_it(self, cd2: Run, signed_in: RunningEmulator, make_file: Callable[..., Path]) -> None:
        source = make_file("a.bin", 3_000_000)
        (done,) = cd2("put", "--route", "grpc-web", "--json", source, f"{signed_in.cloud}/").events("done")
        assert (done["route"], done["verified"]) == ("grpc-web", "hash")
        assert {call.door for call in signed_in.calls.of("RemoteReadData")} == {"grpc-web"}
        assert {call.door for call in signed_in.calls.of("FindFileByPath")} == {"grpc"}
        planned = cd2("--transport", "grpc-web", "put", "--dry-run", "-v", make_file("b.bin", 1), f"{signed_in.cloud}/")
        assert "remote cannot carry it: this connection carries gRPC-Web only" in planned.err
        assert "by grpc-web" in planned.out

    def test_a_wrong_one_in_the_environment(self, cd2: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLOUDDRIVE2_TRANSPORT", "http")
        result = cd2("ls")
        assert (result.code, result.err) == (2, "cd2: transport must be auto, grpc or grpc-web, not 'http'\n")


class TestNoServer:
    def test_nobody_listens(self, run: Run) -> None:
        result = run("--url", "127.0.0.1:1", "--api-token", "x", "ls")
        assert (result.code, result.out) == (3, "")
        assert result.err == (
            "cd2: http://127.0.0.1:1: the server cannot be reached (Connection refused); check address, port and network; "
            "'cd2 doctor' looks closer\n"
        )

    def test_an_unknown_host(self, run: Run) -> None:
        result = run("--url", "no-such-host.invalid", "--api-token", "x", "ls")
        assert result.code == 3
        assert result.err.startswith(
            "cd2: http://no-such-host.invalid:19798: the server cannot be reached (Domain name not found); "
        )


class TestCredentials:
    def test_a_wrong_password(self, cd2: Run, signed_in: RunningEmulator) -> None:
        result = cd2("--password", "wrong", "ls")
        assert (result.code, result.err) == (
            4,
            f"cd2: {signed_in.url} refuses the name or password of '{signed_in.username}' (wrong user name or password); "
            "'cd2 login' stores others\n",
        )

    def test_a_wrong_token(self, cd2: Run, signed_in: RunningEmulator) -> None:
        result = cd2("--api-token", "wrong", "ls")
        assert result.code == 4
        assert result.err.startswith(f"cd2: {signed_in.url} refuses this API token (")

    def test_none(self, run: Run, emulator: RunningEmulator) -> None:
        result = run("--url", emulator.url, "ls")
        assert (result.code, result.err) == (
            4,
            f"cd2: no credentials for {emulator.url}; run 'cd2 login', or set CLOUDDRIVE2_API_TOKEN\n",
        )

    def test_a_wrong_password_is_said_once(self, cd2: Run, tmp_path: Path) -> None:
        for name in "abc":
            (tmp_path / name).write_text(name)
        result = cd2("--json", "--password", "wrong", "put", *(tmp_path / name for name in "abc"), "/Cloud/")
        assert (result.code, result.out) == (4, "")
        assert json.loads(result.err)["kind"] == "Unauthenticated"

    def test_the_log_of_a_command_shows_no_secret(self, cd2: Run, signed_in: RunningEmulator) -> None:
        result = cd2("-vv", "--password", "hunter2-wrong", "ls")
        assert "hunter2" not in result.err + result.out


class TestLogin:
    def test_a_token_is_made_and_stored(self, cd2: Run, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        result = cd2("login", "--create-token")
        path = tmp_path / "config" / "config.toml"
        assert result.code == 0
        assert result.out.endswith(f"profile 'default' in {path} holds the API token\n")
        assert path.stat().st_mode & 0o777 == 0o600
        for name in ("URL", "USERNAME", "PASSWORD"):
            monkeypatch.delenv(f"CLOUDDRIVE2_{name}")
        assert run("ls").out == "Cloud/\n"
        assert run("-q", "doctor").code == 0

    def test_several_profiles(self, cd2: Run, run: Run, signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
        assert cd2("login", "--store-password", "--profile", "home").code == 0
        assert cd2("login", "--profile", "other").code == 0
        for name in ("URL", "USERNAME", "PASSWORD"):
            monkeypatch.delenv(f"CLOUDDRIVE2_{name}")
        assert run("--profile", "home", "ls").code == 0
        assert run("ls", "--profile", "home").code == 0
        assert run("--profile", "other", "ls").code == 4
        monkeypatch.setenv("CLOUDDRIVE2_PROFILE", "home")
        assert run("ls").code == 0

    def test_without_a_place_for_the_password_only_the_name_is_stored(self, cd2: Run, tmp_path: Path) -> None:
        result = cd2("--json", "login")
        assert result.record["stored"] is None
        assert "password" not in (tmp_path / "config" / "config.toml").read_text()

    def test_the_authority_is_found_from_every_folder(self, cd2: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
        for folder in (here, elsewhere):
            folder.mkdir()
        (here / "ca.pem").write_text("not looked at without TLS")
        monkeypatch.chdir(here)
        assert cd2("login", "--ca-file", "ca.pem", "--store-password").code == 0
        monkeypatch.chdir(elsewhere)
        result = cd2("ls")
        assert (result.code, result.out) == (0, "Cloud/\n"), result.err

    def test_wrong_credentials_are_not_stored(self, cd2: Run, tmp_path: Path) -> None:
        assert cd2("login", "--create-token", "--password", "wrong").code == 4
        assert not (tmp_path / "config" / "config.toml").exists()

    def test_nobody_to_ask(self, run: Run, emulator: RunningEmulator) -> None:
        result = run("--url", emulator.url, "login")
        assert result.code == 2
        assert "set CLOUDDRIVE2_API_TOKEN" in result.err

    def test_a_secret_others_can_read_is_refused(self, cd2: Run, run: Run, tmp_path: Path) -> None:
        cd2("login", "--store-password")
        path = tmp_path / "config" / "config.toml"
        path.chmod(0o644)
        result = run("ls")
        assert result.code == 2
        assert result.err.endswith(f"chmod 600 {path}\n")


class TestInfo:
    def test_lines(self, cd2: Run, signed_in: RunningEmulator) -> None:
        result = cd2("info")
        rows = dict(line.split("  ", 1) for line in result.lines)
        assert rows["server"].strip() == signed_in.url
        assert rows["version"].strip() == "1.1.2"
        assert rows["username"].strip() == signed_in.username

    def test_json(self, cd2: Run) -> None:
        record = cd2("--json", "info").record
        assert record["system"]["ready"] is True
        assert record["runtime"]["version"] == "1.1.2"


class TestDoctor:
    def test_all_well(self, cd2: Run) -> None:
        result = cd2("doctor")
        assert (result.code, result.err) == (0, "all well\n")
        assert all(line.startswith("ok ") for line in result.lines)

    @pytest.mark.parametrize(
        ("options", "code", "check"),
        [
            (["--url", "127.0.0.1:1"], 3, "port"),
            (["--url", "no-such-host.invalid"], 3, "address"),
            (["--password", "wrong"], 4, "sign-in"),
            (["--api-token", "wrong"], 4, "sign-in"),
        ],
        ids=lambda value: value[0] if isinstance(value, list) else "",
    )
    def test_what_is_wrong(self, cd2: Run, options: list[str], code: int, check: str) -> None:
        result = cd2("doctor", "--json", *options)
        assert result.code == code
        (failed,) = [record for record in result.records if record["mark"] == "fail"]
        assert failed["check"] == check
        assert failed["advice"]

    def test_tls_where_there_is_none(self, cd2: Run, signed_in: RunningEmulator) -> None:
        result = cd2("--url", f"https://127.0.0.1:{signed_in.port}", "doctor")
        assert result.code == 3
        assert "fail  TLS" in result.out

    @pytest.mark.parametrize(
        ("seconds", "mark", "found"),
        [
            (0, "ok", "both clocks agree"),
            (5430, "warn", "the server's clock is 1 h 30 min ahead of this one"),
            (-5370, "warn", "the server's clock is 1 h 29 min behind this one"),
        ],
    )
    def test_the_clocks(self, cd2: Run, signed_in: RunningEmulator, seconds: float, mark: str, found: str) -> None:
        signed_in.world.clock.advance(seconds)
        result = cd2("doctor", "--json")
        (clock,) = [record for record in result.records if record["check"] == "clock"]
        assert (result.code, clock["mark"]) == (0, mark)
        assert clock["found"].startswith(found)

    def test_a_bare_folder_is_no_mount(
        self, cd2: Run, signed_in: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The server is elsewhere: it says that it mounts, and nothing of it is seen here.
        signed_in.world.options.real_mounts = False
        mount(signed_in, tmp_path)
        result = cd2("doctor")
        assert result.code == 0
        assert f"ok    mount         {tmp_path} is a bare folder here; files are uploaded to the server instead" in result.out
        monkeypatch.setenv("CLOUDDRIVE2_MOUNT_POINT", str(tmp_path))
        result = cd2("doctor")
        assert result.code == 1
        assert f"fail  mount         {tmp_path} is a bare folder here" in result.out

    @pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "FUSE works")
    def test_a_mount_that_is_there(
        self, cd2: Run, signed_in: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mount(signed_in, tmp_path / "mnt")
        monkeypatch.setenv("CLOUDDRIVE2_MOUNT_POINT", str(tmp_path / "mnt"))
        assert f"ok    mount         /Cloud is mounted at {tmp_path}/mnt" in cd2("doctor").out


def mount(emulator: RunningEmulator, place: Path) -> None:
    option = pb.MountOption(mountPoint=str(place), sourceDir="/Cloud", autoMount=True)
    emulator.on_loop(emulator.emulator.mounts.add, option)
