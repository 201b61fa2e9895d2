"""Servers that keep files, programs of their own on loopback: what the emulator's storages reach through a network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

BUCKET = "bucket"
MOTO = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """moto's S3 over HTTP with one empty bucket; the environment that leads there. Large objects lie on its disk."""
    environment = {**os.environ, "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(1 << 20)}
    program = [sys.executable, "-W", "ignore", "-c", MOTO]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            leads_there = {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(server.stdout.readline())}",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "a-secret-key",
                "AWS_DEFAULT_REGION": "us-east-1",
                # Neither the settings nor the machine of whoever runs the tests.
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
            }
            httpx.put(f"{leads_there['AWS_ENDPOINT_URL']}/{BUCKET}").raise_for_status()
            yield leads_there
        finally:
            server.stdin.close()
            server.wait(10)


def unused_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
