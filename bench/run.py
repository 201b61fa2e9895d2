"""All measurements: ``make bench``. Ratios of two sides in one run, the median of some rounds; machines are noisy.

Writes ``bench/results/latest.json`` and prints a table. ``--quick`` takes smaller sizes, ``--only NAME`` one measurement.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MIB = 1 << 20
Row = dict[str, Any]


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[list[str]]:
    """A running emulator; gives what a side needs to reach it."""
    command = [sys.executable, str(HERE / "server.py"), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        yield [f"127.0.0.1:{ready['port']}", ready["user"], ready["password"]]
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def side(script: str, *arguments: str, **environ: str) -> Row:
    """Run one side in a process of its own; its JSON line, with peak memory and processor time."""
    command = [sys.executable, str(HERE / script), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environ})
    assert process.stdout is not None
    text = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    result: Row = json.loads(text)
    result["peak_mib"] = usage.ru_maxrss / 1024
    result["cpu_seconds"] = usage.ru_utime + usage.ru_stime
    return result


def median(rows: list[Row], key: str) -> float:
    """The middle of some rounds."""
    return statistics.median(row[key] for row in rows)


def one_large_file(size: int, rounds: int, hashes: str) -> Row:
    """``put`` of one file against the bare loop."""
    bare: list[Row] = []
    ours: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.bin"
        with source.open("wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        with server("--root", folder + "/drive", "--hashes", hashes) as reach:
            for number in range(rounds):
                for script, rows in (("bare_upload.py", bare), ("client_upload.py", ours)):
                    rows.append(side(script, *reach, str(source), f"/Cloud/{number}.bin"))
                    # The cloud must not know the content when the other side sends it.
                    (Path(folder) / f"drive/Cloud/{number}.bin").unlink()
    ratios = [mine["bytes"] / mine["seconds"] / (base["bytes"] / base["seconds"]) for mine, base in zip(ours, bare, strict=True)]
    return {
        "what": f"one file of {size // MIB} MiB, cloud wants {'no hash' if hashes == 'none' else hashes.upper()}",
        "bare_mib_s": size / MIB / median(bare, "seconds"),
        "ours_mib_s": size / MIB / median(ours, "seconds"),
        "speed_ratio": statistics.median(ratios),
        "cpu_ratio": median(ours, "cpu_seconds") / median(bare, "cpu_seconds"),
        "peak_mib": max(row["peak_mib"] for row in ours),
        "bare_peak_mib": max(row["peak_mib"] for row in bare),
    }


def many_small_files(count: int) -> Row:
    """A batch against a channel per file, in four ways, and against a bare loop on one channel.

    Each way has a server of its own. The slow ones are measured with a tenth or a hundredth of the files, and their time is
    scaled.
    """
    with tempfile.TemporaryDirectory() as folder:
        for part in (1, 10, 100):
            sources = Path(folder) / str(part)
            sources.mkdir()
            for number in range(count // part):
                (sources / f"{number:05}.bin").write_bytes(os.urandom(16 * 1024))

        def measured(script: str, part: int, *options: str) -> Row:
            bare = script in ("bare_batch.py", "channel_per_file.py")
            with server("--hashes", "sha1", *options) as reach:
                side("make_folder.py", *reach, "/Cloud/many")
                row = side(script, *reach, str(Path(folder) / str(part)), "/Cloud/many" if bare else "/Cloud/many/")
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
        "ours_seconds": ours["seconds"],
        "ours_files_per_second": count / ours["seconds"],
        "part_of_a_bare_loop": loop["seconds"] / ours["seconds"],
        "times_a_bare_channel_each": channel["seconds"] / ours["seconds"],
        "times_a_client_each": client["seconds"] / ours["seconds"],
        "times_a_process_each": process["seconds"] / ours["seconds"],
        "times_a_silent_channel_each": silent["seconds"] / silent_ours["seconds"],
        "peak_mib": ours["peak_mib"],
    }


def grpc_web(size: int, rounds: int) -> Row:
    """``put`` of one file over gRPC-Web against the same over gRPC."""
    rows: dict[str, list[Row]] = {"grpc": [], "grpc-web": []}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.bin"
        with source.open("wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        with server("--root", folder + "/drive") as reach:
            for number in range(rounds):
                for transport, measured in rows.items():
                    place = f"/Cloud/{number}-{transport}.bin"
                    row = side("client_upload.py", *reach, str(source), place, CLOUDDRIVE2_TRANSPORT=transport)
                    measured.append(row)
                    (Path(folder) / f"drive{place}").unlink()
    ratios = [base["seconds"] / web["seconds"] for base, web in zip(rows["grpc"], rows["grpc-web"], strict=True)]
    return {
        "what": f"one file of {size // MIB} MiB over gRPC-Web",
        "grpc_mib_s": size / MIB / median(rows["grpc"], "seconds"),
        "grpc_web_mib_s": size / MIB / median(rows["grpc-web"], "seconds"),
        "part_of_grpc": statistics.median(ratios),
        "times_the_cpu": median(rows["grpc-web"], "cpu_seconds") / median(rows["grpc"], "cpu_seconds"),
        "peak_mib": max(row["peak_mib"] for row in rows["grpc-web"]),
    }


def listing(count: int) -> Row:
    """A folder with many entries: when the first is there, and what memory it takes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "drive/Cloud/many"
        place.mkdir(parents=True)
        for number in range(count):
            (place / f"{number:06}.txt").touch()
        with server("--root", folder + "/drive") as reach:
            small = side("client_list.py", *reach, "/Cloud")
            large = side("client_list.py", *reach, "/Cloud/many")
    return {
        "what": f"listing of {count} entries",
        "first_entry_seconds": large["first"],
        "all_entries_seconds": large["seconds"],
        "entries_per_second": count / large["seconds"],
        "memory_growth_mib": large["peak_mib"] - small["peak_mib"],
    }


def hashing(size: int) -> Row:
    """The engine's hashing against hashlib alone."""
    return side("hashing.py", str(size))


def start_up(rounds: int) -> Row:
    """Whole-process time of ``cd2 --help`` beside an empty Python."""
    return side("start_up.py", str(rounds))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only")
    given = parser.parse_args()
    size, rounds, files, entries = (128 * MIB, 1, 300, 10_000) if given.quick else (1024 * MIB, 3, 2000, 100_000)
    measurements: dict[str, Callable[[], Row]] = {
        "upload": lambda: one_large_file(size, rounds, "none"),
        "upload-sha1": lambda: one_large_file(size, rounds, "sha1"),
        "small-files": lambda: many_small_files(files),
        "grpc-web": lambda: grpc_web(size, rounds),
        "listing": lambda: listing(entries),
        "hashing": lambda: hashing(size),
        "start-up": lambda: start_up(5 * rounds),
    }
    if given.only and given.only not in measurements:
        raise SystemExit(f"there is no measurement '{given.only}'; there are: {', '.join(measurements)}")
    results: dict[str, Row] = {}
    for name, measure in measurements.items():
        if given.only in (None, name):
            results[name] = measure()
            print(f"\n{name}: {results[name].pop('what')}")
            for key, value in results[name].items():
                print(f"  {key.replace('_', ' '):28} {value:10.3f}")
    target = HERE / "results/latest.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
