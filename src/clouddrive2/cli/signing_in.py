"""Signing in to a cloud from a terminal: a QR code drawn there, or secrets that are asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

import typer

from clouddrive2.cli.adding import SECRET_VARIABLE
from clouddrive2.cli.asking import ask, can_ask, secret
from clouddrive2.cli.context import Cli
from clouddrive2.cli.qr import draw, keep_picture

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.clouds import CloudAccount, Proxy, QrLogin

__all__ = ["ACCESS_VARIABLE", "Cloud", "Means", "by_cookies", "by_google", "by_qr", "by_tokens"]

Cloud = Literal["115", "115open", "aliyun", "189", "guangyapan", "baidu", "onedrive", "google", "xunlei", "xunleiopen", "123pan"]
Means = Literal["qr", "tokens", "cookies", "client"]
ACCESS_VARIABLE = "CLOUDDRIVE2_CLOUD_ACCESS_TOKEN"


async def by_qr(
    cli: Cli,
    client: AsyncClient,
    cloud: Cloud,
    *,
    platform: str | None,
    open_api: bool,
    wait: float,
    api_proxy: Proxy | None,
    data_proxy: Proxy | None,
) -> CloudAccount | None:
    """Shows codes until one is scanned and confirmed."""
    if cloud not in ("115", "115open", "aliyun", "189", "guangyapan"):
        raise typer.BadParameter(f"{cloud} has no QR codes; sign in with --with tokens")
    steps = client.cloud_logins.by_qr(
        cloud, platform=platform, open_api=open_api, timeout=wait, api_proxy=api_proxy, data_proxy=data_proxy
    )
    account = None
    async for step in steps:
        account = step.account
        if step.state == "show":
            show(cli, step)
        elif step.message:
            cli.out.note(step.message)
    return account


def show(cli: Cli, step: QrLogin) -> None:
    """One code, whichever way the server gives it."""
    if step.code is not None:
        draw(cli, step.code)
        cli.out.note(f"scan this with the cloud's app, or open {step.code} there")
    elif step.image:
        cli.out.note(f"scan the code in {keep_picture(step.image)} with the cloud's app; delete the file afterwards")
    elif step.image_url:
        cli.out.note(f"open {step.image_url} and scan the code there with the cloud's app")


async def by_tokens(
    client: AsyncClient, cloud: Cloud, *, api_proxy: Proxy | None, data_proxy: Proxy | None
) -> CloudAccount | None:
    """With a refresh token, and an access token where one is set."""
    if cloud not in ("115open", "aliyun", "baidu", "onedrive", "google", "xunlei", "xunleiopen", "123pan"):
        raise typer.BadParameter(f"{cloud} takes no tokens; sign in by QR code")
    return await client.cloud_logins.by_tokens(
        cloud,
        secret(SECRET_VARIABLE, f"Refresh token of {cloud}"),
        os.environ.get(ACCESS_VARIABLE, ""),
        api_proxy=api_proxy,
        data_proxy=data_proxy,
    )


async def by_cookies(client: AsyncClient, cloud: Cloud) -> CloudAccount | None:
    """With a browser's cookies."""
    if cloud != "115":
        raise typer.BadParameter("only 115 takes cookies")
    return await client.cloud_logins.by_cookies(secret(SECRET_VARIABLE, "Cookies as EditThisCookie exports them"))


async def by_google(
    cli: Cli, client: AsyncClient, cloud: Cloud, client_id: str, *, wait: float, api_proxy: Proxy | None, data_proxy: Proxy | None
) -> CloudAccount | None:
    """With one's own Google client, and a browser on this machine or another."""
    if cloud != "google" or not client_id:
        raise typer.BadParameter("--with client is for google, and needs --client-id")
    hidden = secret(SECRET_VARIABLE, f"Secret of the client {client_id}")
    began = await client.cloud_logins.start_google(client_id, hidden, api_proxy=api_proxy, data_proxy=data_proxy)
    cli.out.note(f"open this page in a browser and agree:\n{began.url}")
    pasted = ""
    if can_ask():
        pasted = ask("If the browser runs on another machine than the server, paste the address it ends at; else press Enter: ")
    return await client.cloud_logins.finish_google(began, redirected_url=pasted.strip(), timeout=wait)
