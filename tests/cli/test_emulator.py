"""``cd2 emulator`` as a process of its own, as other programs start it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from clouddrive2.emulator.mounting.fusermount import why_unavailable

Run = Callable[..., Any]
Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def serve(spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """``process, ready = serve(...)``: an emulator that is ready, and in the environment of later commands."""

    def start(*options: str | Path, **more: Any) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
        process = spawn("emulator", "--port", "0", "--json", *options, **more)
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        monkeypatch.setenv("CLOUDDRIVE2_URL", ready["url"])
        return process, ready

    return start


Serve = Callable[..., tuple["subprocess.Popen[bytes]", dict[str, Any]]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_line_when_ready_and_a_clean_end(serve: Serve, run: Run, tmp_path: Path, number: signal.Signals) -> None:
    process, ready = serve(
        "--root", tmp_path / "drive", "--username", "me", "--password", "pw", "--cloud", "115", "--cloud", "B C"
    )
    assert ready == {"url": f"http://127.0.0.1:{ready['port']}", "port": ready["port"], "cloud": "/115", "username": "me"}
    (tmp_path / "a").write_bytes(b"hello")
    assert run("--username", "me", "--password", "pw", "put", tmp_path / "a", "/B C/").code == 0
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert (tmp_path / "drive" / "B C" / "a").read_bytes() == b"hello"


def test_the_password_from_the_environment_and_an_api_token(serve: Serve, run: Run) -> None:
    environment = {**os.environ, "CLOUDDRIVE2_EMULATOR_PASSWORD": "from outside"}
    serve("--memory", "--api-token", "a-token", env=environment)
    assert run("--username", "user", "--password", "from outside", "ls").out == "Cloud/\n"
    assert run("--username", "user", "--password", "password", "ls").code == 4
    assert run("--api-token", "a-token", "ls").code == 0


def test_account_options_before_the_verb(spawn: Spawn, run: Run) -> None:
    process = spawn("--json", "--username", "me", "--password", "pw", "emulator", "--port", "0", "--memory")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert run("--url", ready["url"], "--username", "me", "--password", "pw", "ls").code == 0


def test_its_own_folder_goes_with_it(serve: Serve, tmp_path: Path) -> None:
    process, _ = serve(env={**os.environ, "TMPDIR": str(tmp_path)})
    assert [path.name.startswith("cd2-emulator-") for path in tmp_path.iterdir()] == [True]
    process.terminate()
    assert process.wait(timeout=30) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_fault_strikes(serve: Serve, run: Run) -> None:
    serve("--memory", "--fault", "refuse:rpc=GetSpaceInfo,code=7,text=not today")
    account = ["--username", "user", "--password", "password"]
    result = run(*account, "df", "/Cloud")
    assert result.code == 4
    assert "not today" in result.err
    assert run(*account, "df", "/Cloud").code == 0


def test_limits(serve: Serve, run: Run, tmp_path: Path) -> None:
    told = {record["limit"]: record["default"] for record in run("--json", "emulator", "--limits").records}
    assert (told["message-bytes"], told["upload-slots"]) == (8 << 20, 16)
    assert "message-bytes=8388608\n    The largest request" in run("emulator", "--limits").out
    serve("--memory", "--limit", "message-bytes=2M", "--limit", "upload-slots=1")
    (tmp_path / "a").write_bytes(bytes(3 << 20))
    account = ["--username", "user", "--password", "password"]
    assert run(*account, "put", tmp_path / "a", "/Cloud/").code == 0


def test_over_tls(serve: Serve, run: Run, tmp_path: Path) -> None:
    _, ready = serve("--tls-port", 0, "--root", tmp_path / "drive")
    assert ready["tls_url"] == f"https://127.0.0.1:{ready['tls_port']}" and ready["tls_port"] != ready["port"]
    assert ready["certificate"] == str(tmp_path / "drive" / ".clouddrive2.crt")
    account = ["--url", ready["tls_url"], "--username", "user", "--password", "password"]
    (tmp_path / "a").write_bytes(b"hello")
    refused = run(*account, "put", tmp_path / "a", "/Cloud/")
    assert refused.code == 3 and "not trusted" in refused.err
    assert run(*account, "login", "--ca-file", ready["certificate"]).code == 0
    assert run(*account, "put", tmp_path / "a", "/Cloud/").code == 0
    assert run(*account, "login", "--insecure").code == 0
    assert run(*account, "get", "/Cloud/a", tmp_path / "b").code == 0
    assert (tmp_path / "b").read_bytes() == b"hello"


@pytest.mark.parametrize("asked", [True, False])
def test_reflection_only_when_asked_for(serve: Serve, asked: bool) -> None:
    database = pytest.importorskip("grpc_reflection.v1alpha.proto_reflection_descriptor_database")
    _, ready = serve("--memory", *(["--reflection"] if asked else []))
    with grpc.insecure_channel(f"127.0.0.1:{ready['port']}") as channel:
        told = database.ProtoReflectionDescriptorDatabase(channel)
        if asked:
            assert "clouddrive.CloudDriveFileSrv" in list(told.get_services())
        else:
            with pytest.raises(grpc.RpcError) as refused:
                list(told.get_services())
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_for_people(spawn: Spawn) -> None:
    process = spawn("emulator", "--port", "0", "--memory")
    assert process.stdout is not None
    lines = [process.stdout.readline().decode() for _ in range(4)]
    assert lines[0].startswith("CloudDrive2 emulator at http://127.0.0.1:")
    assert lines[1] == "  user user, password password\n"
    assert "Ctrl-C" in lines[3]


def test_it_moves_and_the_next_start_is_there_too(serve: Serve, spawn: Spawn, run: Run, tmp_path: Path, free_port: int) -> None:
    process, _ = serve("--root", tmp_path / "drive")
    account = ["--username", "user", "--password", "password"]
    assert run(*account, "system", "web", "--http-port", free_port).out == f"http {free_port}, no https, no certificate\n"
    assert process.stdout is not None
    moved = json.loads(process.stdout.readline())
    assert moved == {"url": f"http://127.0.0.1:{free_port}", "port": free_port, "cloud": "/Cloud", "username": "user"}
    assert run(*account, "--url", moved["url"], "ls").code == 0
    process.terminate()
    assert process.wait(timeout=30) == 0
    again = spawn("emulator", "--root", tmp_path / "drive")
    assert again.stdout is not None
    assert again.stdout.readline().decode() == f"CloudDrive2 emulator at http://127.0.0.1:{free_port}\n"


class TestRefused:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--fault", "nonsense"], "there is no fault 'nonsense'; there are: ask-twice, "),
            (["--fault", "drop-channel:after=3"], "its arguments: after_messages, times"),
            (["--cloud", "a/b"], "a name must not contain '/'"),
            (["--port", "99999"], "--port"),
            (["--limit", "upload-slots=many"], "'many' is no value for upload-slots"),
            (["--memory", "--root", "x"], "choose one"),
            (["--certificate", "x.pem"], "a certificate is for TLS: say --tls-port, too"),
            (["--tls-port", "0", "--key", "x.key"], "a key needs its certificate"),
            (["--memory", "--tls-port", "0", "--certificate", __file__], "no certificate with its key in PEM form"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_what_cannot_be_understood(self, run: Run, arguments: list[str], said: str) -> None:
        result = run("emulator", *arguments)
        assert (result.code, result.out) == (2, "")
        assert said in result.err
        assert len(result.err.splitlines()) == 1

    def test_a_taken_port(self, run: Run) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = run("emulator", "--memory", "--port", port)
        assert (result.code, result.out) == (2, "")
        said = "the port is taken; choose another, or --port 0 for any free one"
        assert result.err == f"cd2: the emulator cannot listen on 127.0.0.1:{port}: {said}\n"

    def test_a_taken_port_for_tls(self, run: Run) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = run("emulator", "--memory", "--port", 0, "--tls-port", port)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"cd2: the emulator cannot listen on 127.0.0.1:{port}: the port is taken")

    def test_a_certificate_that_is_not_there(self, run: Run, tmp_path: Path) -> None:
        result = run("emulator", "--memory", "--port", 0, "--tls-port", 0, "--certificate", tmp_path / "away.pem")
        assert result.code == 2
        assert result.err == f"cd2: the emulator cannot use {tmp_path}/away.pem: No such file or directory\n"

    def test_a_folder_that_cannot_be(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        result = run("emulator", "--port", 0, "--root", tmp_path / "file" / "drive")
        assert result.code == 2
        assert result.err.startswith(f"cd2: the emulator cannot use {tmp_path}/file/drive")


def test_the_list_of_faults(run: Run) -> None:
    names = {record["fault"] for record in run("--json", "emulator", "--faults").records}
    assert {"drop-channel", "refuse", "lag-index", "disk-full", "old-server"} <= names
    assert "drop-channel:after_messages=1,times=1\n    Break the channel" in run("emulator", "--faults").out


@pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "FUSE works")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_mount_goes_with_its_server(serve: Serve, tmp_path: Path, number: signal.Signals) -> None:
    place = tmp_path / "mnt"
    process, _ = serve("--memory", "--mount", f"{place}=/Cloud")
    assert place.is_mount()
    (place / "a").write_bytes(b"hello")
    assert (place / "a").read_bytes() == b"hello"
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert err == b""
    while number == signal.SIGKILL and is_mounted(place):
        # The kernel's helper unmounts what a killed process leaves.
        os.sched_yield()
    assert [*place.iterdir()] == []


def is_mounted(place: Path) -> bool:
    return f" {place} " in Path("/proc/self/mountinfo").read_text()


@pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "FUSE works")
def test_what_cannot_be_mounted(run: Run, tmp_path: Path) -> None:
    done = run("emulator", "--memory", "--port", "0", "--mount", f"{tmp_path}=/Nowhere")
    assert done.code == 2
    assert "/Nowhere" in done.err
    assert run("emulator", "--memory", "--mount", "=/Cloud").code == 2
