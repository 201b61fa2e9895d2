"""``cd2 clouds``: the cloud accounts of the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli import adding, signing_in
from clouddrive2.cli.asking import confirm, secret
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.clouds import CloudAccount, CloudSettings, Proxy

__all__ = ["VERBS"]

Account = Annotated[str, typer.Argument(metavar="CLOUD", help="The account's folder, as in /115.")]
ApiProxy = Annotated[
    str | None,
    typer.Option(
        "--proxy", metavar="PROXY", show_default=False, help="For log-in and listing: system, none, http://... or socks5://..."
    ),
]
DataProxy = Annotated[str | None, typer.Option("--data-proxy", metavar="PROXY", show_default=False, help="The same for content.")]


async def list_(cli: Cli) -> None:
    """List the cloud accounts."""
    async with cli.client() as client:
        accounts = await client.clouds.list()
    if cli.settings.json:
        for account in accounts:
            cli.out.result(record(account), "")
    elif accounts:
        heading = ("folder", "cloud", "account", "state")
        cli.out.result({}, "\n".join(words.columns([heading, *map(row, accounts)])))


async def status(cli: Cli, account: Account) -> None:
    """Show how the server works with an account."""
    async with cli.client() as client:
        found = await client.clouds.get(account)
        settings = await client.clouds.settings(found)
    show_settings(cli, found, settings)


async def update(
    cli: Cli,
    account: Account,
    download_threads: Annotated[
        int | None, typer.Option("--download-threads", min=1, metavar="N", show_default=False, help="Connections at once.")
    ] = None,
    upload_threads: Annotated[
        int | None, typer.Option("--upload-threads", min=1, metavar="N", show_default=False, help="Connections at once.")
    ] = None,
    queries: Annotated[
        float | None, typer.Option("--queries", min=0, metavar="N", show_default=False, help="Requests per second; 0 for any.")
    ] = None,
    buffer: Annotated[
        int | None, typer.Option("--buffer", min=1, metavar="MIB", show_default=False, help="Memory for downloads, in MiB.")
    ] = None,
    user_agent: Annotated[
        str | None, typer.Option("--user-agent", metavar="TEXT", show_default=False, help="What the server calls itself there.")
    ] = None,
    ipv4_only: Annotated[
        bool | None, typer.Option("--ipv4-only/--no-ipv4-only", show_default=False, help="Do not use IPv6.")
    ] = None,
    insecure: Annotated[
        bool | None, typer.Option("--insecure/--no-insecure", show_default=False, help="Accept any certificate of the cloud.")
    ] = None,
    http_download: Annotated[
        bool | None, typer.Option("--http-download/--no-http-download", show_default=False, help="Download over plain HTTP.")
    ] = None,
    proxy: ApiProxy = None,
    data_proxy: DataProxy = None,
) -> None:
    """Change settings of an account; what is not given stays."""
    async with cli.client() as client:
        found = await client.clouds.get(account)
        settings = await client.clouds.update(
            found,
            download_threads=download_threads,
            upload_threads=upload_threads,
            queries_per_second=queries,
            buffer_mib=buffer,
            user_agent=user_agent,
            ipv4_only=ipv4_only,
            insecure=insecure,
            http_download=http_download,
            api_proxy=proxy_of(proxy),
            data_proxy=proxy_of(data_proxy),
        )
    show_settings(cli, found, settings)


async def remove(
    cli: Cli,
    account: Account,
    permanently: Annotated[bool, typer.Option("--permanently", help="Forget its settings, too.")] = False,
    yes: Yes = False,
) -> None:
    """Remove an account from the server.

    Its files stay in the cloud.
    """
    async with cli.client() as client:
        found = await client.clouds.get(account)
        confirm(
            f"Remove {words.plain(found.path or found.account)} ({found.cloud} account {words.plain(found.account)})?", yes=yes
        )
        await client.clouds.remove(found, permanently=permanently)
    cli.out.changed(
        {"path": found.path, "removed": True}, f"removed {words.plain(found.path or found.account)}; its files stay in the cloud"
    )


async def add(
    cli: Cli,
    kind: Annotated[adding.Kind, typer.Argument(metavar="KIND", help="local, webdav, s3, sftp, ftp, smb or clouddrive.")],
    where: Annotated[
        str,
        typer.Argument(metavar="WHERE", help="Folder on the server's machine, address, bucket, host, or SERVER/SHARE."),
    ],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Name of a local folder's account.")] = "",
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="User name; for s3 the access key's id.")] = "",
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, show_default=False, help="Port.")] = None,
    folder: Annotated[str, typer.Option("--root", metavar="PATH", help="Folder there to show (sftp, ftp, smb).")] = "/",
    region: Annotated[str, typer.Option("--region", metavar="NAME", help="Region (s3).")] = "us-east-1",
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", metavar="URL", show_default=False, help="Address of a storage not Amazon's."),
    ] = None,
    path_style: Annotated[bool, typer.Option("--path-style", help="The bucket stands in the path (s3).")] = False,
    signature: Annotated[int, typer.Option("--signature", metavar="2|4", help="Signature version (s3).")] = 4,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt (ftp).")] = False,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", exists=True, dir_okay=False, show_default=False, help="Private key (sftp)."),
    ] = None,
    workgroup: Annotated[
        str | None, typer.Option("--workgroup", metavar="NAME", show_default=False, help="Workgroup (smb).")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Accept any certificate (clouddrive).")] = False,
    no_sync: Annotated[bool, typer.Option("--no-sync", help="Keep it out of the account-data sync.")] = False,
    proxy: ApiProxy = None,
    data_proxy: DataProxy = None,
) -> None:
    """Add an account.

    Its secret is asked for, or taken from CLOUDDRIVE2_CLOUD_SECRET; the passphrase of a private key likewise, or from
    CLOUDDRIVE2_CLOUD_PASSPHRASE. A local folder is one of the server's machine.
    """
    wanted = adding.Wanted(
        where=where,
        name=name,
        user=user,
        port=port,
        folder=folder,
        region=region,
        endpoint=endpoint,
        path_style=path_style,
        signature=signature,
        tls=tls,
        key_file=key_file,
        workgroup=workgroup,
        insecure=insecure,
        sync=not no_sync,
        api_proxy=proxy_of(proxy),
        data_proxy=proxy_of(data_proxy),
    )
    async with cli.client() as client:
        added(cli, await adding.add(client, kind, wanted))


async def login(
    cli: Cli,
    cloud: Annotated[
        signing_in.Cloud,
        typer.Argument(
            metavar="CLOUD",
            help="115, 115open, aliyun, 189, guangyapan, baidu, onedrive, google, xunlei, xunleiopen or 123pan.",
        ),
    ],
    means: Annotated[
        signing_in.Means,
        typer.Option("--with", metavar="MEANS", help="qr, tokens, cookies (115), or client (google, one's own client)."),
    ] = "qr",
    platform: Annotated[
        str | None, typer.Option("--platform", metavar="NAME", show_default=False, help="The app to pose as (115).")
    ] = None,
    open_api: Annotated[bool, typer.Option("--open-api", help="Use the open interface (aliyun).")] = False,
    client_id: Annotated[str, typer.Option("--client-id", metavar="ID", help="One's own client (google).")] = "",
    give_up_after: Annotated[float, typer.Option("--give-up-after", min=1, metavar="SECONDS", help="When to give up.")] = 300.0,
    proxy: ApiProxy = None,
    data_proxy: DataProxy = None,
) -> None:
    """Sign in to a cloud, by a QR code or otherwise.

    The code is drawn here. A refresh token, cookies or a client's secret are asked for, or taken from
    CLOUDDRIVE2_CLOUD_SECRET; an access token from CLOUDDRIVE2_CLOUD_ACCESS_TOKEN. Ctrl-C aborts the login.
    """
    api, data = proxy_of(proxy), proxy_of(data_proxy)
    async with cli.client() as client:
        if means == "qr":
            account = await signing_in.by_qr(
                cli, client, cloud, platform=platform, open_api=open_api, wait=give_up_after, api_proxy=api, data_proxy=data
            )
        elif means == "tokens":
            account = await signing_in.by_tokens(client, cloud, api_proxy=api, data_proxy=data)
        elif means == "cookies":
            account = await signing_in.by_cookies(client, cloud)
        else:
            account = await signing_in.by_google(
                cli, client, cloud, client_id, wait=give_up_after, api_proxy=api, data_proxy=data
            )
        added(cli, account)


async def discover(
    cli: Cli,
    server: Annotated[str | None, typer.Argument(metavar="SERVER", show_default=False, help="List its shares.")] = None,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Who to be there.")] = "",
) -> None:
    """Find file servers (SMB), or the shares of one."""
    async with cli.client() as client:
        if server is None:
            servers = await client.clouds.smb_servers()
            for each in servers:
                cli.out.result({"name": each.name, "address": each.address}, f"{words.plain(each.name)}  {each.address}")
            return
        password = secret(adding.SECRET_VARIABLE, f"Password of {user} at {server}") if user else ""
        for share in await client.clouds.smb_shares(server, user, password):
            cli.out.result({"server": server, "share": share}, words.plain(f"{server}/{share}"))


async def events_enable(cli: Cli, account: Account) -> None:
    """Enable a cloud's events: the server hears of changes made elsewhere."""
    async with cli.client() as client:
        await client.clouds.start_listening(account)
    cli.out.changed({"path": account, "listening": True}, f"the server hears of changes in {words.plain(account)}")


async def events_disable(cli: Cli, account: Account) -> None:
    """Disable a cloud's events: the server hears of no changes made elsewhere."""
    async with cli.client() as client:
        await client.clouds.stop_listening(account)
    cli.out.changed({"path": account, "listening": False}, f"the server hears of no changes in {words.plain(account)}")


async def refresh(cli: Cli, path: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder of the cloud.")]) -> None:
    """Refresh a folder: take over now what was changed elsewhere in its cloud."""
    async with cli.client() as client:
        changes = await client.clouds.sync_changes(cloud_path(path))
    counts = {"created": changes.created, "deleted": changes.deleted, "renamed": changes.renamed}
    cli.out.result(counts, ", ".join(f"{count} {what}" for what, count in counts.items()))


async def memberships(cli: Cli, path: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder of the cloud.")]) -> None:
    """Show what an account is at its cloud."""
    async with cli.client() as client:
        for each in await client.clouds.memberships(cloud_path(path)):
            until = each.expires.isoformat() if each.expires else None
            text = f"{words.plain(each.identity)}  {words.plain(each.level or '-')}  {words.moment(each.expires)}"
            cli.out.result({"identity": each.identity, "level": each.level, "expires": until}, text)


async def promotions(
    cli: Cli,
    account: Annotated[str | None, typer.Argument(metavar="CLOUD", show_default=False, help="Only this cloud's.")] = None,
) -> None:
    """Show offers of the clouds' vendors."""
    async with cli.client() as client:
        for each in await client.clouds.promotions(account):
            shown = {"id": each.id, "cloud": each.cloud, "title": each.title, "rules": each.rules, "url": each.url}
            cli.out.result(shown, f"{words.plain(each.cloud)}  {words.plain(each.title)}  {words.plain(each.url)}")


def proxy_of(text: str | None) -> Proxy | None:
    """A proxy as it is written on a command line."""
    # The model brings the messages along: not for help texts.
    from clouddrive2.models.clouds import Proxy

    return Proxy.parse(text) if text is not None else None


def added(cli: Cli, account: CloudAccount | None) -> None:
    """What a login brought."""
    if account is None:
        cli.out.note("signed in; the account was there before")
    else:
        cli.out.result(record(account), words.plain(account.path or f"{account.cloud} {account.account}"))


def record(account: CloudAccount) -> dict[str, object]:
    """What ``--json`` prints of one."""
    return {
        "path": account.path,
        "cloud": account.cloud,
        "account": account.account,
        "nickname": account.nickname,
        "locked": account.locked,
        "read_only": account.read_only,
        "listening": account.listening,
        "promotion": account.promotion,
    }


def row(account: CloudAccount) -> tuple[str, ...]:
    """A line of the table."""
    states = {"locked": account.locked, "read-only": account.read_only, "listening": account.listening}
    state = ", ".join(name for name, on in states.items() if on) or "ok"
    return words.plain(account.path or "-"), words.plain(account.cloud), words.plain(account.account), state


def show_settings(cli: Cli, account: CloudAccount, settings: CloudSettings) -> None:
    """All settings, one a line; a limit stands beside what it limits."""
    limits = {
        "download_threads": settings.download_threads_limit,
        "buffer_mib": settings.buffer_mib_limit,
        "queries_per_second": settings.queries_per_second_limit,
    }
    shown: dict[str, object] = {
        "download_threads": settings.download_threads,
        "upload_threads": settings.upload_threads,
        "read_kib": list(settings.read_kib),
        "buffer_mib": settings.buffer_mib,
        "queries_per_second": settings.queries_per_second,
        "ipv4_only": settings.ipv4_only,
        "insecure": settings.insecure,
        "user_agent": settings.user_agent,
        "http_download": settings.http_download,
        "proxy": str(settings.api_proxy) if settings.api_proxy else None,
        "data_proxy": str(settings.data_proxy) if settings.data_proxy else None,
    }
    if cli.settings.json:
        cli.out.result({**record(account), **shown, "limits": limits}, "")
        return
    rows = [("folder", words.plain(account.path or "-")), ("cloud", words.plain(account.cloud)), ("account", account.account)]
    for name, value in shown.items():
        text = " / ".join(map(str, value)) if isinstance(value, list) else words.fact(value)
        limit = limits.get(name)
        rows.append((name.replace("_", " "), f"{text} (at most {limit:g})" if limit else text))
    cli.out.result({}, "\n".join(words.columns(rows)))


VERBS = {
    "list": (list_, "cd2 clouds list"),
    "add": (
        add,
        "cd2 clouds add local /srv/films --name Films\n"
        "cd2 clouds add webdav https://dav.example/remote.php/dav --user me\n"
        "cd2 clouds add s3 backups --user KEY_ID --endpoint https://s3.example",
    ),
    "login": (login, "cd2 clouds login 115\ncd2 clouds login onedrive --with tokens"),
    "status": (status, "cd2 clouds status /115"),
    "update": (update, "cd2 clouds update /115 --download-threads 2 --proxy socks5://127.0.0.1:1080"),
    "remove": (remove, "cd2 clouds remove /115 --yes"),
    "events-enable": (events_enable, "cd2 clouds events-enable /115"),
    "events-disable": (events_disable, "cd2 clouds events-disable /115"),
    "refresh": (refresh, "cd2 clouds refresh /115/Movies"),
    "discover": (discover, "cd2 clouds discover\ncd2 clouds discover nas --user me"),
    "memberships": (memberships, "cd2 clouds memberships /115"),
    "promotions": (promotions, "cd2 clouds promotions"),
}
