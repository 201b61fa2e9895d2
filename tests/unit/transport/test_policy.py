"""How long each RPC may take: every one has a bound, or is meant to last."""

from __future__ import annotations

import pytest

from clouddrive2.config import Timeouts
from clouddrive2.proto.methods import METHODS, Method
from clouddrive2.transport.policy import DATA, LONG_LIVED, SLOW, deadline, idle_limit

TIMEOUTS = Timeouts(connect=1, read=2, mutation=3, slow=4, data=5, idle=6)


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_every_rpc_is_bounded_or_meant_to_last(method: Method) -> None:
    whole, silence = deadline(method, TIMEOUTS), idle_limit(method, TIMEOUTS)
    if method.name in LONG_LIVED:
        assert method.server_streaming and whole is None and silence is None
    elif method.server_streaming or method.client_streaming:
        assert whole is None and silence in (TIMEOUTS.idle, TIMEOUTS.data)
    else:
        assert whole in (TIMEOUTS.read, TIMEOUTS.mutation, TIMEOUTS.slow, TIMEOUTS.data)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("FindFileByPath", TIMEOUTS.read),
        ("GetToken", TIMEOUTS.read),
        ("CreateFolder", TIMEOUTS.mutation),
        ("StartRemoteUpload", TIMEOUTS.mutation),
        ("MoveFile", TIMEOUTS.slow),
        ("AddSharedLink", TIMEOUTS.slow),
        ("RemoteReadData", TIMEOUTS.data),
        ("WriteToFile", TIMEOUTS.data),
        ("GetSubFiles", None),
        ("WriteToFileStream", None),
    ],
)
def test_which_class(name: str, seconds: float | None) -> None:
    assert deadline(METHODS[name], TIMEOUTS) == seconds


def test_streams_that_last() -> None:
    assert {"PushMessage", "PushTaskChange", "RemoteUploadChannel", "WatchApp", "AppAgentChannel"} < LONG_LIVED
    assert all(METHODS[name].server_streaming for name in LONG_LIVED)
    assert idle_limit(METHODS["WriteToFileStream"], TIMEOUTS) == TIMEOUTS.data


def test_tables_name_rpcs_of_the_contract() -> None:
    assert METHODS.keys() >= SLOW | DATA | LONG_LIVED
    assert not SLOW & LONG_LIVED
    assert not SLOW & DATA


@pytest.mark.parametrize(
    "name",
    [
        *("CreateFolder", "RenameFile", "MoveFile", "CopyFile", "DeleteFile", "CreateFile", "WriteToFile"),
        *("StartRemoteUpload", "CreateToken", "AddOfflineFiles", "RestartService", "TransferBalance", "DeleteAccount"),
    ],
)
def test_changes_are_not_repeated(name: str) -> None:
    assert not METHODS[name].repeatable


@pytest.mark.parametrize("name", ["GetSubFiles", "FindFileByPath", "GetToken", "RemoteReadData", "RemoteHashProgress"])
def test_questions_are(name: str) -> None:
    assert METHODS[name].repeatable


def test_streams_of_messages_are_not_repeated() -> None:
    assert not any(method.repeatable for method in METHODS.values() if method.client_streaming)
