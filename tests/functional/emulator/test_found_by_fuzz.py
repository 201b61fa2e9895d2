"""What random requests have found, one by one; ``tests/fuzz`` makes them."""

from __future__ import annotations

import struct

import httpx
import pytest

from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator


@pytest.fixture
def account(emulator: RunningEmulator) -> tuple[str, str]:
    return emulator.username, emulator.password


@pytest.mark.parametrize("path", ["/dav", "/dav/"])
def test_a_put_on_the_root_of_webdav_is_not_allowed(emulator: RunningEmulator, account: tuple[str, str], path: str) -> None:
    # The library asks for the folder around the root, whose name is None.
    assert httpx.put(emulator.url + path, content=b"data", auth=account, trust_env=False).status_code == 405


def test_a_webdav_path_that_is_not_utf8_is_no_other_path(emulator: RunningEmulator, account: tuple[str, str]) -> None:
    with httpx.Client(base_url=f"{emulator.url}/dav/Cloud", auth=account, trust_env=False) as http:
        assert http.put("/%EF%BF%BD", content=b"data").status_code == 201
        # Read with replacement characters, each of these would be it.
        assert [http.request("DELETE", name).status_code for name in ("/%FF", "/%C0%AE")] == [400, 400]
        assert http.get("/%EF%BF%BD").content == b"data"


@pytest.mark.parametrize("asked", ["9" * 5000 + "-", "0-" + "9" * 5000, "-" + "9" * 5000])
def test_a_range_with_thousands_of_digits_is_none(emulator: RunningEmulator, account: tuple[str, str], asked: str) -> None:
    emulator.world.options.open_downloads = True
    with httpx.Client(base_url=emulator.url, auth=account, trust_env=False) as http:
        assert http.put("/dav/Cloud/f", content=b"data").status_code == 201
        while emulator.world.tasks.live_count():
            pass
        answer = http.get("/static/http/x/false/%2FCloud%2Ff", headers={"range": f"bytes={asked}"})
    assert (answer.status_code, answer.content) == (200, b"data")


@pytest.mark.parametrize("timeout", ["9" * 5000 + "H", "\xb2S", "-1S", "S", "99999999H"])
def test_a_timeout_that_is_none_limits_nothing(emulator: RunningEmulator, timeout: str) -> None:
    answer = httpx.post(
        emulator.url + METHODS["GetSystemInfo"].path,
        content=struct.pack(">BI", 0, 0),
        headers={"content-type": "application/grpc-web+proto", "grpc-timeout": timeout.encode("latin-1")},  # type: ignore[dict-item]
        trust_env=False,
    )
    assert answer.status_code == 200
    assert answer.content.endswith(b"grpc-status:0\r\n")


def test_a_deadline_that_passes_with_the_answer_says_nothing_more(
    emulator: RunningEmulator, account: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"content-type": "application/grpc-web+proto", "grpc-timeout": "1n"}
    url = emulator.url + METHODS["GetSystemInfo"].path
    with httpx.Client(trust_env=False) as http:
        answers = {http.post(url, content=struct.pack(">BI", 0, 0), headers=headers).status_code for _ in range(20)}
    assert answers == {200}
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("verb", ["COPY", "MOVE", "PUT"])
def test_a_destination_that_is_no_address_is_a_bad_request(
    emulator: RunningEmulator, account: tuple[str, str], verb: str
) -> None:
    url = f"{emulator.url}/dav/Cloud"
    answer = httpx.request(verb, url, headers={"destination": "http://[::1/dav/x"}, auth=account, trust_env=False)
    assert answer.status_code == 400


@pytest.mark.parametrize("header", ["range: bytes=0-", "timeout: Second-"])
def test_a_number_with_thousands_of_digits_is_a_bad_request_to_webdav(
    emulator: RunningEmulator, account: tuple[str, str], header: str
) -> None:
    name, start = header.split(": ")
    url = f"{emulator.url}/dav/Cloud/f"
    assert httpx.put(url, content=b"data", auth=account, trust_env=False).status_code == 201
    answer = httpx.get(url, headers={name: start + "9" * 5000}, auth=account, trust_env=False)
    assert answer.status_code == 400
