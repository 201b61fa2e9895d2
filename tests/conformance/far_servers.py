"""Servers that keep files, programs of their own on loopback: what the emulator's storages reach through a network."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cheroot import wsgi
from wsgidav.fs_dav_provider import FilesystemProvider
from wsgidav.wsgidav_app import WsgiDAVApp

BUCKET = "bucket"
DAV_USER, DAV_PASSWORD = "me", "a-secret-password"
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


@contextmanager
def dav_server(folder: Path) -> Iterator[str]:
    """WsgiDAV on cheroot, in a thread; the address of its root. It lets in DAV_USER with DAV_PASSWORD."""
    settings = {
        "provider_mapping": {"/files": FilesystemProvider(str(folder))},
        "simple_dc": {"user_mapping": {"*": {DAV_USER: {"password": DAV_PASSWORD}}}},
        "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
        "lock_storage": True,
        "property_manager": None,
        "logging": {"enable": False},
        "verbose": 0,
    }
    logging.getLogger("wsgidav").addHandler(logging.NullHandler())
    server = wsgi.Server(("127.0.0.1", 0), WsgiDAVApp(settings), numthreads=10)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.bind_addr[1]}/files"
    finally:
        server.stop()
        thread.join()


@contextmanager
def rclone_dav_server(folder: Path) -> Iterator[str]:
    """``rclone serve webdav``; the address of its root. Skips where there is no rclone."""
    if shutil.which("rclone") is None:
        pytest.skip("rclone is not installed (apt-get install rclone)")
    port = unused_port()
    program = ["rclone", "serve", "webdav", str(folder), "--addr", f"127.0.0.1:{port}", "--baseurl", "files"]
    program += [
        "--user",
        DAV_USER,
        "--pass",
        DAV_PASSWORD,
        "--vfs-cache-mode",
        "off",
        "--dir-cache-time",
        "0s",
        "--config",
        os.devnull,
    ]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            for line in server.stderr:
                if "erver started on" in line:
                    break
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield f"http://127.0.0.1:{port}/files"
        finally:
            server.terminate()
            server.wait(10)
