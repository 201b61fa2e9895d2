"""One large file against the bare gRPC loop: the same dialogue without hashes, journal or verification."""

from __future__ import annotations

import tempfile
from pathlib import Path

from processes import GIB, MIB, Row, forget, large_file, median, ratio, server, side


def large(size: int, rounds: int) -> Row:
    """Into a server that throws the data away, so that nothing but the two programs and the wire is measured."""
    ways: dict[str, tuple[str, list[str]]] = {
        "bare": ("bare_upload.py", []),
        "remote": ("client_upload.py", []),
        "web": ("client_upload.py", ["--route", "grpc-web", "--transport", "grpc-web"]),
    }
    rows: dict[str, list[Row]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder, server("--sink") as running:
        source = str(large_file(Path(folder), size))
        for number in range(rounds):
            for name, (script, options) in ways.items():
                rows[name].append(side(script, running, source, f"/Cloud/{name}{number}.bin", *options))
    bare, remote, web = rows["bare"], rows["remote"], rows["web"]
    return {
        "what": f"one file of {size // MIB} MiB into a server that keeps nothing",
        "mib": size // MIB,
        "bare_mib_s": size / MIB / median(bare, "seconds"),
        "remote_mib_s": size / MIB / median(remote, "seconds"),
        "web_mib_s": size / MIB / median(web, "seconds"),
        "remote_speed_of_bare": ratio(bare, remote, "seconds"),
        "remote_cpu_of_bare": ratio(remote, bare, "cpu_seconds"),
        "web_speed_of_grpc": ratio(remote, web, "seconds"),
        "web_cpu_of_grpc": ratio(web, remote, "cpu_seconds"),
        "bare_cpu_per_gib": median(bare, "cpu_seconds") * GIB / size,
        "remote_cpu_per_gib": median(remote, "cpu_seconds") * GIB / size,
        "server_cpu_per_gib": median(bare, "server_cpu_seconds") * GIB / size,
        "remote_peak_mib": max(row["peak_mib"] for row in remote),
        "bare_peak_mib": max(row["peak_mib"] for row in bare),
        "web_peak_mib": max(row["peak_mib"] for row in web),
    }


def hashed(size: int, rounds: int) -> Row:
    """The same for a cloud that wants SHA-1 before any data; the bare loop computes none, the server does it itself.

    At last for MD5 and SHA-1, from a file that is not in the page cache.
    """
    bare: list[Row] = []
    ours: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        source = large_file(Path(folder), size)
        for number in range(rounds):
            for script, rows in (("bare_upload.py", bare), ("client_upload.py", ours)):
                # The cloud must not know the content when the other side sends it.
                with server("--sink", "--hashes", "sha1") as running:
                    rows.append(side(script, running, str(source), f"/Cloud/{number}.bin"))
        with server("--sink", "--hashes", "md5+sha1") as running:
            forget(source)
            cold = side("client_upload.py", running, str(source), "/Cloud/cold.bin")
    return {
        "what": f"one file of {size // MIB} MiB, the cloud wants SHA-1 before any data",
        "speed_of_bare": ratio(bare, ours, "seconds"),
        "cpu_of_bare": ratio(ours, bare, "cpu_seconds"),
        "cold_reads_of_size": cold["read"] / size,
        "cold_disk_reads_of_size": cold["read_from_disk"] / size,
    }


def many(count: int) -> Row:
    """A batch of small files against a bare loop on one channel, and against opening something for every file.

    Each way has a server of its own. The slow ones are measured with a tenth or a hundredth of the files, and their time
    is scaled.
    """
    with tempfile.TemporaryDirectory() as folder:
        for part in (1, 10, 100):
            place = Path(folder) / str(part)
            place.mkdir()
            for number in range(max(1, count // part)):
                (place / f"{number:05}.bin").write_bytes(number.to_bytes(4, "big") * 4096)

        def measured(script: str, part: int, *options: str) -> Row:
            bare = script in ("bare_batch.py", "channel_per_file.py")
            with server("--hashes", "sha1", *options) as running:
                side("make_folder.py", running, "/Cloud/many")
                row = side(script, running, str(Path(folder) / str(part)), "/Cloud/many" if bare else "/Cloud/many/")
            row["seconds"] *= part
            return row

        ours = measured("client_batch.py", 1)
        loop = measured("bare_batch.py", 1)
        channel = measured("channel_per_file.py", 10)
        client = measured("client_per_file.py", 10)
        process = measured("process_per_file.py", 100)
        silent_ours = measured("client_batch.py", 1, "--silent")
        silent = measured("channel_per_file.py", 100, "--silent")
    return {
        "what": f"{count} files of 16 KiB, each looked up before and verified after",
        "files": count,
        "ours_files_per_second": count / ours["seconds"],
        "bare_files_per_second": count / loop["seconds"],
        "ours_speed_of_bare": loop["seconds"] / ours["seconds"],
        "ours_cpu_ms_per_file": ours["cpu_seconds"] / count * 1000,
        "bare_cpu_ms_per_file": loop["cpu_seconds"] / count * 1000,
        "server_cpu_ms_per_file": ours["server_cpu_seconds"] / count * 1000,
        "server_cpu_ms_per_file_bare": loop["server_cpu_seconds"] / count * 1000,
        "times_a_bare_channel_each": channel["seconds"] / ours["seconds"],
        "times_a_client_each": client["seconds"] / ours["seconds"],
        "times_a_process_each": process["seconds"] / ours["seconds"],
        "times_a_silent_channel_each": silent["seconds"] / silent_ours["seconds"],
        "peak_mib": ours["peak_mib"],
    }
