"""What random requests have found, one by one; ``tests/fuzz`` makes them."""

from __future__ import annotations

import httpx
import pytest

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
