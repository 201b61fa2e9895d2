"""What tests of several parts share: a WebDAV server that knows nothing of CloudDrive2."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp


@dataclass(frozen=True)
class PlainDav:
    """WsgiDAV's own provider over a folder, served by cheroot under ``/dav``."""

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
