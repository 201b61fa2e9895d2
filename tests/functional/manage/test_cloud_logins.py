"""``client.cloud_logins``: QR codes, tokens, cookies, one's own Google client."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from clouddrive2 import InvalidRequest, OperationFailed, QrLoginState, SignInRefused, Timeout, Unsupported
from clouddrive2.api.cloud_logins import QR_CALLS, TOKEN_CALLS
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.logins import QrStep
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
SHOW = QrStep("SHOW_IMAGE_CONTENT", "https://qr.example/{code}")


@pytest.mark.parametrize("cloud", QR_CALLS)
async def test_every_cloud_with_codes(client: AsyncClient, emulator: RunningEmulator, cloud: str) -> None:
    emulator.emulator.logins.script = (SHOW, QrStep("CHANGE_STATUS", "scanned"), QrStep("CLOSE"))
    steps = [step async for step in client.cloud_logins.by_qr(cloud)]  # type: ignore[arg-type]
    assert [step.state for step in steps] == [QrLoginState.SHOW, QrLoginState.STATUS, QrLoginState.DONE]
    assert (steps[0].code or "").startswith("https://qr.example/")
    assert steps[1].message == "scanned"
    assert steps[2].account in await client.clouds.list()


async def test_a_code_that_expires_is_followed_by_another(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.logins.script = (SHOW, SHOW, QrStep("CLOSE"))
    *shown, last = [step async for step in client.cloud_logins.by_qr("115")]
    assert len({step.code for step in shown}) == 2
    assert last.state is QrLoginState.DONE


async def test_pictures(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.logins.script = (
        QrStep("SHOW_IMAGE", "https://cloud.example/code.png"),
        QrStep("SHOW_IMAGE_CONTENT", "data:image/png;base64,iVBORw=="),
        QrStep("SHOW_IMAGE", "data:image/png;base64,%"),
        QrStep("CLOSE"),
    )
    one, two, three, _ = [step async for step in client.cloud_logins.by_qr("115")]
    assert (one.image_url, one.image, one.code) == ("https://cloud.example/code.png", None, None)
    assert (two.image_url, two.image, two.code) == (None, b"\x89PNG", None)
    assert three.image == b""


async def test_an_error(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.logins.script = (SHOW, QrStep("ERROR", "the account is locked"))
    with pytest.raises(SignInRefused, match="the account is locked"):
        _ = [step async for step in client.cloud_logins.by_qr("115")]


async def test_a_stream_that_just_ends_well(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.logins.script = (SHOW, QrStep("END"))
    *_, last = [step async for step in client.cloud_logins.by_qr("115")]
    assert last.state is QrLoginState.DONE
    assert last.account is not None


async def test_nobody_scans(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.logins.script = (SHOW, QrStep("CLOSE", wait=3600))
    with pytest.raises(Timeout, match="nobody has signed in"):
        _ = [step async for step in client.cloud_logins.by_qr("115", timeout=0.2)]


async def test_leaving_aborts_it(client: AsyncClient, emulator: RunningEmulator) -> None:
    emulator.emulator.logins.script = (SHOW, QrStep("CLOSE", wait=60))
    steps = client.cloud_logins.by_qr("115")
    await anext(steps)
    await steps.aclose()  # type: ignore[attr-defined]
    await client.system.info()
    emulator.world.clock.advance(61)
    assert len(await client.clouds.list()) == 1


async def test_clouds_without_codes(client: AsyncClient) -> None:
    with pytest.raises(InvalidRequest, match="these have"):
        await anext(client.cloud_logins.by_qr("onedrive"))  # type: ignore[arg-type]


@pytest.mark.parametrize("cloud", TOKEN_CALLS)
async def test_every_cloud_with_tokens(client: AsyncClient, cloud: str) -> None:
    added = await client.cloud_logins.by_tokens(cloud, "refresh", "access", expires_in=3600)  # type: ignore[arg-type]
    assert added in await client.clouds.list()
    with pytest.raises(OperationFailed, match="missing"):
        await client.cloud_logins.by_tokens(cloud, "")  # type: ignore[arg-type]


async def test_other_tokens(client: AsyncClient) -> None:
    one = await client.cloud_logins.by_aliyun_refresh_token("refresh", open_api=True)
    two = await client.cloud_logins.by_google_refresh_token("id", "secret", "refresh")
    assert one is not None and two is not None
    assert (one.cloud, two.cloud) == ("AliyunDriveOpen", "GoogleDrive")
    with pytest.raises(InvalidRequest, match="these do"):
        await client.cloud_logins.by_tokens("115", "refresh")  # type: ignore[arg-type]


async def test_cookies(client: AsyncClient) -> None:
    added = await client.cloud_logins.by_cookies(json.dumps([{"name": "UID", "value": "1_2"}]))
    assert added is not None and added.cloud == "115"
    for wrong in ("no json", "{}", "[1]"):
        with pytest.raises(InvalidRequest, match="EditThisCookie"):
            await client.cloud_logins.by_cookies(wrong)
    with pytest.raises(OperationFailed, match="UID"):
        await client.cloud_logins.by_cookies("[]")


async def test_ones_own_google_client(client: AsyncClient, emulator: RunningEmulator) -> None:
    began = await client.cloud_logins.start_google("me.apps.googleusercontent.com", "secret")
    assert began.session in began.url
    assert began.session not in repr(began).replace(began.url, "")
    emulator.on_loop(emulator.emulator.logins.settle_google, began.session)
    added = await client.cloud_logins.finish_google(began)
    assert added is not None and added.cloud == "GoogleDrive"


async def test_a_browser_elsewhere(client: AsyncClient) -> None:
    began = await client.cloud_logins.start_google("me.apps.googleusercontent.com", "secret", return_url="http://127.0.0.1:1/")
    with pytest.raises(SignInRefused) as caught:
        await client.cloud_logins.finish_google(began, redirected_url="http://127.0.0.1:1/?code=1&state=other")
    assert caught.value.reason == "pasted_url_invalid"
    [state] = parse_qs(urlsplit(began.url).query)["state"]
    assert await client.cloud_logins.finish_google(began, redirected_url=f"http://127.0.0.1:1/?code=1&state={state}")


async def test_google_refuses(client: AsyncClient, emulator: RunningEmulator) -> None:
    with pytest.raises(SignInRefused) as caught:
        await client.cloud_logins.start_google("me", "secret")
    assert caught.value.reason == "invalid_client_id"
    began = await client.cloud_logins.start_google("me.apps.googleusercontent.com", "secret")
    emulator.on_loop(emulator.emulator.logins.settle_google, began.session, "access_denied")
    with pytest.raises(SignInRefused) as caught:
        await client.cloud_logins.finish_google(began)
    assert caught.value.reason == "access_denied"
    with pytest.raises(SignInRefused) as caught:
        await client.cloud_logins.finish_google(began)
    assert caught.value.reason == "session_expired"


async def test_nobody_agrees(client: AsyncClient) -> None:
    began = await client.cloud_logins.start_google("me.apps.googleusercontent.com", "secret")
    with pytest.raises(Timeout, match="nobody has agreed"):
        await client.cloud_logins.finish_google(began, timeout=0.1)


async def test_a_state_for_redirects(client: AsyncClient) -> None:
    state = await client.cloud_logins.oauth_state("onedrive", "https://nas:19799/back", device_id="d", code_verifier="v")
    assert state.state and state.expires_in == 600
    assert state.state not in repr(state)
    with pytest.raises(OperationFailed, match="oauth_type missing"):
        await client.cloud_logins.oauth_state("", "https://nas:19799/back")


async def test_old_servers(connect: Connect, emulator_factory: Callable[..., RunningEmulator]) -> None:
    client = connect(emulator_factory(options=EmulatorOptions(version="1.0.0")))
    with pytest.raises(Unsupported):
        await client.cloud_logins.start_google("me.apps.googleusercontent.com", "secret")
    with pytest.raises(Unsupported):
        await client.cloud_logins.oauth_state("onedrive", "https://nas/back")
    with pytest.raises(Unsupported):
        await anext(client.cloud_logins.by_qr("guangyapan"))
