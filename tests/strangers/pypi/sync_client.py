"""Every method of ``clouddrive2-client``, and remote uploads as its users write them. Told to ``test_sync_client.py``."""

from __future__ import annotations

import functools
import hashlib
import sys
import threading
import time
from typing import Any

import report
from clouddrive2_client import CloudDriveClient

tell = report.tell
HASHES = {1: "md5", 2: "sha1"}
BLOCK = 256 * 1024
DEVICE = "a device of the test"


def main() -> None:
    """Everything in turn."""
    target, user, password, _ = sys.argv[1:]
    report.watch(CloudDriveClient)
    client = CloudDriveClient(target)
    tell("wrong password", lambda: client.authenticate(user, "wrong"))
    tell("not signed in", client.get_service_capabilities)
    tell("sign in", lambda: client.authenticate(user, password))
    server(client)
    changes(client)
    looks(client)
    write_files(client)
    remote_uploads(client)
    waiting_uploads(client)
    copies(client)
    deletions(client)
    client.close()
    tell("closed", client.get_system_info)
    tell("methods nobody called", lambda: report.untouched(CloudDriveClient))


def server(client: CloudDriveClient) -> None:
    """The server itself and its settings."""
    tell("system", client.get_system_info)
    tell("capabilities", client.get_service_capabilities)
    tell("cache rule", lambda: client.set_folder_disk_cache("/Cloud", 1 << 30, 1024, 1, ["mkv", "mp4"]))
    tell("cache rules", client.list_disk_cache_folders)
    tell("no cache rule", lambda: client.remove_folder_disk_cache("/Cloud"))
    tell("cache rules at last", client.list_disk_cache_folders)
    tell("local folder", lambda: client.local_create_folder("/home", "made by the stranger"))
    tell("local folder in nothing", lambda: client.local_create_folder("/nothing", "x"))


def changes(client: CloudDriveClient) -> None:
    """Folders and files made, named and moved."""
    for parent, name in (("/Cloud", "a"), ("/Cloud/a", "中文 电影"), ("/Cloud", "b"), ("/Cloud", "old")):
        tell(f"folder {name}", lambda parent=parent, name=name: client.create_folder(parent, name))
    tell("folder again", lambda: client.create_folder("/Cloud", "a"))
    for name in ("one.txt", "two.txt", "three.txt", "doomed-1", "doomed-2", "doomed-3", "doomed-4"):
        write(client, "/Cloud/a", name, name.encode())
    arrived(client)
    tell("rename", lambda: client.rename_file("/Cloud/old", "new"))
    tell("rename several", lambda: client.rename_files([("/Cloud/a/one.txt", "1.txt"), ("/Cloud/a/two.txt", "2.txt")]))
    tell("rename nothing", lambda: client.rename_file("/Cloud/nothing", "x"))
    tell("move", lambda: client.move_file(["/Cloud/a/three.txt"], "/Cloud/b"))
    tell("encrypt", lambda: client.create_encrypted_folder("/Cloud", "secret", "password"))
    tell("unlock", lambda: client.unlock_encrypted_file("/Cloud/secret", "password"))
    tell("lock", lambda: client.lock_encrypted_file("/Cloud/secret"))


def looks(client: CloudDriveClient) -> None:
    """What there is."""
    names = functools.partial(map, lambda entry: entry.fullPathName)
    tell("listing", lambda: sorted(names(client.get_sub_files("/Cloud", force_refresh=True))))
    tell("listing with a slash", lambda: sorted(names(client.get_sub_files("/Cloud/a/"))))
    tell("listing of nothing", lambda: list(client.get_sub_files("/Cloud/nothing")))
    tell("search", lambda: sorted(names(client.get_search_results("/Cloud", "txt"))))
    tell("walk", lambda: [(path, entry.isDirectory) for path, entry in client.walk("/Cloud/a/")])
    tell("walk one deep", lambda: [path for path, _ in client.walk("/", min_depth=1, max_depth=1)])
    tell("find", lambda: client.find_file_by_path("/Cloud/a/1.txt"))
    tell("find nothing", lambda: client.find_file_by_path("/Cloud/nothing"))
    tell("space", lambda: client.get_space_info("/Cloud"))
    tell("details", lambda: client.get_file_detail_properties("/Cloud/a"))
    tell("memberships", lambda: client.get_cloud_memberships("/Cloud"))
    tell("link", lambda: client.get_download_url("/Cloud/a/1.txt"))
    tell("downloads", client.get_download_file_list)
    tell("count of downloads", client.get_download_file_count)
    tell("counts", client.get_all_tasks_count)


def write(client: CloudDriveClient, parent: str, name: str, data: bytes) -> None:
    """A file by the file API, in two pieces."""
    handle = client.create_file(parent, name)
    half = len(data) // 2
    written = client.write_to_file(handle, 0, data[:half]) + client.write_to_file(handle, half, data[half:])
    if written != len(data) or not client.close_file(handle):
        raise SystemExit(f"{parent}/{name} was not written")


def arrived(client: CloudDriveClient) -> None:
    """Wait until what was written is in its cloud."""
    while client.get_upload_file_count().fileCount:
        time.sleep(0.01)


def write_files(client: CloudDriveClient) -> None:
    """The file API where it is refused."""
    tell("write", lambda: write(client, "/Cloud/b", "written.bin", bytes(range(256)) * 4096))
    arrived(client)
    tell("create in nothing", lambda: client.create_file("/Cloud/nothing", "x"))
    tell("write to no handle", lambda: client.write_to_file(987654321, 0, b"x"))
    tell("close no handle", lambda: client.close_file(987654321))


def upload(client: CloudDriveClient, path: str, data: bytes, **start: Any) -> dict[str, Any]:
    """Send bytes by a channel of its own; the hash in messages of progress is empty, and only the last has one."""
    ended, good = client.upload_terminal_enums()
    seen: list[str] = []
    channel = client.remote_upload_channel(DEVICE)
    upload_id = client.start_remote_upload(path, len(data), **start).upload_id
    try:
        for message in channel:
            if message.upload_id != upload_id:
                continue
            seen.append(message.WhichOneof("request"))
            if message.HasField("read_data"):
                wanted = message.read_data
                piece = data[wanted.offset : wanted.offset + wanted.length]
                last = wanted.offset + len(piece) >= len(data)
                reply = client.remote_read_data(upload_id, wanted.offset, len(piece), piece, last, wanted.lazy_read)
                if not reply.success or reply.bytes_received != len(piece):
                    raise SystemExit(f"{path}: {reply}")
            elif message.HasField("hash_data"):
                kind, size = message.hash_data.hash_type, message.hash_data.block_size
                for at in range(BLOCK, len(data), BLOCK):
                    client.remote_hash_progress(upload_id, at, len(data), kind)
                blocks = [hashed(kind, data[at : at + size]) for at in range(0, len(data), size)] if size else None
                client.remote_hash_progress(upload_id, len(data), len(data), kind, hashed(kind, data), blocks)
            elif message.status_changed.status in ended:
                status = message.status_changed
                return {"good": status.status == good, "error": status.error_message, "asked": sorted(set(seen))}
    finally:
        channel.cancel()
    raise SystemExit(f"{path}: the channel ended")


def hashed(kind: int, data: bytes) -> str:
    """The hash as the contract writes it."""
    return hashlib.new(HASHES[kind], data).hexdigest()


def remote_uploads(client: CloudDriveClient) -> None:
    """One after the other, each on a channel of its own."""
    data = hashlib.sha256(b"stranger").digest() * (3 << 15)
    tell("upload", lambda: upload(client, "/Cloud/a/remote.bin", data))
    tell("upload of nothing", lambda: upload(client, "/Cloud/a/empty.bin", b""))
    tell("upload to md5", lambda: upload(client, "/Baidu/remote.bin", data[: 100 * 1024]))
    tell("upload again", lambda: upload(client, "/Cloud/b/instant.bin", data))
    tell("upload with hash", lambda: upload(client, "/Cloud/b/known.bin", data, known_hashes={2: hashed(2, data)}))
    tell("upload without hashes", lambda: upload(client, "/Cloud/b/unhashed.bin", data[1:], client_can_calculate_hashes=False))
    tell("uploads", client.get_upload_file_list)
    tell("read for nobody", lambda: client.remote_read_data("no upload", 0, 1, b"x", True))
    tell("hash for nobody", lambda: client.remote_hash_progress("no upload", 0, 1, 2))
    tell("cancelled upload", lambda: cancelled(client))


def cancelled(client: CloudDriveClient) -> Any:
    """An upload that its owner gives up when the first data is asked for; what the channel says at its end."""
    ended, _ = client.upload_terminal_enums()
    channel = client.remote_upload_channel(DEVICE)
    upload_id = client.start_remote_upload("/Cloud/b/cancelled.bin", 1000, {}, False).upload_id
    for message in channel:
        if message.upload_id == upload_id and message.HasField("read_data"):
            client.remote_upload_control_cancel(upload_id)
        elif message.upload_id == upload_id and message.HasField("status_changed") and message.status_changed.status in ended:
            channel.cancel()
            return report.plain(message.status_changed)["status"]
    raise SystemExit("the channel ended")


def waiting_uploads(client: CloudDriveClient) -> None:
    """Uploads nobody has opened a channel for, paused, resumed and cancelled by their keys and all together."""
    # A channel nobody reads but a thread, so that the server knows the device.
    channel = client.remote_upload_channel(DEVICE)
    reader = threading.Thread(target=drain, args=(channel,))
    reader.start()
    for name in ("w1", "w2", "w3"):
        client.start_remote_upload(f"/Cloud/b/{name}", 100, {}, False)
    states(client, "waiting")
    rows = client.get_upload_file_list(get_all=False, items_per_page=1000, page_number=0).uploadFiles
    keys = [row.key for row in rows if row.destPath.endswith("/w1")]
    for name, action in (
        ("pause one", lambda: client.pause_upload_files(keys)),
        ("resume one", lambda: client.resume_upload_files(keys)),
        ("pause all", client.pause_all_upload_files),
        ("resume all", client.resume_all_upload_files),
        ("cancel one", lambda: client.cancel_upload_files(keys)),
        ("cancel all", client.cancel_all_upload_files),
    ):
        tell(name, action)
        states(client, f"after {name}")
    tell("count of uploads", client.get_upload_file_count)
    channel.cancel()
    reader.join()


def drain(channel: Any) -> None:
    """Read a channel until it is cancelled."""
    try:
        for _ in channel:
            pass
    except Exception as error:
        if error is not channel:
            raise


def states(client: CloudDriveClient, name: str) -> None:
    """The states of the waiting uploads."""

    def look() -> dict[str, str]:
        rows = client.get_upload_file_list().uploadFiles
        return {row.destPath[-2:]: row.status for row in rows if row.destPath[-3:-1] == "/w"}

    tell(name, look)


def copies(client: CloudDriveClient) -> None:
    """Copies: a small one to its end; large ones paused, restarted, cancelled. The server is slow at it."""
    tell("copy", lambda: client.copy_file(["/Cloud/a/1.txt"], "/Baidu"))
    while not all(task.endTime.seconds for task in client.get_copy_tasks().copyTasks):
        time.sleep(0.01)
    tell("finished copies", client.get_copy_tasks)
    tell("remove completed", client.remove_completed_copy_tasks)
    tell("after remove completed", client.get_copy_tasks)
    tell("large copy", lambda: client.copy_file(["/Cloud/b/written.bin"], "/Baidu"))
    tasks = client.get_copy_tasks().copyTasks
    tell("running copies", client.get_copy_tasks)
    source, target = tasks[0].sourcePath, tasks[0].destPath
    keys = [f"{task.sourcePath}:{task.destPath}" for task in tasks]
    for name, action in (
        ("pause copy", lambda: client.pause_copy_task(source, target)),
        ("resume copy", lambda: client.pause_copy_task(source, target, False)),
        ("pause copies", lambda: client.pause_all_copy_tasks()),
        ("resume copies", lambda: client.resume_all_copy_tasks()),
        ("pause by key", lambda: client.pause_copy_tasks(keys)),
        ("resume by key", lambda: client.resume_copy_tasks(keys)),
        ("cancel copy", lambda: client.cancel_copy_task(source, target)),
        ("restart copy", lambda: client.restart_copy_task(source, target)),
        ("remove by key", lambda: client.remove_copy_tasks(keys)),
        ("remove copies", client.remove_all_copy_tasks),
    ):
        tell(name, action)
        tell(f"after {name}", client.get_copy_tasks)
    tell("merges", client.get_merge_tasks)
    tell("cancel no merge", lambda: client.cancel_merge_task("/Cloud/a", "/Cloud/b"))


def deletions(client: CloudDriveClient) -> None:
    """Into the bin and for good, one and several."""
    tell("delete", lambda: client.delete_file("/Cloud/a/doomed-1"))
    tell("delete several", lambda: client.delete_files(["/Cloud/a/doomed-2"]))
    tell("delete for good", lambda: client.delete_file_permanently("/Cloud/a/doomed-3"))
    tell("delete several for good", lambda: client.delete_files_permanently(["/Cloud/a/doomed-4"]))
    tell("delete nothing", lambda: client.delete_file("/Cloud/nothing"))


if __name__ == "__main__":
    main()
