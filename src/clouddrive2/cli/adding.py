"""Adding one kind of cloud account from the words of a command line; secrets come from the environment or the person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from clouddrive2.cli.asking import secret

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.clouds import CloudAccount, Proxy

__all__ = ["PASSPHRASE_VARIABLE", "SECRET_VARIABLE", "Kind", "Wanted", "add"]

Kind = Literal["local", "webdav", "s3", "sftp", "ftp", "smb", "clouddrive"]
SECRET_VARIABLE = "CLOUDDRIVE2_CLOUD_SECRET"
PASSPHRASE_VARIABLE = "CLOUDDRIVE2_CLOUD_PASSPHRASE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said of the account; see ``cd2 clouds add --help``."""

    where: str
    name: str
    user: str
    port: int | None
    folder: str
    region: str
    endpoint: str | None
    path_style: bool
    signature: int
    tls: bool
    key_file: Path | None
    workgroup: str | None
    insecure: bool
    sync: bool
    api_proxy: Proxy | None
    data_proxy: Proxy | None


async def add(client: AsyncClient, kind: Kind, given: Wanted) -> CloudAccount | None:
    """The account that is new; ``None`` when one that was there has been renewed.

    Raises:
        typer.BadParameter: Something is missing.
        ConfigError: A secret is missing, and nobody can be asked.
    """
    clouds, api, data = client.clouds, given.api_proxy, given.data_proxy
    if kind == "local":
        return await clouds.add_local_folder(given.where, name=given.name)
    if kind == "clouddrive":
        token = secret(SECRET_VARIABLE, f"API token made on {given.where}")
        return await clouds.add_clouddrive(
            given.where, token, insecure=given.insecure, sync=given.sync, api_proxy=api, data_proxy=data
        )
    if not given.user:
        raise typer.BadParameter("--user is missing" + (" (the access key's id)" if kind == "s3" else ""))
    if kind == "s3":
        return await clouds.add_s3(
            given.where,
            given.user,
            secret(SECRET_VARIABLE, f"Secret of the access key {given.user}"),
            region=given.region,
            endpoint=given.endpoint,
            path_style=given.path_style,
            signature_version=given.signature,
            sync=given.sync,
            api_proxy=api,
            data_proxy=data,
        )
    if kind == "sftp" and given.key_file is not None:
        key = given.key_file.read_text()
        locked = "ENCRYPTED" in key
        return await clouds.add_sftp(
            given.where,
            given.user,
            port=given.port or 22,
            private_key=key,
            passphrase=secret(PASSPHRASE_VARIABLE, f"Passphrase of {given.key_file}") if locked else None,
            root=given.folder,
            sync=given.sync,
            api_proxy=api,
            data_proxy=data,
        )
    password = secret(SECRET_VARIABLE, f"Password of {given.user} at {given.where}")
    if kind == "webdav":
        return await clouds.add_webdav(given.where, given.user, password, sync=given.sync, api_proxy=api, data_proxy=data)
    if kind == "sftp":
        return await clouds.add_sftp(
            given.where,
            given.user,
            password,
            port=given.port or 22,
            root=given.folder,
            sync=given.sync,
            api_proxy=api,
            data_proxy=data,
        )
    if kind == "ftp":
        return await clouds.add_ftp(
            given.where,
            given.user,
            password,
            port=given.port or 21,
            tls=given.tls,
            root=given.folder,
            sync=given.sync,
            api_proxy=api,
            data_proxy=data,
        )
    server, slash, share = given.where.strip("/").partition("/")
    if not slash:
        raise typer.BadParameter("a share is named as SERVER/SHARE; 'cd2 clouds discover SERVER' lists them")
    return await clouds.add_smb(
        server,
        share,
        given.user,
        password,
        port=given.port or 445,
        workgroup=given.workgroup,
        root=given.folder,
        sync=given.sync,
        api_proxy=api,
        data_proxy=data,
    )
