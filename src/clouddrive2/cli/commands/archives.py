"""``cd2 archives``: archives of the drive as folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clouddrive2.cli.asking import confirm, secret
from clouddrive2.cli.context import Cli
from clouddrive2.cli.options import Yes
from clouddrive2.cli.output import words

if TYPE_CHECKING:
    from clouddrive2.models.archives import ArchiveFolder

__all__ = ["VERBS"]

PASSWORD_VARIABLE = "CLOUDDRIVE2_ARCHIVE_PASSWORD"
HEADING = ("state", "auto", "files", "size", "folder", "archive")

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="As 'cd2 archives list' shows it.")]
AutoLoad = Annotated[
    bool | None,
    typer.Option("--auto-load/--no-auto-load", help="Shown again after the server restarts.", show_default=False),
]
Cover = Annotated[str | None, typer.Option("--cover", metavar="PATH", help="Picture of the drive that stands for it.")]
SolidMode = Annotated[
    Literal["never", "memory", "cache"] | None,
    typer.Option("--solid-mode", metavar="never|memory|cache", help="What to do about members that need others unpacked."),
]


async def list_(cli: Cli) -> None:
    """List the archives that were opened as folders, loaded or not."""
    async with cli.client() as client:
        folders = await client.archives.list()
    if cli.settings.json:
        for each in folders:
            cli.out.result(record(each), "")
    elif folders:
        cli.out.result({}, "\n".join(words.columns([HEADING, *(cells(each) for each in folders)], right=(2, 3))))


async def probe(cli: Cli, path: Annotated[str, typer.Argument(metavar="PATH", help="A file of the drive.")]) -> None:
    """Say whether a file would open as a folder; exit code 1 when it would not."""
    async with cli.client() as client:
        found = await client.archives.probe(path)
    told = {
        "path": path,
        "supported": found.supported,
        "format": found.format,
        "needs_password": found.needs_password,
        "problem": found.problem,
        "message": found.message,
        "solid": found.is_solid,
        "unreadable": [{"reason": each.reason, "count": each.count, "example": each.example} for each in found.unreadable],
    }
    if not found.supported:
        cli.out.result(told, f"no: {words.plain(found.message or found.problem or '')}")
        raise typer.Exit(1)
    lines = [f"yes: {words.plain(found.format)}{', with a password' if found.needs_password else ''}"]
    lines += [f"not readable ({each.reason}): {each.count:,}, such as {words.plain(each.example)}" for each in found.unreadable]
    cli.out.result(told, "\n".join(lines))


async def open_(
    cli: Cli,
    path: Annotated[str, typer.Argument(metavar="PATH", help="An archive of the drive; of several volumes the first.")],
    password: Annotated[bool, typer.Option("--ask-password", help=f"Its password; from {PASSWORD_VARIABLE} if set.")] = False,
    auto_load: AutoLoad = None,
    cover: Cover = None,
    solid_mode: SolidMode = None,
) -> None:
    """Open an archive as a folder, and say which.

    A long archive takes a while: the state is 'indexing' then, and 'cd2 archives list' shows how it goes on. Exit code 1 when
    the archive cannot be used, for example without its password.
    """
    given = secret(PASSWORD_VARIABLE, f"Password of {path}") if password else None
    async with cli.client() as client:
        folder = await client.archives.open(path, password=given, auto_load=auto_load, cover=cover, solid_mode=solid_mode)
    tell(cli, folder)


async def update(
    cli: Cli,
    folder: Folder,
    password: Annotated[bool, typer.Option("--ask-password", help=f"Another one; from {PASSWORD_VARIABLE} if set.")] = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="Forget its password.")] = False,
    auto_load: AutoLoad = None,
    cover: Cover = None,
    no_cover: Annotated[bool, typer.Option("--no-cover", help="Take its picture away.")] = False,
    solid_mode: SolidMode = None,
) -> None:
    """Change an archive folder; what is not given stays."""
    if (password and no_password) or (cover is not None and no_cover):
        raise typer.BadParameter("something cannot be given and taken away at once")
    given = "" if no_password else secret(PASSWORD_VARIABLE, f"Password of {folder}") if password else None
    picture = "" if no_cover else cover
    if given is None and auto_load is None and picture is None and solid_mode is None:
        raise typer.BadParameter("say what to change")
    async with cli.client() as client:
        changed = await client.archives.update(folder, password=given, auto_load=auto_load, cover=picture, solid_mode=solid_mode)
    cli.out.result(record(changed), f"{changed.state}  {words.plain(changed.path)}")


async def load(cli: Cli, folder: Folder) -> None:
    """Show an archive folder again that was unloaded."""
    async with cli.client() as client:
        tell(cli, await client.archives.load(folder))


async def unload(cli: Cli, folder: Folder) -> None:
    """Take an archive folder out of the tree; it stays in the list."""
    async with cli.client() as client:
        await client.archives.unload(folder)
    cli.out.changed({"path": folder, "unloaded": True}, f"unloaded {words.plain(folder)}")


async def remove(cli: Cli, folder: Folder, yes: Yes = False) -> None:
    """Remove an archive folder, with its password; the archive itself stays."""
    confirm(f"Remove the archive folder {words.plain(folder)}?", yes=yes)
    async with cli.client() as client:
        await client.archives.remove(folder)
    cli.out.changed({"path": folder, "removed": True}, f"removed {words.plain(folder)}")


def tell(cli: Cli, folder: ArchiveFolder) -> None:
    """The folder; one that cannot be used makes the exit code 1."""
    said = f": {words.plain(folder.message)}" if folder.message else ""
    cli.out.result(record(folder), f"{folder.state}  {words.plain(folder.path)}{said}")
    if folder.state not in ("ready", "indexing", "loading"):
        raise typer.Exit(1)


def record(folder: ArchiveFolder) -> dict[str, object]:
    """For scripts."""
    return {
        "folder": folder.path,
        "archive": folder.archive,
        "state": str(folder.state),
        "message": folder.message,
        "format": folder.format,
        "files": folder.files,
        "size": folder.size,
        "progress": folder.progress,
        "auto_load": folder.auto_load,
        "cover": folder.cover,
        "solid": folder.is_solid,
        "solid_mode": folder.solid_mode,
        "loaded": folder.is_loaded,
    }


def cells(folder: ArchiveFolder) -> tuple[str, ...]:
    """For people."""
    state = f"{folder.state} {folder.progress:.0%}" if folder.progress is not None else str(folder.state)
    auto = "yes" if folder.auto_load else "no"
    return state, auto, f"{folder.files:,}", words.size(folder.size), words.plain(folder.path), words.plain(folder.archive)


VERBS = {
    "list": (list_, "cd2 archives list\ncd2 --json archives list"),
    "probe": (probe, "cd2 archives probe /115/photos.zip"),
    "open": (open_, "cd2 archives open /115/photos.zip --auto-load\ncd2 archives open /115/secret.zip --ask-password"),
    "update": (update, "cd2 archives update '/Archive Folders/photos_zip' --no-auto-load"),
    "load": (load, "cd2 archives load '/Archive Folders/photos_zip'"),
    "unload": (unload, "cd2 archives unload '/Archive Folders/photos_zip'"),
    "remove": (remove, "cd2 archives remove '/Archive Folders/photos_zip' --yes"),
}
