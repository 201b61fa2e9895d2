"""Fixtures for all tests: a running emulator; and how long the long fuzzing takes."""

import socket

import pytest

pytest_plugins = ["clouddrive2.testing.plugin", "clouddrive2.pytest_plugin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-seconds", type=float, default=600.0, metavar="N", help="how long the slow tests of tests/fuzz take, all together"
    )


@pytest.fixture
def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
