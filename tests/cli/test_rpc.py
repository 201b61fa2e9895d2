"""``cd2 rpc``: every call of the contract, JSON in and out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def test_a_public_call_needs_no_credentials(run: Run, emulator: Any) -> None:
    result = run("--url", emulator.url, "rpc", "GetSystemInfo")
    assert result.code == 0
    assert json.loads(result.out)["SystemReady"] is True


def test_a_request_from_the_line_and_from_standard_input(cd2: Run) -> None:
    request = '{"path": "/Cloud"}'
    given = cd2("--json", "rpc", "GetSpaceInfo", request)
    piped = cd2("rpc", "GetSpaceInfo", "-", stdin=request)
    assert given.record == json.loads(piped.out)
    assert int(given.record["totalSpace"]) == 1 << 40
    assert len(given.lines) == 1 < len(piped.lines)


def test_a_stream_is_json_lines(cd2: Run) -> None:
    cd2("mkdir", "/Cloud/a")
    result = cd2("rpc", "GetSubFiles", '{"path": "/Cloud"}')
    assert [file["name"] for record in result.records for file in record["subFiles"]] == ["a"]


def test_a_change(cd2: Run) -> None:
    assert cd2("rpc", "CreateFolder", '{"parentPath": "/Cloud", "folderName": "中文 #"}').code == 0
    assert cd2("ls", "/Cloud").lines == ["中文 #/"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["getspaceinf"], 2, "there is no call 'getspaceinf'; did you mean GetSpaceInfo"),
        ([], 2, "METHOD is needed, or --list"),
        (["GetSpaceInfo", '{"pth": 1}'], 2, "its fields: path, forceRefresh"),
        (["GetSpaceInfo", "{bad"], 2, "the request is no FileRequest: Failed to load JSON"),
        (["GetSpaceInfo", '{"path": "/nothing"}'], 5, "GetSpaceInfo: /nothing not found"),
        (["GetSpaceInfo", "{}", "more"], 2, "unexpected extra argument"),
        (["WatchApp"], 1, "WatchApp: this server does not offer the call"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong(cd2: Run, arguments: list[str], code: int, said: str) -> None:
    result = cd2("rpc", *arguments)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("options", [[], ["--api-token", "a-token"]], ids=["no-credentials", "token"])
def test_credentials_in_the_request_are_not_taken_for_ours(run: Run, emulator: Any, options: list[str]) -> None:
    request = '{"userName": "me", "password": "wrong"}'
    result = run("--url", emulator.url, *options, "rpc", "GetToken", request)
    assert (result.code, result.err) == (4, "cd2: GetToken: wrong user name or password\n")


def test_the_list_of_calls(run: Run) -> None:
    assert len(run("rpc", "--list").lines) == 258
    (row,) = run("--json", "rpc", "--list", "GetApiTokenInfo").records
    assert (row["request"], row["reply"], row["server_streaming"]) == ("StringValue", "TokenInfo", False)


def test_the_fields_of_a_request(run: Run) -> None:
    lines = [" ".join(line.split()) for line in run("rpc", "--list", "-v", "GetToken").lines]
    assert lines == ["GetToken GetTokenRequest -> JWTToken", "userName: string", "password: string", "totpCode: string"]
