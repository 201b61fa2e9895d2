"""The tables of the documentation, from the results, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from processes import GIB, MIB

Results = Mapping[str, Any]
# Each text in English and in Chinese.
Text = tuple[str, str]
Cells = tuple[Text | str, ...]

SECONDS, FILES_A_SECOND = ("MiB/s", "MiB/s"), ("files/s", "文件/秒")
MEASURED, TARGET, FIGURE = ("measured", "实测"), ("target", "目标"), ("figure", "指标")
WAYS: dict[str, Text] = {
    "remote": ("`cd2`, route remote", "`cd2`，路线 remote"),
    "web": ("`cd2` over gRPC-Web", "`cd2`，经 gRPC-Web"),
    "write": ("`cd2`, route write", "`cd2`，路线 write"),
    "webdav": ("`cd2`, route webdav", "`cd2`，路线 webdav"),
    "mount": ("`cd2`, route mount", "`cd2`，路线 mount"),
    "mount_queued": ("`cd2`, route mount, `--wait queued`", "`cd2`，路线 mount，`--wait queued`"),
    "clouddrive2-client": ("`clouddrive2-client`, remote upload", "`clouddrive2-client`，远程上传"),
    "python-clouddrive2": ("`python-clouddrive2`, its `upload`", "`python-clouddrive2`，其 `upload`"),
    "rclone": ("`rclone` over WebDAV", "`rclone`，经 WebDAV"),
    "cp_mount": ("`cp` into the mount", "`cp` 到挂载点"),
    "cp": ("`cp` into a local folder", "`cp` 到本地文件夹"),
    "bare": ("ceiling: the leanest gRPC loop", "上限：最精简的 gRPC 循环"),
}


def machine(results: Results) -> list[Cells]:
    """Where it was measured, and what of it is no more than a first look."""
    row = results["machine"]
    quick = ", ".join(f"`{name}`" for name, each in results.items() if each.get("quick"))
    rows: list[Cells] = [
        (("measured on", "测量环境"), ""),
        (("processors", "处理器数"), str(row["cores"])),
        ("Python", f"{row['python']}, {row['system']}"),
    ]
    if quick:
        rows.append((("with `--quick`: smaller sizes, one round", "使用 `--quick`：规模较小，仅一轮"), quick))
    return rows


def ceiling(results: Results) -> list[Cells]:
    """One large file against the bare loop."""
    large, hashed, sizes = results["large"], results["large-hashed"], results["growth-size"]
    return [
        (FIGURE, MEASURED, TARGET),
        (
            ("speed, ours / bare loop", "速度，本项目 / 裸循环"),
            f"{_ratio(large, 'remote_speed_of_bare')} ({large['remote_mib_s']:.0f} / {large['bare_mib_s']:.0f} MiB/s)",
            ("at least 0.85", "至少 0.85"),
        ),
        (
            ("processor time, ours / bare loop", "处理器时间，本项目 / 裸循环"),
            f"{_ratio(large, 'remote_cpu_of_bare')} ({large['remote_cpu_per_gib']:.2f} / {large['bare_cpu_per_gib']:.2f} s/GiB)",
            ("at most 1.30", "至多 1.30"),
        ),
        (
            ("gRPC-Web / gRPC, speed", "gRPC-Web / gRPC，速度"),
            f"{_ratio(large, 'web_speed_of_grpc')} ({large['web_mib_s']:.0f} MiB/s)",
            ("at least 0.60", "至少 0.60"),
        ),
        (
            ("peak memory, ours / bare loop", "内存峰值，本项目 / 裸循环"),
            f"{large['remote_peak_mib']:.0f} / {large['bare_peak_mib']:.0f} MiB",
            "",
        ),
        (
            ("peak memory at 1, 4 and 16 GiB", "1、4、16 GiB 时的内存峰值"),
            ", ".join(f"{point['peak_mib']:.0f}" for point in sizes["points"] if point["size"] >= GIB) + " MiB",
            ("flat", "不增长"),
        ),
        (
            ("speed when the cloud wants SHA-1 first, ours / bare loop", "云端先要 SHA-1 时的速度，本项目 / 裸循环"),
            _ratio(hashed, "speed_of_bare"),
            "",
        ),
        (
            ("bytes read from the disk / size, MD5 and SHA-1 wanted first", "先要 MD5 与 SHA-1 时，从磁盘读取的字节 / 文件大小"),
            f"{_ratio(hashed, 'cold_disk_reads_of_size')} ({hashed['cold_reads_of_size']:.2f})",
            "1.00",
        ),
        (
            ("processor time of the emulator, s/GiB", "模拟器的处理器时间，秒/GiB"),
            f"{large['server_cpu_per_gib']:.2f}",
            "",
        ),
    ]


def compared(name: str, unit: Text, key: str) -> Callable[[Results], list[Cells]]:
    """Everybody's speed, the fastest first, and how many times the slower ones ours is."""

    def table(results: Results) -> list[Cells]:
        row = results[name]
        speeds: dict[str, float] = row[key]
        rows: list[Cells] = [(("way", "方式"), unit, ("route remote is so many times as fast", "remote 是它的多少倍"))]
        for way in sorted(speeds, key=speeds.__getitem__, reverse=True):
            times = "" if way == "remote" or "remote" not in speeds else f"{speeds['remote'] / speeds[way]:.2f}"
            rows.append((WAYS[way], f"{speeds[way]:.0f}", times))
        for way, reason in row["missing"].items():
            rows.append((WAYS[way], "—", (f"not measured: {reason}", f"未测：{reason}")))
        return rows

    return table


def ratios(results: Results) -> list[Cells]:
    """The goals for all ways together."""
    large, small, away = (results[name] for name in ("compare-large", "compare-small", "compare-small-away"))
    twice, ten = ("at least 2", "至少 2"), ("at least 10", "至少 10")

    def packages(row: Results, key: str, way: str = "remote") -> float | None:
        others = [row[key][name] for name in ("clouddrive2-client", "python-clouddrive2") if name in row[key]]
        return row[key][way] / max(others) if others and way in row[key] else None

    def both(row: Results, key: str) -> str:
        return f"{_number(packages(row, key))} ({_number(packages(row, key, 'bare'))})"

    return [
        (FIGURE, MEASURED, TARGET),
        (
            ("one large file, times the better package (the ceiling's times)", "一个大文件：为较快软件包的几倍（上限的倍数）"),
            both(large, "mib_s"),
            twice,
        ),
        (
            ("small files, times the better package (the ceiling's times)", "小文件：为较快软件包的几倍（上限的倍数）"),
            both(small, "files_per_second"),
            ten,
        ),
        (
            ("the same 10 ms away", "同上，往返 10 毫秒"),
            both(away, "files_per_second"),
            ten,
        ),
        (
            ("small files, times `rclone`", "小文件：为 `rclone` 的几倍"),
            _times(small["files_per_second"], "remote", "rclone"),
            ten,
        ),
        (
            (
                "route mount, `--wait queued` / `cp` into the mount, one large file",
                "路线 mount，`--wait queued` / `cp` 到挂载点，一个大文件",
            ),
            _number(large.get("mount_speed_of_cp")),
            ("at least 0.95", "至少 0.95"),
        ),
    ]


def small(results: Results) -> list[Cells]:
    """A batch against a bare loop, and against opening something for every file."""
    row = results["small"]
    labels: dict[str, Text] = {
        "ours_speed_of_bare": ("speed, ours / bare loop on one channel", "速度，本项目 / 单通道裸循环"),
        "ours_cpu_ms_per_file": ("processor time per file, ours, ms", "每文件处理器时间，本项目，毫秒"),
        "bare_cpu_ms_per_file": ("the bare loop's", "裸循环的"),
        "server_cpu_ms_per_file": ("the emulator's for ours", "模拟器为本项目花费的"),
        "server_cpu_ms_per_file_bare": ("the emulator's for the bare loop", "模拟器为裸循环花费的"),
        "times_a_bare_channel_each": (
            "times a bare loop with a connection and a channel per file",
            "为“每文件一连接一通道”裸循环的几倍",
        ),
        "times_a_client_each": ("times a new `AsyncClient` per file", "为“每文件新建 `AsyncClient`”的几倍"),
        "times_a_process_each": ("times `cd2 put` in a shell loop", "为 shell 循环中 `cd2 put` 的几倍"),
        "times_a_silent_channel_each": (
            "times a channel per file where it tells only with its first message that it stands",
            "为“每文件一通道，且通道到首条消息才可知已建立”的几倍",
        ),
    }
    return [(FIGURE, MEASURED), *((label, f"{row[key]:.2f}") for key, label in labels.items())]


def hashing(results: Results) -> list[Cells]:
    """Several algorithms in one pass."""
    row = results["hashing"]
    return [
        (FIGURE, MEASURED, TARGET),
        (
            ("MD5, speed against `hashlib` alone", "MD5，速度与单独 `hashlib` 之比"),
            _ratio(row, "md5_speed_of_hashlib"),
            ("at least 0.90", "至少 0.90"),
        ),
        (
            ("MD5 and SHA-1, time against MD5 alone", "MD5 与 SHA-1，时间与单独 MD5 之比"),
            _ratio(row, "both_cost_of_slowest"),
            ("at most 1.15", "至多 1.15"),
        ),
        (
            ("MD5, SHA-1 and PikPakSha1, time against MD5 alone", "MD5、SHA-1 与 PikPakSha1，时间与单独 MD5 之比"),
            _ratio(row, "three_cost_of_slowest"),
            ("at most 1.15", "至多 1.15"),
        ),
    ]


def growth_size(results: Results) -> list[Cells]:
    """Seconds and memory by size."""
    rows: list[Cells] = [(("size", "大小"), ("seconds", "秒"), SECONDS, ("peak memory, MiB", "内存峰值，MiB"))]
    for point in results["growth-size"]["points"]:
        speed = point["size"] / MIB / point["seconds"]
        rows.append((_size(point["size"]), f"{point['seconds']:.2f}", f"{speed:.1f}", f"{point['peak_mib']:.0f}"))
    return rows


def growth_count(results: Results) -> list[Cells]:
    """Seconds by number of files."""
    header: Cells = (("files", "文件数"), ("seconds", "秒"), FILES_A_SECOND, ("peak memory, MiB", "内存峰值，MiB"))
    rows: list[Cells] = [header]
    for point in results["growth-count"]["points"]:
        speed = point["files"] / point["seconds"]
        rows.append((f"{point['files']:,}", f"{point['seconds']:.2f}", f"{speed:.0f}", f"{point['peak_mib']:.0f}"))
    return rows


def growth_in_flight(results: Results) -> list[Cells]:
    """Speed by what is in flight."""
    row = results["growth-in-flight"]
    here = [point for point in row["files"] if not point["delay_ms"]]
    away = [point for point in row["files"] if point["delay_ms"]]
    rows: list[Cells] = [
        (
            ("in flight", "同时进行"),
            ("one file, pieces: MiB/s", "单文件，数据块：MiB/s"),
            ("batch, files: files/s", "批量，文件：文件/秒"),
            ("the same 10 ms away", "同上，往返 10 毫秒"),
        )
    ]
    for pieces, near, far in zip(row["pieces"], here, away, strict=True):
        speeds = (f"{pieces['mib_s']:.0f}", f"{near['files_per_second']:.0f}", f"{far['files_per_second']:.0f}")
        rows.append((str(pieces["in_flight"]), *speeds))
    return rows


def listing(results: Results) -> list[Cells]:
    """A large folder."""
    row = results["listing"]
    return [
        (FIGURE, MEASURED),
        (("entries", "条目"), f"{row['entries']:,}"),
        (("first entry", "首个条目"), f"{row['first_entry_seconds']:.2f} s"),
        (("all entries", "全部条目"), f"{row['all_entries_seconds']:.1f} s, {row['entries_per_second']:,.0f}/s"),
        (("memory above that of an empty folder", "比空文件夹多用的内存"), f"{row['memory_growth_mib']:.1f} MiB"),
    ]


def start_up(results: Results) -> list[Cells]:
    """Whole processes."""
    row = results["start-up"]
    return [
        (FIGURE, MEASURED, TARGET),
        (("empty Python", "空的 Python"), f"{row['python_ms']:.0f} ms", ""),
        ("`cd2 --help`", f"{row['help_ms']:.0f} ms", "200 ms"),
        ("`cd2 put --help`", f"{row['put_help_ms']:.0f} ms", ""),
        (("`cd2 ls` of an empty folder", "`cd2 ls` 空文件夹"), f"{row['ls_ms']:.0f} ms", "400 ms"),
    ]


TABLES: dict[str, Callable[[Results], list[Cells]]] = {
    "machine": machine,
    "ceiling": ceiling,
    "ratios": ratios,
    "compare-large": compared("compare-large", SECONDS, "mib_s"),
    "compare-small": compared("compare-small", FILES_A_SECOND, "files_per_second"),
    "compare-small-away": compared("compare-small-away", FILES_A_SECOND, "files_per_second"),
    "small": small,
    "hashing": hashing,
    "growth-size": growth_size,
    "growth-count": growth_count,
    "growth-in-flight": growth_in_flight,
    "listing": listing,
    "start-up": start_up,
}


def _ratio(row: Results, key: str) -> str:
    return f"**{row[key]:.2f}**"


def _number(value: float | None) -> str:
    return "—" if value is None else f"**{value:.2f}**"


def _times(speeds: Mapping[str, float], ours: str, theirs: str) -> str:
    return _number(speeds[ours] / speeds[theirs] if ours in speeds and theirs in speeds else None)


def _size(size: int) -> str:
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"
