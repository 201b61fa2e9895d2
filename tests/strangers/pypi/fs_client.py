"""The file system of ``python-clouddrive2``: its methods, its paths, its lists of tasks. Told to ``test_fs_client.py``."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from pathlib import Path
from typing import Any

import report
from clouddrive import (
    CloudDriveClient,
    CloudDriveDownloadTaskList,
    CloudDriveFileSystem,
    CloudDrivePath,
    CloudDriveUploadTaskList,
)

tell = report.tell
KINDS = (CloudDriveFileSystem, CloudDrivePath, CloudDriveDownloadTaskList, CloudDriveUploadTaskList)


def main() -> None:
    """Everything in turn."""
    target, user, password, given = sys.argv[1:]
    folder = Path(given)
    for kind in KINDS:
        report.watch(kind)
    tell("wrong password", lambda: CloudDriveFileSystem.login(f"http://{target}", user, "wrong").listdir("/"))
    client = CloudDriveClient(f"http://{target}", user, password)
    drive = client.fs
    uploads(drive, folder)
    looks(drive)
    walks(drive)
    downloads(drive, folder)
    reads(drive)
    changes(drive)
    paths(drive)
    tasks(target, client)
    removals(drive)
    for kind in KINDS:
        tell(f"methods of {kind.__name__} nobody called", lambda kind=kind: report.untouched(kind))
    client.close()


def arrived(client: CloudDriveClient) -> None:
    """Wait until what was written is in its cloud."""
    while client.GetUploadFileCount().fileCount:
        time.sleep(0.01)


def uploads(drive: CloudDriveFileSystem, folder: Path) -> None:
    """Files and trees from the disk, from memory, as text."""
    tell("mkdir", lambda: drive.mkdir("/Cloud/up"))
    tell("mkdir again", lambda: drive.mkdir("/Cloud/up"))
    tell("mkdir in the root", lambda: drive.mkdir("/new cloud"))
    tell("mkdir in nothing", lambda: drive.mkdir("/Cloud/no/thing"))
    tell("makedirs", lambda: drive.makedirs("/Cloud/up/made"))
    tell("makedirs again", lambda: drive.makedirs("/Cloud/up/made"))
    tell("makedirs, several", lambda: drive.makedirs("/Cloud/several/at/once"))
    local = folder / "local"
    tell("upload tree", lambda: drive.upload_tree(local, "/Cloud/up"))
    tell("upload tree again", lambda: drive.upload_tree(local, "/Cloud/up", overwrite_or_ignore=False))
    tell("upload", lambda: drive.upload(local / "1.txt", "/Cloud/up/one.txt"))
    tell("upload again", lambda: drive.upload(local / "1.txt", "/Cloud/up/one.txt"))
    tell("upload over it", lambda: drive.upload(io.BytesIO(b"over it"), "/Cloud/up/one.txt", overwrite_or_ignore=True))
    tell("upload over a folder", lambda: drive.upload(io.BytesIO(b"x"), "/Cloud/up/made", overwrite_or_ignore=True))
    tell("upload into a cloud", lambda: drive.upload(io.BytesIO(b"top"), "/Cloud/top.txt"))
    tell("bytes", lambda: drive.write_bytes("/Cloud/up/bytes.bin", bytes(range(128)) * 1000))
    tell("text", lambda: drive.write_text("/Cloud/up/text.txt", "一二三\nfour\n"))
    tell("touch", lambda: drive.touch("/Cloud/up/touched"))
    tell("touch again", lambda: drive.touch("/Cloud/up/one.txt"))
    tell("question", lambda: drive.write_text("/Cloud/up/who?.txt", "me"))
    drive["/Cloud/up/item.txt"] = "by its key"
    arrived(drive.client)


def looks(drive: CloudDriveFileSystem) -> None:
    """What there is, from a current folder too."""
    tell("ls", lambda: sorted(drive.ls("/Cloud/up")))
    tell("ls of nothing", lambda: drive.listdir("/Cloud/nothing"))
    tell("storages", lambda: sorted(each["name"] for each in drive.list_storage()))
    tell("scandir", lambda: sorted(each.name for each in drive.scandir("/Cloud/up/local")))
    tell("attributes", lambda: drive.attr("/Cloud/up/one.txt"))
    tell("stat", lambda: list(drive.stat("/Cloud/up/one.txt"))[:7])
    tell("stat of a folder", lambda: oct(drive.stat("/Cloud/up").st_mode))
    tell("exists", lambda: [drive.exists(path) for path in ("/", "/Cloud", "/Cloud/up/one.txt", "/Cloud/nothing")])
    tell("isdir", lambda: [drive.isdir(path) for path in ("/", "/Cloud/up", "/Cloud/up/one.txt", "/Cloud/nothing")])
    tell("isfile", lambda: [drive.isfile(path) for path in ("/", "/Cloud/up", "/Cloud/up/one.txt", "/Cloud/nothing")])
    tell("is_empty", lambda: [drive.is_empty(path) for path in ("/Cloud/up", "/Cloud/up/made", "/Cloud/nothing")])
    tell("is_empty of a file", lambda: drive.is_empty("/Cloud/up/touched"))
    tell("is_storage", lambda: [drive.is_storage(path) for path in ("/", "/Cloud", "/Cloud/up")])
    tell("storage_of", lambda: [drive.storage_of(path) for path in ("/", "/Cloud", "/Cloud/up/one.txt")])
    tell("capacity", lambda: drive.get_directory_capacity("/Cloud/up/local"))
    tell("search", lambda: sorted(each["fullPathName"] for each in drive.search("txt", "/Cloud/up", refresh=True)))
    tell("chdir", lambda: drive.chdir("/Cloud/up"))
    tell("from there", lambda: [drive.getcwd(), drive.abspath("../x"), drive.exists("one.txt"), len(drive), "bytes.bin" in drive])
    tell("chdir to a file", lambda: drive.chdir("/Cloud/up/one.txt"))
    tell("back", lambda: [drive.chdir("/"), drive.pwd()])
    drive.set_refresh(True)
    tell("refreshed", lambda: drive.listdir("/Cloud/up/made"))
    drive.set_refresh(False)


def walks(drive: CloudDriveFileSystem) -> None:
    """Trees, from the top, from the bottom, level by level."""
    top = "/Cloud/up/local"
    for name, topdown in (("down", True), ("up", False), ("broad", None)):
        tell(f"walk {name}", lambda topdown=topdown: [[at, sorted(d), sorted(f)] for at, d, f in drive.walk(top, topdown)])
    tell("walk one level", lambda: [at for at, _, _ in drive.walk(top, max_depth=1)])
    tell("walk by attributes", lambda: sorted(each["size"] for _, _, files in drive.walk_attr(top) for each in files))
    tell("walk by paths", lambda: sorted(str(each) for _, _, files in drive.walk_path(top) for each in files))
    tell("iter", lambda: sorted(str(each) for each in drive.iter(top, max_depth=-1)))
    tell("iter broad", lambda: sorted(str(each) for each in drive.iter(top, topdown=None, max_depth=-1)))
    for pattern in ("*", "*.txt", "**/*.bin", "**", "deep/*/3.bin", "1.txt", "[0-9].txt", "nothing*"):
        tell(f"glob {pattern}", lambda pattern=pattern: sorted(str(each) for each in drive.glob(pattern, top)))
    tell("rglob", lambda: sorted(str(each) for each in drive.rglob("*.BIN", top, ignore_case=True)))


def downloads(drive: CloudDriveFileSystem, folder: Path) -> None:
    """Files and trees to the disk."""
    tell("download", lambda: drive.download("/Cloud/up/one.txt", folder / "one.txt"))
    tell("download of nothing", lambda: drive.download("/Cloud/nothing", folder / "nothing"))
    tell("download tree", lambda: drive.download_tree("/Cloud/up/local", folder / "down"))
    tell("download of a question", lambda: drive.download("/Cloud/up/who?.txt", folder / "who"))
    tell("download of a question by its link", lambda: drive.read_bytes("/Cloud/up/who?.txt"))
    # A tree by hand, with what the method is made of.
    for at, _, names in drive.walk("/Cloud/up/local"):
        place = folder / "by hand" / Path(at).relative_to("/Cloud/up/local")
        place.mkdir(parents=True)
        for name in names:
            drive.download(f"{at}/{name}", place / name)
    tell("path download", lambda: drive.as_path("/Cloud/up/local/1.txt").download(folder / "by path"))


def reads(drive: CloudDriveFileSystem) -> None:
    """Parts of files over HTTP."""
    file = "/Cloud/up/bytes.bin"
    tell("all of it", lambda: len(drive.read_bytes(file)))
    tell("a part", lambda: list(drive.read_bytes(file, 126, 130)))
    tell("the end", lambda: list(drive.read_bytes(file, -3)))
    tell("up to the end", lambda: list(drive.read_bytes(file, 127_996, -2)))
    tell("a range", lambda: list(drive.read_bytes_range(file, "0-1")))
    tell("the last bytes", lambda: list(drive.read_bytes_range(file, "-2")))
    tell("a block", lambda: list(drive.read_block(file, 4, 127_998)))
    tell("text read", lambda: drive.read_text("/Cloud/up/text.txt", encoding="utf-8"))
    tell("a folder", lambda: drive.read_bytes("/Cloud/up"))
    tell("behind the end", lambda: drive.read_bytes(file, 1 << 20, 1 << 21))
    tell("seeks", lambda: seeks(drive, file))


def seeks(drive: CloudDriveFileSystem, file: str) -> list[Any]:
    """Read here and there in one open file."""
    with drive.open(file, "rb") as opened:
        first = list(opened.read(3))
        opened.seek(100_001)
        middle = list(opened.read(3))
        opened.seek(-2, 2)
        return [first, middle, list(opened.read()), opened.tell()]


def changes(drive: CloudDriveFileSystem) -> None:
    """Names and places."""
    for name in ("a", "b", "c", "d"):
        drive.write_text(f"/Cloud/ren/{name}.txt", name)
    drive.makedirs("/Cloud/ren/into")
    drive.makedirs("/Cloud/ren/left")
    drive.write_text("/Cloud/ren/left/only.txt", "only")
    arrived(drive.client)
    tell("rename", lambda: drive.rename("/Cloud/ren/a.txt", "/Cloud/ren/A.txt"))
    tell("rename to a name that is taken", lambda: drive.rename("/Cloud/ren/A.txt", "/Cloud/ren/b.txt"))
    tell("rename into a folder under another name", lambda: drive.rename("/Cloud/ren/b.txt", "/Cloud/ren/into/B.txt"))
    tell("replace", lambda: drive.replace("/Cloud/ren/A.txt", "/Cloud/ren/c.txt"))
    tell("move", lambda: drive.move("/Cloud/ren/d.txt", "/Cloud/ren/into"))
    tell("move into itself", lambda: drive.move("/Cloud/ren", "/Cloud/ren/into"))
    tell("renames", lambda: drive.renames("/Cloud/ren/left/only.txt", "/Cloud/ren/only.txt"))
    tell("after all", lambda: sorted(str(each) for each in drive.iter("/Cloud/ren", max_depth=-1)))
    tell("copy", lambda: drive.copy("/Cloud/ren/only.txt", "/Cloud/ren/copy.txt"))
    tell("copytree", lambda: drive.copytree("/Cloud/ren", "/Cloud/copy"))


def paths(drive: CloudDriveFileSystem) -> None:
    """The same by path objects."""
    top = drive.as_path("/Cloud/paths")
    file = top / "film.tar.gz"
    tell("path mkdir", lambda: top.mkdir())
    tell("path write", lambda: [file.write_bytes(b"0123456789"), arrived(drive.client)])
    tell("path kind", lambda: [file.exists(), file.is_dir(), file.isdir(), file.is_file(), file.isfile(), file.is_symlink()])
    tell("path is_absolute", lambda: file.is_absolute())
    tell("path stat", lambda: file.stat().st_size)
    tell("path read", lambda: [file.read_bytes(), file.read_bytes(2, 4), file.read_bytes_range("8-"), file.read_block(2, 4)])
    tell("path open", lambda: file.open("rb", start=5).read())
    tell("path text", lambda: [(top / "t").write_text("文"), arrived(drive.client), (top / "t").read_text(encoding="utf-8")])
    tell("path touch", lambda: [(top / "u").touch(), arrived(drive.client), (top / "u").exists()])
    tell("path lists", lambda: [sorted(top.listdir()), len(top.listdir_attr()), sorted(each.name for each in top.listdir_path())])
    tell("path trees", lambda: [sorted(map(str, found)) for found in (top.iter(), top.glob("t"), top.rglob("*.gz"))])
    tell("path walks", lambda: [len(list(each)) for each in (top.walk(), top.walk_attr(), top.walk_path())])
    tell(
        "path parts",
        lambda: [file.name, file.stem, file.suffix, file.suffixes, file.parts, file.parent, file.root, file.relatives],
    )
    tell("path with", lambda: [file.with_name("x"), file.with_suffix(".y"), file.joinpath("..", "z"), file.relative_to("/Cloud")])
    tell("path with_stem", lambda: file.with_stem("other"))
    tell(
        "path match", lambda: [file.match("/Cloud/*/*.gz"), file.match("/Cloud/*.gz"), file.samefile("/Cloud/paths/film.tar.gz")]
    )
    tell("path link", lambda: [file.as_uri() == file.get_url(), file.get_url(ensure_ascii=False).rpartition("/False/")[2]])
    tell(
        "path attributes",
        lambda: [file["size"], {"name", "size", "id"} <= set(file.keys()), len(file.values()) == len(file.items())],
    )
    tell("path rename", lambda: (top / "t").rename("/Cloud/paths/v"))
    tell("path replace", lambda: (top / "u").replace("/Cloud/paths/v"))
    tell("path move", lambda: (top / "v").move("/Cloud/up"))
    tell("path renames", lambda: drive.as_path("/Cloud/up/v").renames("/Cloud/paths/v"))
    tell("path copy", lambda: file.copy("/Cloud/paths/copy"))
    tell("path remove", lambda: [(top / "v").remove(), (top / "v").exists()])
    tell("path rmdir", lambda: top.rmdir())
    tell("path remove all", lambda: [top.remove(recursive=True), top.exists()])


def tasks(target: str, client: CloudDriveClient) -> None:
    """The lists of downloads and uploads."""
    downloading, uploading = client.download_tasklist, client.upload_tasklist
    tell("downloads", lambda: [len(downloading), downloading.list(), list(downloading)])
    ended = {row["destPath"]: row for row in uploading.list()}
    tell("uploads that ended", lambda: sorted({row["status"] for row in ended.values()}))
    tell("page of uploads", lambda: len(uploading.list(page=1, page_size=2)))
    tell("filtered uploads", lambda: [row["destPath"] for row in uploading.list(filter="top.txt")])
    key = ended["/Cloud/top.txt"]["key"]
    tell(
        "upload by key",
        lambda: [uploading[key]["destPath"], uploading.get(key)["size"], key in uploading, uploading.get("none", 1)],
    )
    tell("pause", lambda: [uploading.pause(), uploading.pause(key)])
    tell("resume", lambda: [uploading.resume(), uploading.resume(key)])
    tell("cancel", lambda: [uploading.cancel(), uploading.cancel(key), uploading.clear(), len(uploading)])
    tell("awaited", lambda: asyncio.run(awaited(target, client, key)))


async def awaited(target: str, client: CloudDriveClient, key: str) -> list[Any]:
    """The same lists by the asynchronous half of a client, whose channel has to be closed before its loop ends."""
    mine = CloudDriveClient(f"http://{target}", client.username, client.password)
    rows = await mine.upload_tasklist.list(async_=True)
    one = await mine.upload_tasklist.get(key, None, async_=True)
    downloading = await mine.download_tasklist.list(async_=True)
    seen = [len([each async for each in mine.upload_tasklist]), len([each async for each in mine.download_tasklist])]
    mine.close()
    return [len(rows) == len(client.upload_tasklist.list()) == seen[0], one["destPath"], downloading, seen[1]]


def removals(drive: CloudDriveFileSystem) -> None:
    """Files, folders, and a whole cloud."""
    tell("remove", lambda: drive.rm("/Cloud/up/one.txt"))
    tell("remove nothing", lambda: drive.remove("/Cloud/up/one.txt"))
    tell("remove a folder", lambda: drive.remove("/Cloud/up"))
    tell("remove a cloud", lambda: drive.remove("/Cloud"))
    tell("remove the root", lambda: drive.remove("/"))
    tell("rmdir", lambda: drive.rmdir("/Cloud/up/made"))
    tell("rmdir of a full one", lambda: drive.rmdir("/Cloud/up"))
    tell("removedirs", lambda: [drive.makedirs("/Cloud/x"), drive.makedirs("/Cloud/x/y"), drive.removedirs("/Cloud/x/y")])
    tell("rmtree", lambda: drive.rmtree("/Cloud/up/local"))
    del drive["/Cloud/ren/into"]
    tell("rmtree of a cloud", lambda: drive.rmtree("/115"))
    tell("rmtree of a cloud with a name of its own", lambda: drive.rmtree("/Other"))
    tell("storages at last", lambda: sorted(drive.listdir("/")))


if __name__ == "__main__":
    main()
