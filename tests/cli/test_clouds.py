"""``cd2 clouds``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.emulator.logins import QrStep
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def quick(signed_in: RunningEmulator) -> RunningEmulator:
    """Codes are scanned at once."""
    show = QrStep("SHOW_IMAGE_CONTENT", "https://qr.example/1")
    signed_in.emulator.logins.script = (show, QrStep("CHANGE_STATUS", "scanned"), QrStep("CLOSE"))
    return signed_in


def test_list_add_remove(cd2: Run, shared: Path) -> None:
    added = cd2("--json", "clouds", "add", "local", shared, "--name", "My films").record
    assert (added["path"], added["cloud"]) == ("/My films", "LocalFolder")
    listed = cd2("clouds", "list")
    assert listed.lines[0].split() == ["folder", "cloud", "account", "state"]
    assert listed.lines[2].startswith("/My films  LocalFolder")
    refused = cd2("clouds", "remove", "/My films")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    removed = cd2("-v", "clouds", "remove", "/My films", "--yes", "--permanently")
    assert (removed.code, "its files stay" in removed.err) == (0, True)
    assert [each["path"] for each in cd2("--json", "clouds", "list").records] == ["/Cloud"]
    assert cd2("clouds", "remove", "/My films", "--yes").code == 5


def test_status_and_update(cd2: Run) -> None:
    assert cd2("clouds", "status", "/Cloud").lines[0].split() == ["folder", "/Cloud"]
    changed = cd2(
        "--json", "clouds", "update", "/Cloud", "--download-threads", "3", "--proxy", "socks5://me:hidden@127.0.0.1:1080",
        "--ipv4-only", "--user-agent", "mine",
    )  # fmt: skip
    assert changed.record["download_threads"] == 3
    assert changed.record["proxy"] == "socks5://127.0.0.1:1080"
    assert changed.record["ipv4_only"] is True
    assert "hidden" not in changed.out
    assert cd2("clouds", "update", "/Cloud", "--proxy", "nonsense").code == 2


def test_storage_servers(cd2: Run, signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    add = ("clouds", "add")
    assert "CLOUDDRIVE2_CLOUD_SECRET" in cd2(*add, "webdav", "https://dav.example", "--user", "me").err
    monkeypatch.setenv("CLOUDDRIVE2_CLOUD_SECRET", "secret")
    refused = cd2(*add, "webdav", "https://dav.example", "--user", "me")
    assert (refused.code, "no WebDAV storage behind it" in refused.err) == (1, True)
    signed_in.emulator.cloud_accounts.backed |= {"WebDAV", "S3", "SFTP", "FTP", "SMB", "CloudDrive"}
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----")
    for arguments in (
        ("webdav", "https://dav.example", "--user", "me", "--no-sync"),
        ("s3", "bucket", "--user", "id", "--endpoint", "https://s3.example", "--path-style", "--signature", "2"),
        ("sftp", "one", "--user", "me", "--root", "/data"),
        ("sftp", "two", "--user", "me", "--key-file", str(key), "--port", "2222"),
        ("ftp", "three", "--user", "me", "--tls"),
        ("smb", "nas/films", "--user", "me", "--workgroup", "HOME"),
        ("clouddrive", "https://four.example:19798", "--insecure"),
    ):
        result = cd2(*add, *arguments)
        assert (result.code, result.lines) == (0, [f"/{result.out.strip()[1:]}"]), result.err
    assert cd2(*add, "smb", "nas", "--user", "me").code == 2
    assert cd2(*add, "ftp", "nas").code == 2
    sent = signed_in.calls.of("APILoginFtp")[-1]
    assert (sent.useTls, sent.port, sent.password) == (True, 21, "secret")


def test_login_by_qr(cd2: Run, quick: RunningEmulator) -> None:
    result = cd2("clouds", "login", "115")
    assert (result.code, result.out) == (0, "/115\n")
    assert "https://qr.example/1" in result.err
    assert "scanned" in result.err


def test_a_code_on_a_terminal(quick: RunningEmulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pty = pytest.importorskip("pty")
    import os
    import sys

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "clouddrive2.cli", "clouds", "login", "189"], stderr=theirs, stdout=subprocess.PIPE
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.communicate()[0] == b"/189Cloud\n"
    assert process.returncode == 0
    assert "▀" in seen.decode() or "█" in seen.decode()


def test_other_logins(cd2: Run, signed_in: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    login = ("clouds", "login")
    monkeypatch.setenv("CLOUDDRIVE2_CLOUD_SECRET", "refresh")
    assert cd2(*login, "onedrive", "--with", "tokens").out == "/OneDrive\n"
    monkeypatch.setenv("CLOUDDRIVE2_CLOUD_SECRET", json.dumps([{"name": "UID", "value": "1"}]))
    assert cd2(*login, "115", "--with", "cookies").out == "/115\n"
    assert cd2(*login, "onedrive").code == 2
    assert cd2(*login, "115", "--with", "tokens").code == 2
    assert cd2(*login, "189", "--with", "cookies").code == 2
    monkeypatch.setenv("CLOUDDRIVE2_CLOUD_SECRET", "secret")
    refused = cd2(*login, "google", "--with", "client", "--client-id", "me")
    assert (refused.code, "googleusercontent" in refused.err) == (1, True)
    assert cd2(*login, "google", "--with", "client").code == 2


def test_a_login_that_is_refused(cd2: Run, signed_in: RunningEmulator) -> None:
    signed_in.emulator.logins.script = (
        QrStep("SHOW_IMAGE", "https://cloud.example/code.png"),
        QrStep("SHOW_IMAGE_CONTENT", "data:image/png;base64,iVBORw=="),
        QrStep("ERROR", "the account is locked"),
    )
    result = cd2("clouds", "login", "115")
    assert (result.code, "the account is locked" in result.err) == (1, True)
    assert "https://cloud.example/code.png" in result.err
    [picture] = [Path(word) for word in result.err.split() if "cd2-qr-" in word]
    picture.unlink()


def test_discover(cd2: Run, signed_in: RunningEmulator) -> None:
    signed_in.emulator.logins.shares["nas"] = ["films", "photos"]
    assert cd2("clouds", "discover").out == "nas  nas\n"
    assert cd2("clouds", "discover", "nas").lines == ["nas/films", "nas/photos"]
    assert cd2("clouds", "discover", "none").code == 5


def test_changes_elsewhere(cd2: Run, signed_in: RunningEmulator) -> None:
    signed_in.on_loop(signed_in.emulator.cloud_accounts.change_elsewhere, "/Cloud/a", b"1")
    assert cd2("clouds", "refresh", "/Cloud").out == "1 created, 0 deleted, 0 renamed\n"
    assert cd2("clouds", "events-enable", "/Cloud").code == 0
    assert cd2("--json", "clouds", "list").record["listening"] is True
    assert cd2("clouds", "events-disable", "/Cloud").code == 0
    assert cd2("--json", "clouds", "list").record["listening"] is False


def test_memberships_and_offers(cd2: Run, signed_in: RunningEmulator) -> None:
    accounts = signed_in.emulator.cloud_accounts
    accounts.memberships["115", "account-Cloud"] = [pb.CloudMembership(identity="VIP", level="7")]
    accounts.promotions = [pb.Promotion(id="1", cloudName="115", title="half", url="https://x.example")]
    assert cd2("clouds", "memberships", "/Cloud").out == "VIP  7  -\n"
    assert cd2("clouds", "promotions").out == "115  half  https://x.example\n"
    assert cd2("--json", "clouds", "promotions", "/Cloud").record["id"] == "1"
