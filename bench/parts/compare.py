"""What people use today beside our routes: the same server, the same files, the same run."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import strangers
from processes import MIB, Failed, Row, Server, command, large_file, server, side, small_files

WEB = ("--route", "grpc-web", "--transport", "grpc-web")
ROUTES = ("remote", "write", "webdav", "mount")
# The slow ones get a part of the work, and their time is scaled.
WRITE_PART = 16
Measure = Callable[[], Row]


def large(size: int, rounds: int) -> Row:
    """One large file into a server that keeps its files on a disk; the middle of some rounds in which each way has its turn.

    What a way has written is deleted before the next begins, and each round begins with another one: who comes late would
    otherwise wait for the disk to take what the others wrote.
    """
    seconds: dict[str, list[float]] = defaultdict(list)
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source = large_file(folder, size)
        part = folder / "part.bin"
        with source.open("rb") as whole:
            part.write_bytes(whole.read(size // WRITE_PART))
        place, why_not = _mountable(folder)
        running = stack.enter_context(server("--root", str(folder / "drive"), *(["--mount", str(place)] if place else [])))
        why_not = why_not or running.mounted
        mounted = str(place) if place and not why_not else None
        ways = _ours("client_upload.py", running, source, "/Cloud/{}.bin", mounted, why_not)
        # As far as `cp` goes: until the server has it, not its cloud.
        queued = ["--route", "mount", "--wait", "queued", "--mounted", mounted or ""]
        ways["mount_queued"] = (
            partial(side, "client_upload.py", running, str(source), "/Cloud/queued.bin", *queued)
            if mounted
            else partial(_missing, why_not)
        )
        ways["bare"] = partial(side, "bare_upload.py", running, str(source), "/Cloud/bare.bin")
        ways |= _packages(running, source, part, WRITE_PART)
        ways["rclone"] = _rclone(running, "copyto", source, "Cloud/rclone.bin")
        ways["cp"] = partial(command, ["cp", str(source), str(folder / "cp.bin")])
        ways["cp_mount"] = _cp([str(source), f"{mounted}/Cloud/cp.bin"], mounted, why_not)
        order = deque(ways)
        for _ in range(rounds):
            for name in order:
                taken, why = _measured({name: ways[name]})
                missing |= why
                for once in taken.values():
                    seconds[name].append(once)
                for left in [folder / "cp.bin", *(folder / "drive/Cloud").iterdir()]:
                    shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
            order.rotate(-(len(order) // rounds or 1))
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    row: Row = {"what": f"one file of {size // MIB} MiB, nothing known about it before", "mib": size // MIB}
    row["mib_s"] = {name: size / MIB / once for name, once in middle.items()}
    row["missing"] = missing
    return row | _ratios(middle)


def small(count: int, delay: float = 0.0) -> Row:
    """Many small files, the same work for everybody; with a delay they go through a network of such a length."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tenth = max(1, count // 10)
        few = small_files(folder / "few", tenth)
        place, why_not = _mountable(folder)
        options = ["--delay", str(delay)] if delay else []
        running = stack.enter_context(server("--hashes", "sha1", *options, *(["--mount", str(place)] if place else [])))
        why_not = why_not or running.mounted
        mounted = str(place) if place and not why_not else None
        ways: dict[str, Measure] = {}
        # Content the cloud has already would not be sent again: each way has files of its own.
        for name in ("bare", *ROUTES, "web", "rclone", "cp", "cp_mount"):
            files = small_files(folder / name, count)
            if not name.startswith("cp"):
                side("make_folder.py", running, f"/Cloud/{name}")
            if name == "bare":
                ways[name] = partial(side, "bare_batch.py", running, str(files), "/Cloud/bare")
            elif name == "rclone":
                ways[name] = _rclone(running, "copy", files, "Cloud/rclone")
            elif name == "cp":
                ways[name] = partial(command, ["cp", "-r", str(files), str(folder / "copied")])
            elif name == "cp_mount":
                ways[name] = _cp(["-r", str(files), f"{mounted}/Cloud/cp_mount"], mounted, why_not)
            else:
                ways |= {name: _ours("client_batch.py", running, files, "/Cloud/{}/", mounted, why_not)[name]}
        ways |= _packages(running, few, small_files(folder / "other", tenth), 10, first=10)
        seconds, missing = _measured(ways)
    network = f", {2 * delay:g} ms away there and back" if delay else ""
    row: Row = {"what": f"{count} files of 16 KiB, the cloud wants SHA-1{network}", "files": count, "delay_ms": 2 * delay}
    row["files_per_second"] = {name: count / taken for name, taken in seconds.items()}
    row["missing"] = missing
    return row | _ratios(seconds)


def _ours(script: str, running: Server, source: Path, to: str, mounted: str | None, why_not: str) -> dict[str, Measure]:
    ways: dict[str, Measure] = {}
    for route in ROUTES:
        options = ["--route", route, *(["--mounted", mounted] if route == "mount" and mounted else [])]
        ways[route] = partial(side, script, running, str(source), to.format(route), *options)
        if route == "mount" and not mounted:
            ways[route] = partial(_missing, why_not)
    ways["web"] = partial(side, script, running, str(source), to.format("web"), *WEB)
    return ways


def _packages(running: Server, source: Path, part: Path, scale: int, first: int = 1) -> dict[str, Measure]:
    """The two packages from PyPI; the first gets ``1/first`` of the work, the second ``1/scale``."""
    python, why_not = strangers.python()

    def measure(script: str, given: Path, times: int) -> Row:
        if python is None:
            return _missing(why_not)
        destination = f"/Cloud/{script.removesuffix('.py')}"
        side("make_folder.py", running, destination)
        row = side(script, running, str(given), destination, python=python)
        row["seconds"] *= times
        return row

    return {
        "clouddrive2-client": partial(measure, "stranger_remote.py", source, first),
        "python-clouddrive2": partial(measure, "stranger_write.py", part, scale),
    }


def _rclone(running: Server, verb: str, source: Path, to: str) -> Measure:
    found = strangers.rclone(running)
    if found is None:
        return partial(_missing, "rclone is not installed")
    words, environment = found
    return partial(command, [*words, verb, str(source), f"cd2:{to}"], environment, running)


def _cp(words: list[str], mounted: str | None, why_not: str) -> Measure:
    return partial(command, ["cp", *words]) if mounted else partial(_missing, why_not)


def _mountable(folder: Path) -> tuple[Path | None, str]:
    why_not = strangers.can_mount()
    if why_not:
        return None, why_not
    place = folder / "mounted"
    place.mkdir()
    return place, ""


def _missing(why_not: str) -> Row:
    raise Failed(why_not)


def _measured(ways: dict[str, Measure]) -> tuple[dict[str, float], dict[str, str]]:
    """Seconds of each way, and why there are none of some."""
    seconds: dict[str, float] = {}
    missing: dict[str, str] = {}
    for name, measure in ways.items():
        try:
            seconds[name] = measure()["seconds"]
        except Failed as reason:
            missing[name] = str(reason)
    return seconds, missing


def _ratios(seconds: dict[str, float]) -> Row:
    """How many times the best of the clients; the mount against ``cp`` into it; gRPC-Web against gRPC."""
    clients = [seconds[name] for name in ("clouddrive2-client", "python-clouddrive2", "rclone") if name in seconds]
    row: Row = {}
    if clients and "remote" in seconds:
        row["times_the_best_client"] = min(clients) / seconds["remote"]
    if clients and "bare" in seconds:
        row["ceiling_times_the_best_client"] = min(clients) / seconds["bare"]
    if "mount_queued" in seconds and "cp_mount" in seconds:
        row["mount_speed_of_cp"] = seconds["cp_mount"] / seconds["mount_queued"]
    if "web" in seconds and "remote" in seconds:
        row["web_speed_of_grpc"] = seconds["remote"] / seconds["web"]
    return row
