"""What survives a restart of a server with its storage on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.sync import Client
from clouddrive2.emulator import Emulator
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import running_emulator


def test_tokens_made_at_run_time(tmp_path: Path) -> None:
    permissions = pb.TokenPermissions(allow_list=True)
    with running_emulator(root=tmp_path, api_token="given") as emulator, Client(emulator.url, token="given") as client:
        made = [
            client.raw.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=permissions, friendly_name=name, expires_in=60))
            for name in ("kept", "revoked", "old")
        ]
        kept, revoked, old = (each.token for each in made)
        client.raw.ModifyToken(pb.ModifyTokenRequest(token=kept, friendly_name="renamed", expires_in=0))
        client.raw.RemoveToken(pb.StringValue(value=revoked))
    assert "given" not in (tmp_path / ".clouddrive2.json").read_text()
    with running_emulator(root=tmp_path) as emulator:
        emulator.world.clock.advance(61)
        with Client(emulator.url, token=kept) as client:
            assert [entry.path for entry in client.files.list("/")] == ["/Cloud"]
            details = client.system.token_info()
            assert (details.name, details.expires_in) == ("renamed", None)
        for token in (revoked, old, "given"):
            with Client(emulator.url, token=token) as client, pytest.raises(errors.Unauthenticated):
                list(client.files.list("/"))


def test_links_stay_signed(tmp_path: Path) -> None:
    links = []
    for _ in range(2):
        with running_emulator(root=tmp_path) as emulator:
            (tmp_path / "Cloud" / "file").write_bytes(b"x")
            with Client(emulator.url, username=emulator.username, password=emulator.password) as client:
                links.append(client.files.download_url("/Cloud/file").url.partition("?")[2])
    assert links[0] == links[1]


def test_a_file_that_is_something_else_stays(tmp_path: Path) -> None:
    file = tmp_path / ".clouddrive2.json"
    file.write_text("mine")
    with pytest.raises(ValueError, match="move it away"):
        Emulator(root=tmp_path)
    assert file.read_text() == "mine"
