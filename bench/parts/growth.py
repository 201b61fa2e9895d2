"""How cost grows with the size of a file, the number of files, and with how much is in flight."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from processes import GIB, MIB, Row, large_file, server, side, small_files

KIB = 1 << 10


def sizes(largest: int) -> Row:
    """One sparse file of each size into a server that keeps nothing: seconds, memory, processor time."""
    points: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, server("--sink") as running:
        for size in (KIB, 64 * KIB, MIB, 16 * MIB, 256 * MIB, GIB, 4 * GIB, 16 * GIB):
            if size > largest:
                break
            source = Path(folder) / f"{size}.bin"
            with source.open("wb") as file:
                file.truncate(size)
            row = side("client_upload.py", running, str(source), f"/Cloud/{size}.bin")
            points.append({"size": size, **{key: row[key] for key in ("seconds", "cpu_seconds", "peak_mib")}})
            os.unlink(source)  # noqa: PTH108 - said in the same words as what made it
    return {"what": "one file of growing size", "points": points, "peak_mib": max(point["peak_mib"] for point in points)}


def counts(most: int) -> Row:
    """1 to 10,000 files of 16 KiB in one batch, each number into a server of its own."""
    points: list[Row] = []
    for count in (1, 10, 100, 1000, 10_000):
        if count > most:
            break
        with tempfile.TemporaryDirectory() as folder, server("--hashes", "sha1") as running:
            files = small_files(Path(folder) / "files", count)
            side("make_folder.py", running, "/Cloud/many")
            row = side("client_batch.py", running, str(files), "/Cloud/many/")
            points.append({"files": count, **{key: row[key] for key in ("seconds", "cpu_seconds", "peak_mib")}})
    return {"what": "a growing number of files of 16 KiB", "points": points}


def in_flight(size: int, count: int, delay: float) -> Row:
    """1 to 64 pieces of one file in flight, and 1 to 64 files of a batch; with a network of some length for the files."""
    pieces: list[Row] = []
    files: list[Row] = []
    several = (1, 2, 4, 8, 16, 32, 64)
    with tempfile.TemporaryDirectory() as folder:
        source = str(large_file(Path(folder), size))
        with server("--sink", "--reads", "64") as running:
            for number in several:
                row = side("client_upload.py", running, source, f"/Cloud/{number}.bin", "--in-flight", str(number))
                pieces.append({"in_flight": number, "mib_s": size / MIB / row["seconds"], "peak_mib": row["peak_mib"]})
        many = small_files(Path(folder) / "many", count)
        for away in (0.0, delay):
            for number in several:
                with server("--hashes", "sha1", "--slots", "64", "--delay", str(away)) as running:
                    side("make_folder.py", running, "/Cloud/many")
                    row = side("client_batch.py", running, str(many), "/Cloud/many/", "--at-once", str(number))
                files.append({"in_flight": number, "delay_ms": 2 * away, "files_per_second": count / row["seconds"]})
    return {"what": "1 to 64 in flight", "pieces": pieces, "files": files}
