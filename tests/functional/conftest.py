"""What tests of several parts share.

What the client promises holds over both transports: tests that take ``transport``, or a client made with it, run twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp

from clouddrive2.config import TransportName


@pytest.fixture(params=["grpc", "grpc-web"])
def transport(request: pytest.FixtureRequest) -> TransportName:
    name: TransportName = request.param
    return name


@dataclass(frozen=True)
class PlainDav:
    """A WebDAV server that knows nothing of CloudDrive2: WsgiDAV's own provider over a folder, under ``/dav``."""

    url: str
    folder: Path
    username: str = "plain"
    password: str = "päss:word"


@pytest.fixture
def plain_dav(tmp_path: Path) -> Iterator[PlainDav]:
    folder = tmp_path / "plain"
    folder.mkdir()
    logging.getLogger("wsgidav").addHandler(logging.NullHandler())
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/dav": str(folder)},
            "simple_dc": {"user_mapping": {"*": {PlainDav.username: {"password": PlainDav.password}}}},
            "http_authenticator": {"accept_digest": False, "default_to_digest": False},
            "logging": {"enable": False},
            "verbose": 1,
        }
    )
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=8)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield PlainDav(f"http://127.0.0.1:{server.bind_addr[1]}", folder)
    finally:
        server.stop()
        thread.join()
