"""``cd2 put``: what it leaves out, what it reports, and what it takes up again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.cli.output.events import Done
from clouddrive2.cli.report import Report
from clouddrive2.testing import RunningEmulator

Run = Callable[..., Any]
MakeFile = Callable[..., Path]


def lines_of(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


class TestUnfinished:
    def test_inside_a_folder_it_is_skipped(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        folder, report = make_file("in/film.mkv", 10).parent, tmp_path / "report.jsonl"
        make_file("in/other.mkv.part", 10)
        result = cd2("put", "--report", report, folder, "/Cloud/")
        assert result.code == 0
        assert "other.mkv.part -> /Cloud/in/other.mkv.part  skipped: its name ends in .part" in result.out
        assert result.lines[-1].startswith("1 file uploaded, 1 skipped; ")
        told = {Path(record["file"]).name: (record["outcome"], record["reason"]) for record in lines_of(report)}
        assert told["film.mkv"] == ("verified", None)
        assert told["other.mkv.part"][0] == "skipped" and "its name ends in .part" in told["other.mkv.part"][1]
        assert cd2("ls", "/Cloud/in").lines == ["film.mkv"]

    def test_by_itself_as_well(self, cd2: Run, make_file: MakeFile) -> None:
        result = cd2("put", "--json", make_file("film.mkv.!qB", 10), "/Cloud/")
        assert result.code == 0
        (record,) = result.events("done")
        why = "its name ends in .!qB, as files do that are not complete; --unfinished uploads it all the same"
        assert (record["outcome"], record["skipped"], record["reason"]) == ("skipped", True, why)
        assert (result.events("summary")[0]["done"], result.events("summary")[0]["skipped"]) == (0, 1)
        assert cd2("ls", "/Cloud").lines == []

    def test_another_failure_still_counts(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        result = cd2("put", make_file("film.mkv.part", 10), tmp_path / "missing", "/Cloud/")
        assert result.code == 1

    def test_rehearsed(self, cd2: Run, make_file: MakeFile) -> None:
        result = cd2("put", "-n", "--json", make_file("film.mkv.part", 10), "/Cloud/")
        assert (result.code, result.record["action"], result.record["path"]) == (0, "skip", "/Cloud/film.mkv.part")
        assert result.record["reason"].startswith("its name ends in .part")

    def test_told_otherwise(self, cd2: Run, make_file: MakeFile) -> None:
        assert cd2("put", "--unfinished", make_file("film.mkv.part", 10), "/Cloud/").code == 0
        assert cd2("ls", "/Cloud").lines == ["film.mkv.part"]


class TestNames:
    def test_what_the_cloud_refuses_is_said_before_anything_is_sent(
        self, cd2: Run, make_file: MakeFile, signed_in: RunningEmulator
    ) -> None:
        folder = make_file("in/why?.txt", 10).parent
        make_file("in/good.txt", 10)
        result = cd2("put", folder, "/Cloud/")
        assert result.code == 1
        assert "'why?.txt': the cloud (115) refuses '?' in a name; rename it, or let --escape-names replace it" in result.err
        assert cd2("ls", "/Cloud/in").lines == ["good.txt"]
        assert signed_in.calls.count("StartRemoteUpload") == 1

    def test_escaped(self, cd2: Run, make_file: MakeFile) -> None:
        folder = make_file("a:b/why?.txt", 10).parent
        assert cd2("put", "--escape-names", folder, "/Cloud/").code == 0
        assert cd2("ls", "/Cloud").lines == ["a：b/"]
        assert cd2("ls", "/Cloud/a：b").lines == ["why？.txt"]


class TestMove:
    def test_the_sources_go(self, cd2: Run, make_file: MakeFile) -> None:
        source = make_file("a.bin", 100)
        result = cd2("put", "--move", source, "/Cloud/")
        assert result.code == 0 and "source deleted" in result.out
        assert not source.exists()
        assert cd2("ls", "/Cloud").lines == ["a.bin"]

    def test_one_that_stays_is_told(self, cd2: Run, make_file: MakeFile) -> None:
        source = make_file("a.bin", 100)
        result = cd2("put", "--move", "--verify", "size", source, "/Cloud/")
        assert result.code == 0 and "source deleted" not in result.out
        assert "a.bin: the source stays: the cloud shows a hash that was not compared" in result.err
        assert source.exists()

    def test_a_failure_keeps_them(self, cd2: Run, make_file: MakeFile, signed_in: RunningEmulator) -> None:
        signed_in.faults.disk_full(after_bytes=10)
        source = make_file("a.bin", 100)
        assert cd2("put", "--move", source, "/Cloud/").code == 1
        assert source.exists()


class TestInstantOnly:
    def test_only_what_the_cloud_has(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        known = make_file("known.bin", 100)
        assert cd2("put", known, "/Cloud/there/").code == 0
        result = cd2("put", "--instant-only", "--json", known, make_file("new.bin", 100), "/Cloud/here/")
        assert result.code == 0
        records = {record["source"]: record for record in result.records if record["event"] == "done"}
        assert records[str(known)]["instant"] and records[str(known)]["outcome"] == "verified"
        assert records[str(tmp_path / "local" / "new.bin")]["skipped"]
        assert result.records[-1]["instant_bytes"] == 100
        assert cd2("ls", "/Cloud/here").lines == ["known.bin"]


class TestReport:
    def test_what_failed_is_taken_up_from_it(
        self, cd2: Run, make_file: MakeFile, tmp_path: Path, signed_in: RunningEmulator
    ) -> None:
        folder = make_file("in/a.bin", 100).parent
        make_file("in/b.bin", 200)
        cd2("mkdir", "-p", "/Cloud/in/b.bin")
        report, again = tmp_path / "report.jsonl", tmp_path / "again.jsonl"
        assert cd2("put", "--report", report, folder, "/Cloud/").code == 1
        outcomes = {Path(record["file"]).name: record["outcome"] for record in lines_of(report)}
        assert outcomes == {"a.bin": "verified", "b.bin": "failed"}
        cd2("rm", "-r", "/Cloud/in/b.bin")
        before = signed_in.calls.count("StartRemoteUpload")
        assert cd2("put", "--retry-failed", report, "--report", again).code == 0
        assert signed_in.calls.count("StartRemoteUpload") == before + 1
        assert [(record["path"], record["outcome"]) for record in lines_of(again)] == [("/Cloud/in/b.bin", "verified")]

    def test_into_the_report_it_takes_them_from(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        sources, report = [make_file("a.bin", 100), make_file("b.bin", 200)], tmp_path / "report.jsonl"
        cd2("mkdir", "-p", "/Cloud/a.bin", "/Cloud/b.bin")
        assert cd2("put", "--report", report, *sources, "/Cloud/").code == 1
        cd2("rm", "-r", "/Cloud/a.bin")
        assert cd2("put", "--retry-failed", report, "--report", report).code == 1
        outcomes = {record["path"]: record["outcome"] for record in lines_of(report)}
        assert outcomes == {"/Cloud/a.bin": "verified", "/Cloud/b.bin": "failed"}
        assert [path.name for path in tmp_path.glob("report*")] == ["report.jsonl"]

    def test_what_was_still_to_do_stays_until_all_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "report.jsonl"
        path.write_text("old\n")
        report = Report(path, until_finished=True)
        report.add(Done("a.bin", "/Cloud/a.bin", 1, "remote", 0.1, "hash"))
        report.close()
        assert path.read_text() == "old\n"
        report = Report(path, until_finished=True)
        report.add(Done("b.bin", "/Cloud/b.bin", 1, "remote", 0.1, "hash"))
        report.finish()
        assert [record["path"] for record in lines_of(path)] == ["/Cloud/b.bin"]

    def test_a_refused_name_is_refused_again_or_escaped(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        folder = make_file("in/why?.txt", 100).parent
        report, again = tmp_path / "report.jsonl", tmp_path / "again.jsonl"
        assert cd2("put", "--report", report, folder, "/Cloud/").code == 1
        result = cd2("put", "--retry-failed", report)
        assert result.code == 1 and "refuses '?' in a name" in result.err
        assert cd2("put", "--retry-failed", report, "--escape-names", "--report", again).code == 0
        assert [record["path"] for record in lines_of(again)] == ["/Cloud/in/why？.txt"]

    def test_what_is_not_finished_waits_for_a_later_one(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        source, report = make_file("film.mkv.part", 100), tmp_path / "report.jsonl"
        cd2("mkdir", "/Cloud/film.mkv.part")
        assert cd2("put", "--unfinished", "--report", report, source, "/Cloud/").code == 1
        cd2("rm", "-r", "/Cloud/film.mkv.part")
        result = cd2("put", "--move", "--retry-failed", report)
        assert result.code == 0 and "skipped: its name ends in .part" in result.out and source.exists()
        assert cd2("put", "--unfinished", "--retry-failed", report).code == 0

    def test_nothing_failed(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        report = tmp_path / "report.jsonl"
        assert cd2("put", "--report", report, make_file("a.bin", 1), "/Cloud/").code == 0
        assert cd2("put", "--retry-failed", report).code == 0

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [("{}\n", "line 1 of {} is no line of a report: it lacks file, outcome, path"), ("what\n", "line 1 of {} is no line")],
    )
    def test_no_report(self, cd2: Run, tmp_path: Path, content: str, complaint: str) -> None:
        report = tmp_path / "report.jsonl"
        report.write_text(content)
        result = cd2("put", "--retry-failed", report)
        assert result.code == 2 and complaint.format(report) in result.err

    def test_the_last_line_of_a_killed_command(self, cd2: Run, tmp_path: Path) -> None:
        report = tmp_path / "report.jsonl"
        report.write_text('{"event": "fai')
        assert cd2("put", "--retry-failed", report).code == 0

    def test_a_place_that_cannot_be_written(self, cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
        result = cd2("put", "--report", tmp_path / "nowhere" / "r", make_file("a.bin", 1), "/Cloud/")
        assert result.code == 2 and "the report" in result.err and "cannot be written" in result.err


class TestOrderAndPace:
    def test_the_biggest_first(self, cd2: Run, make_file: MakeFile, signed_in: RunningEmulator) -> None:
        for name, size in (("a", 10), ("b", 30), ("c", 20)):
            make_file(f"in/{name}", size)
        folder = make_file("in/d", 25).parent
        assert cd2("put", "--biggest-first", "--jobs", "1", folder, "/Cloud/").code == 0
        assert [call.file_size for call in signed_in.calls.of("StartRemoteUpload")] == [30, 25, 20, 10]

    @pytest.mark.parametrize("pace", ["/115", "/115=", "/115=0", "/115=two", "/115=2,-1"])
    def test_no_pace(self, cd2: Run, make_file: MakeFile, pace: str) -> None:
        result = cd2("put", "--pace", pace, make_file("a", 1), "/Cloud/")
        assert result.code == 2 and "must be CLOUD=FILES or CLOUD=FILES,SECONDS" in result.err

    def test_a_pace(self, cd2: Run, make_file: MakeFile) -> None:
        assert cd2("put", "--pace", "/Cloud=1,0.01", make_file("a", 1), make_file("b", 1), "/Cloud/").code == 0


class TestRoute:
    def test_one_by_name(self, cd2: Run, make_file: MakeFile) -> None:
        assert cd2("put", "--route", "remote", "--json", make_file("a", 1), "/Cloud/").records[-2]["route"] == "remote"

    def test_one_that_cannot_says_why(self, cd2: Run, make_file: MakeFile) -> None:
        result = cd2("put", "--route", "remote", "--verify", "none", "--dry-run", "-v", make_file("a", 1), "/Cloud/")
        assert result.code == 0 and "remote can carry it: the server (version 1.1.2) pulls the file over gRPC" in result.err

    def test_every_one_is_in_the_record_of_a_rehearsal(self, cd2: Run, make_file: MakeFile) -> None:
        taken, free = make_file("taken", 1), make_file("free", 1)
        cd2("put", taken, "/Cloud/")
        skipped, sent = cd2("put", "-n", "--json", taken, free, "/Cloud/").records
        assert (skipped["action"], skipped["routes"]) == ("skip", [])
        assert (sent["action"], sent["route"]) == ("upload", "remote")
        routes = {each["route"]: (each["available"], each["reason"]) for each in sent["routes"]}
        assert list(routes) == ["mount", "remote", "write", "grpc-web", "webdav"]
        assert routes["remote"] == (True, "the server (version 1.1.2) pulls the file over gRPC")
        assert routes["mount"][0] is False and routes["mount"][1]

    def test_there_is_no_such_route(self, cd2: Run, make_file: MakeFile) -> None:
        assert cd2("put", "--route", "pigeon", make_file("a", 1), "/Cloud/").code == 2


def test_a_report_takes_no_sources(cd2: Run, make_file: MakeFile, tmp_path: Path) -> None:
    result = cd2("put", "--retry-failed", tmp_path / "r", make_file("a", 1), "/Cloud/")
    assert result.code == 2 and "leave SOURCE and DEST out" in result.err
