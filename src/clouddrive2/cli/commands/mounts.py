"""``cd2 mounts``: where the server mounts its drive, and whether this machine sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.asking import confirm
from clouddrive2.cli.context import Cli, cloud_path
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.mounts import MountPoint

__all__ = ["VERBS"]

HEADING = ("mounted", "mode", "mount point", "shows", "remark")

Point = Annotated[str, typer.Argument(metavar="MOUNT_POINT", help="Folder or drive letter on the server's machine.")]
Source = Annotated[str | None, typer.Option("--source", metavar="FOLDER", help="Cloud folder it shows.", show_default=False)]
ReadOnly = Annotated[bool | None, typer.Option("--read-only/--writable", help="Whether it takes no writes.", show_default=False)]
AutoMount = Annotated[
    bool | None, typer.Option("--auto-mount/--no-auto-mount", help="Mounted whenever the server starts.", show_default=False)
]
LocalOnly = Annotated[
    bool | None,
    typer.Option("--local-only/--for-all", help="Seen only by the user who mounts it (Windows).", show_default=False),
]
Uid = Annotated[int | None, typer.Option("--uid", metavar="NUMBER", help="Owner of everything in it.", show_default=False)]
Gid = Annotated[int | None, typer.Option("--gid", metavar="NUMBER", help="Group of everything in it.", show_default=False)]
Permissions = Annotated[
    str | None, typer.Option("--permissions", metavar="MODE", help="Mode of its folders, as 755.", show_default=False)
]
Name = Annotated[str | None, typer.Option("--name", metavar="LABEL", help="Label of the volume.", show_default=False)]


async def list_(cli: Cli) -> None:
    """List the mount points of the server."""
    async with cli.client() as client:
        points = await client.mounts.list()
    if cli.settings.json:
        for point in points:
            cli.out.result(record(point), "")
    elif points:
        cli.out.result({}, "\n".join(words.columns([HEADING, *(cells(point) for point in points)])))


async def status(
    cli: Cli, path: Annotated[str, typer.Argument(metavar="PATH", help="A place in the drive; it need not exist.")] = "/"
) -> None:
    """Show how files get to a place in the drive from this machine: through a mount, by an upload, or not at all."""
    async with cli.client() as client:
        found = await client.mounts.status(cloud_path(path))
    told = {
        "path": found.path,
        "mounted": found.mounted,
        "available": found.available,
        "method": found.method,
        "local_path": str(found.local_path) if found.local_path else None,
        "message": found.message,
    }
    where = f" at {words.plain(str(found.local_path))}" if found.local_path else ""
    cli.out.result(told, f"{found.method}{where}: {words.plain(found.message)}")


async def add(
    cli: Cli,
    mount_point: Point,
    source: Source = None,
    read_only: ReadOnly = None,
    auto_mount: AutoMount = None,
    local_only: LocalOnly = None,
    uid: Uid = None,
    gid: Gid = None,
    permissions: Permissions = None,
    name: Name = None,
) -> None:
    """Add a mount point to the server; some mount it at once, otherwise 'cd2 mounts mount' does."""
    async with cli.client() as client:
        point = await client.mounts.add(
            mount_point,
            cloud_path(source or "/"),
            read_only=bool(read_only),
            auto_mount=bool(auto_mount),
            local_only=bool(local_only),
            uid=uid or 0,
            gid=gid or 0,
            permissions=permissions or "",
            name=name or "",
        )
    tell(cli, point)


async def update(
    cli: Cli,
    mount_point: Point,
    to: Annotated[str | None, typer.Option("--to", metavar="MOUNT_POINT", help="Another place.", show_default=False)] = None,
    source: Source = None,
    read_only: ReadOnly = None,
    auto_mount: AutoMount = None,
    local_only: LocalOnly = None,
    uid: Uid = None,
    gid: Gid = None,
    permissions: Permissions = None,
    name: Name = None,
) -> None:
    """Change a mount point; what is not given stays."""
    async with cli.client() as client:
        point = await client.mounts.update(
            mount_point,
            new_mount_point=to,
            source_folder=None if source is None else cloud_path(source),
            read_only=read_only,
            auto_mount=auto_mount,
            local_only=local_only,
            uid=uid,
            gid=gid,
            permissions=permissions,
            name=name,
        )
    tell(cli, point)


async def mount(cli: Cli, mount_point: Point) -> None:
    """Mount a mount point on the server's machine."""
    async with cli.client() as client:
        tell(cli, await client.mounts.mount(mount_point))


async def unmount(cli: Cli, mount_point: Point) -> None:
    """Unmount a mount point; its configuration stays."""
    async with cli.client() as client:
        await client.mounts.unmount(mount_point)
    cli.out.changed({"mount_point": mount_point, "unmounted": True}, f"{words.plain(mount_point)} is not mounted")


async def remove(cli: Cli, mount_point: Point, yes: Yes = False) -> None:
    """Remove a mount point; files in the drive stay."""
    confirm(f"Remove the mount point {words.plain(mount_point)}?", yes=yes)
    async with cli.client() as client:
        await client.mounts.remove(mount_point)
    cli.out.changed({"mount_point": mount_point, "removed": True}, f"removed {words.plain(mount_point)}")


async def browse(
    cli: Cli,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="On the server's machine.")] = "/",
    files: Annotated[bool, typer.Option("--files", help="List files, too.")] = False,
    make: Annotated[
        str | None, typer.Option("--make", metavar="NAME", help="Create a folder there first.", show_default=False)
    ] = None,
) -> None:
    """List folders of the server's machine, for choosing where to mount."""
    async with cli.client() as client:
        if make is not None:
            cli.out.detail(f"created {words.plain(await client.mounts.make_local_folder(folder, make))}")
        async for name in client.mounts.browse(folder, folders_only=not files):
            cli.out.result({"name": name}, words.plain(name))


def tell(cli: Cli, point: MountPoint) -> None:
    """How a mount point stands after a change."""
    if cli.settings.json:
        cli.out.result(record(point), "")
        return
    if point.mounted:
        cli.out.detail(f"{words.plain(point.source_folder)} is mounted at {words.plain(point.mount_point)} on the server")
    elif point.fail_reason:
        cli.out.warn(f"{words.plain(point.mount_point)} is not mounted: {words.plain(point.fail_reason)}")
    else:
        cli.out.detail(f"{words.plain(point.mount_point)} is not mounted")


def record(point: MountPoint) -> dict[str, object]:
    """For scripts."""
    return {
        "mount_point": point.mount_point,
        "source_folder": point.source_folder,
        "mounted": point.mounted,
        "read_only": point.read_only,
        "auto_mount": point.auto_mount,
        "local_only": point.local_only,
        "uid": point.uid,
        "gid": point.gid,
        "permissions": point.permissions,
        "name": point.name,
        "fail_reason": point.fail_reason,
    }


def cells(point: MountPoint) -> tuple[str, ...]:
    """For people."""
    mode = "read-only" if point.read_only else "writable"
    remark = point.fail_reason or ("at every start" if point.auto_mount else "")
    mounted = "yes" if point.mounted else "no"
    return mounted, mode, words.plain(point.mount_point), words.plain(point.source_folder), words.plain(remark)


VERBS = {
    "list": (list_, "cd2 mounts list"),
    "status": (status, "cd2 mounts status /115/Movies"),
    "add": (add, "cd2 mounts add /CloudNAS/115 --source /115 --auto-mount"),
    "update": (update, "cd2 mounts update /CloudNAS/115 --read-only\ncd2 mounts update /CloudNAS/115 --to /media/115"),
    "mount": (mount, "cd2 mounts mount /CloudNAS/115"),
    "unmount": (unmount, "cd2 mounts unmount /CloudNAS/115"),
    "remove": (remove, "cd2 mounts remove /CloudNAS/115 --yes"),
    "browse": (browse, "cd2 mounts browse /\ncd2 mounts browse / --make CloudNAS"),
}
