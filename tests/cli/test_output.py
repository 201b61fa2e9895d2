"""The printers and their words, without a server."""

from __future__ import annotations

import io
import json

import pytest

from clouddrive2.cli.exit_codes import ExitCode, for_error, for_many
from clouddrive2.cli.output import words
from clouddrive2.cli.output.bars import BarsPrinter
from clouddrive2.cli.output.events import Begun, Done, Failed, Moved, Summary
from clouddrive2.cli.output.json import JsonPrinter, dumps
from clouddrive2.cli.output.text import TextPrinter
from clouddrive2.cli.sentences import sentence
from clouddrive2.errors import ConnectError, NotFound, OutcomeUnknown, PermissionDenied, Throttled

MIB = 1 << 20


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


DONE = Done("a b", "/Cloud/a b", 4 * MIB, "remote", 2.0, "hash")


class TestWords:
    @pytest.mark.parametrize(
        ("number", "shown"),
        [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (MIB - 1, "1.0 MiB"), (1 << 40, "1.0 TiB")],
    )
    def test_size(self, number: int, shown: str) -> None:
        assert words.size(number) == shown

    @pytest.mark.parametrize(
        ("seconds", "shown"), [(0.421, "0.42 s"), (12.34, "12.3 s"), (187, "3 min 07 s"), (7500, "2 h 05 min")]
    )
    def test_duration(self, seconds: float, shown: str) -> None:
        assert words.duration(seconds) == shown

    def test_plain(self) -> None:
        assert words.plain("a\x1b[31m\n中\u2028") == "a\\x1b[31m\\n中\\u2028"


class TestText:
    def test_lines(self) -> None:
        out, err = io.StringIO(), io.StringIO()
        printer = TextPrinter(out, err, verbose=1)
        printer.begun(Begun("a b", "/Cloud/a b", 4 * MIB))
        printer.done(DONE)
        printer.failed(Failed("c", "/Cloud/c", 0, 0.1, "no room", "OperationFailed"))
        summary = Summary("uploaded", seconds=2.0)
        summary.add(DONE)
        summary.add(Failed("c", "/Cloud/c", 0, 0.1, "no room", "OperationFailed"))
        printer.summary(summary)
        assert out.getvalue().splitlines() == [
            "a b -> /Cloud/a b  4.0 MiB in 2.00 s (2.0 MiB/s), verified by hash, by remote",
            "1 file uploaded, 1 failed; 4.0 MiB in 2.00 s (2.0 MiB/s)",
        ]
        assert err.getvalue().splitlines() == ["a b: 4.0 MiB to /Cloud/a b", "cd2: c: no room"]


class TestBars:
    def test_a_file_that_ends_under_another_name(self) -> None:
        screen = Terminal()
        printer = BarsPrinter(screen, screen)
        printer.expect(files=2, size=8 * MIB)
        printer.begun(Begun("a b", "/Cloud/a b", 4 * MIB))
        for phase, count in (("hashing", MIB), ("transferring", MIB), ("transferring", 4 * MIB)):
            printer.moved(Moved("a b", "/Cloud/a b", phase, count, count, count, 4 * MIB))
        printer.done(Done("a b", "/Cloud/a b (1)", 4 * MIB, "remote", 2.0, "hash"))
        summary = Summary("uploaded", seconds=2.0)
        printer.summary(summary)
        printer.close()
        assert "a b -> /Cloud/a b (1)  4.0 MiB in 2.00 s (2.0 MiB/s), verified by hash" in screen.getvalue()

    def test_what_is_no_screen_stays_clean(self) -> None:
        out, screen = io.StringIO(), Terminal()
        printer = BarsPrinter(out, screen)
        printer.begun(Begun("a b", "/Cloud/a b", 4 * MIB))
        printer.done(DONE)
        printer.note("a remark")
        printer.close()
        assert out.getvalue() == "a b -> /Cloud/a b  4.0 MiB in 2.00 s (2.0 MiB/s), verified by hash\n"
        assert "a remark" in screen.getvalue()


class TestJson:
    def test_progress_comes_with_every_phase_but_not_with_every_byte(self) -> None:
        out = io.StringIO()
        printer = JsonPrinter(out, io.StringIO())
        printer.begun(Begun("a", "/a", 1000))
        for count in range(1000):
            printer.moved(Moved("a", "/a", "hashing" if count < 500 else "transferring", count, count, count, 1000))
        printer.close()
        records = [json.loads(line) for line in out.getvalue().splitlines()]
        assert [record["phase"] for record in records][:1] == ["hashing"]
        assert {record["phase"] for record in records} == {"hashing", "transferring"}
        assert len(records) < 100

    def test_half_a_letter_is_still_json(self) -> None:
        assert json.loads(dumps({"name": "\udcff中"}).encode()) == {"name": "\udcff中"}


class TestExitCodes:
    @pytest.mark.parametrize(
        ("error", "code"),
        [(ConnectError("x"), 3), (PermissionDenied("x"), 4), (NotFound("x"), 5), (FileNotFoundError(), 5), (Throttled("x"), 1),
         (OutcomeUnknown("x"), 1)],
    )  # fmt: skip
    def test_of_one_failure(self, error: Exception, code: int) -> None:
        assert for_error(error) == code

    @pytest.mark.parametrize(
        ("codes", "attempted", "code"), [([], 3, 0), ([5], 1, 5), ([5, 5], 2, 5), ([5], 2, 1), ([5, 4], 2, 1)]
    )
    def test_of_many(self, codes: list[int], attempted: int, code: int) -> None:
        assert for_many(codes, attempted=attempted) == ExitCode(code)


def test_a_sentence_names_the_call_only_when_asked() -> None:
    error = NotFound("GetSubFiles: /x: does not exist", path="/x", rpc="GetSubFiles")
    assert sentence(error) == "/x: does not exist"
    assert sentence(error, verbose=1) == "GetSubFiles: /x: does not exist"
