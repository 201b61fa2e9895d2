"""What ``docker/`` says is what runs: files parsed, commands run by hand, nginx in front of an emulator. No engine runs here."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from clouddrive2.testing import RunningEmulator

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "docker"
INSTALLED = "/opt/cd2/bin/"


@pytest.fixture
def steps() -> list[dict[str, Any]]:
    """The instructions of the Dockerfile."""
    return [step for step in DockerfileParser(path=str(DOCKER / "Dockerfile")).structure if step["instruction"] != "COMMENT"]


@pytest.fixture
def services() -> dict[str, Any]:
    """The services of the compose file."""
    services: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return services


def value(steps: list[dict[str, Any]], instruction: str) -> str:
    return str(next(step["value"] for step in reversed(steps) if step["instruction"] == instruction))


def here(command: list[str]) -> list[str]:
    """An installed program is this interpreter's."""
    program = {"cd2": [sys.executable, "-m", "clouddrive2.cli"], "python": [sys.executable]}
    return [*program[command[0].removeprefix(INSTALLED)], *command[1:]]


def test_the_image_runs_as_nobody_special_and_is_made_of_what_is_there(steps: list[dict[str, Any]]) -> None:
    last = max(number for number, step in enumerate(steps) if step["instruction"] == "FROM")
    assert [step["value"] for step in steps[last:] if step["instruction"] == "USER"] == ["10001"]
    assert [step["value"] for step in steps if step["instruction"] == "EXPOSE"] == ["19798"]
    let_through = {line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        name
        for step in steps
        if step["instruction"] == "COPY" and "--from" not in step["value"]
        for name in step["value"].split()[:-1]
    }
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)
    assert {step["instruction"] for step in steps} <= {
        *("FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD")
    }


def test_only_nginx_is_reached_and_only_from_this_machine(services: dict[str, Any]) -> None:
    assert {name: service.get("ports") for name, service in services.items()} == {
        "emulator": None,
        "proxy": ["127.0.0.1:8080:8080"],
        "app": None,
    }
    for service in services.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert not {"privileged", "network_mode", "pid", "user"} & service.keys()
    built = services["emulator"]["build"]
    assert (DOCKER / built["context"] / built["dockerfile"]).resolve() == DOCKER / "Dockerfile"
    assert services["app"]["image"] == services["emulator"]["image"]


def test_its_commands_run(steps: list[dict[str, Any]], services: dict[str, Any], tmp_path: Path, unused_tcp_port: int) -> None:
    entry = json.loads(value(steps, "ENTRYPOINT"))
    check = json.loads(re.split(r"\bCMD ", value(steps, "HEALTHCHECK"))[1])
    places = {"19798": str(unused_tcp_port), "/drive": str(tmp_path / "drive"), "0.0.0.0": "127.0.0.1"}
    given = [places.get(word, word) for word in [*entry, *services["emulator"]["command"]]]
    environment = {**os.environ, "CLOUDDRIVE2_CONFIG_DIR": str(tmp_path), "CLOUDDRIVE2_STATE_DIR": str(tmp_path)}
    environment["CLOUDDRIVE2_EMULATOR_PASSWORD"] = "secret"
    process = subprocess.Popen(here(given), env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert f":{unused_tcp_port}\n".encode() in process.stdout.readline()
        healthy = here([word.replace("19798", str(unused_tcp_port)) for word in check])
        subprocess.run(healthy, check=True, timeout=60)
        app = services["app"]
        environment |= {"CLOUDDRIVE2_URL": f"http://127.0.0.1:{unused_tcp_port}", "CLOUDDRIVE2_PASSWORD": "secret"}
        environment["CLOUDDRIVE2_USERNAME"] = app["environment"]["CLOUDDRIVE2_USERNAME"]
        (tmp_path / "pyvenv.cfg").write_text("a file")
        command = [word.replace("/opt/cd2", str(tmp_path)) if word.startswith("/opt") else word for word in app["command"]]
        subprocess.run(here([*app["entrypoint"], *command]), env=environment, check=True, timeout=60)
        assert (tmp_path / "drive" / "Cloud" / "pyvenv.cfg").read_text() == "a file"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert subprocess.run(healthy, stderr=subprocess.DEVNULL, timeout=60).returncode == 1
    finally:
        process.kill()
        process.communicate()


async def test_its_nginx_carries_uploads(
    start_nginx: Callable[..., Any], connect: Callable[..., Any], emulator: RunningEmulator, tmp_path: Path
) -> None:
    text = re.sub(r"#.*", "", (DOCKER / "nginx.conf").read_text(encoding="utf-8"))
    body = re.fullmatch(r"\s*server \{\s*listen 8080;(.*)\}\s*", text, flags=re.DOTALL)
    assert body is not None
    nginx = start_nginx(emulator.port, block=body[1].replace("emulator:19798", f"127.0.0.1:{emulator.port}"))
    source = tmp_path / "film.mkv"
    source.write_bytes(bytes(3_000_000))
    client = connect(nginx.url)
    uploaded = await client.uploads.upload(source, "/Cloud/film.mkv")
    assert uploaded.verified == "hash"
    assert await client.files.read_bytes("/Cloud/film.mkv") == source.read_bytes()
    assert client.connection.transport == "grpc-web"
