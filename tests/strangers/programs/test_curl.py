"""curl: downloads under ``/static`` with all it can ask of them, and uploads to ``/dav`` (protocol.md §6, §15)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

from .conftest import AWKWARD, Ran, content, files_in, fill, needs

pytestmark = [pytest.mark.strangers, needs("curl")]

Settle = Callable[[], None]
DATA = content("f", 100_000)
PARTIAL_FILE = 18


@dataclass(frozen=True)
class Answer:
    """What curl got."""

    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def curl(run: Callable[..., Ran], tmp_path: Path) -> Callable[..., Answer]:
    """``curl(url, "-r", "0-9")``: the last answer."""
    body, head = tmp_path / "body", tmp_path / "head"

    def ask(*options: str | Path, expect: int = 0) -> Answer:
        body.unlink(missing_ok=True)
        ran = run("curl", "-sS", "-o", body, "-D", head, "-w", "%{http_code}", *options, expect=expect)
        lines = head.read_text().strip().split("\n\n")[-1].splitlines()[1:]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Answer(int(ran.stdout), headers, body.read_bytes() if body.exists() else b"")

    return ask


Curl = Callable[..., Answer]


@pytest.fixture
def link(emulator: RunningEmulator, call: Callable[..., Any]) -> Callable[..., str]:
    """``link("/Cloud/f")``: the address of a file, as the account or a token is given it (protocol.md §6.1)."""

    def address(path: str, token: str | None = None) -> str:
        template: str = call("GetDownloadUrlPath", pb.GetDownloadUrlPathRequest(path=path), token=token).downloadUrlPath
        filled = template.replace("{SCHEME}", "http").replace("{HOST}", f"127.0.0.1:{emulator.port}")
        return emulator.url + filled.replace("{PREVIEW}", "false")

    return address


@pytest.fixture
def url(link: Callable[..., str], cloud: Path) -> str:
    """A signed link to a file of 100,000 bytes."""
    (cloud / "f").write_bytes(DATA)
    return link("/Cloud/f")


class TestStatic:
    """``/static``: HTTP that players and download managers speak."""

    @pytest.mark.parametrize("name", AWKWARD)
    def test_awkward_names(self, curl: Curl, link: Callable[..., str], cloud: Path, name: str) -> None:
        (cloud / name).write_bytes(DATA)
        answer = curl(link(f"/Cloud/{name}"), "--globoff")
        assert (answer.status, answer.body) == (200, DATA)
        assert answer.headers["content-disposition"] == f"inline; filename*=UTF-8''{quote(name, safe='')}"

    def test_head_says_what_get_says(self, curl: Curl, url: str) -> None:
        got, head = curl(url), curl("--head", url)
        assert (head.status, head.headers["content-length"]) == (200, "100000")
        for name in ("etag", "last-modified", "accept-ranges", "content-type", "content-disposition"):
            assert head.headers[name] == got.headers[name]

    @pytest.mark.parametrize(
        ("asked", "start", "stop"), [("0-0", 0, 1), ("500-999", 500, 1000), ("99990-", 99990, 100_000), ("-7", 99993, 100_000)]
    )
    def test_one_range(self, curl: Curl, url: str, asked: str, start: int, stop: int) -> None:
        part = curl("-r", asked, url)
        assert (part.status, part.body) == (206, DATA[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/100000"

    def test_a_range_outside_the_file(self, curl: Curl, url: str) -> None:
        for asked in ("100000-", "-0"):
            answer = curl("-r", asked, url)
            assert (answer.status, answer.headers["content-range"]) == (416, "bytes */100000")

    def test_several_ranges_at_once_are_the_whole_file(self, curl: Curl, url: str) -> None:
        answer = curl("-r", "0-1,500-600", url)
        assert (answer.status, answer.body) == (200, DATA)

    def test_a_range_is_nothing_to_head(self, curl: Curl, url: str) -> None:
        head = curl("--head", "-r", "0-9", url)
        assert (head.status, head.headers["content-length"]) == (200, "100000")

    def test_a_range_only_of_the_file_it_knows(self, curl: Curl, url: str, cloud: Path) -> None:
        known = curl("--head", url).headers
        for condition in (known["etag"], known["last-modified"]):
            assert curl("-r", "0-9", "-H", f"If-Range: {condition}", url).body == DATA[:10]
        (cloud / "f").write_bytes(DATA + b"more")
        for condition in (known["etag"], '"other"', "Thu, 01 Jan 1970 00:00:00 GMT"):
            assert curl("-r", "0-9", "-H", f"If-Range: {condition}", url).body == DATA + b"more"

    def test_a_copy_that_is_still_good_is_not_sent_again(self, curl: Curl, url: str, cloud: Path, tmp_path: Path) -> None:
        assert curl("--etag-save", tmp_path / "tag", url).status == 200
        assert (again := curl("--etag-compare", tmp_path / "tag", url)).status == 304
        assert again.body == b""
        assert curl("-z", "Fri, 01 Jan 2100 00:00:00 GMT", url).status == 304
        assert curl("-z", "Thu, 01 Jan 1970 00:00:00 GMT", url).body == DATA
        assert curl("-z", "-Thu, 01 Jan 1970 00:00:00 GMT", url).status == 412
        (cloud / "f").write_bytes(DATA + b"more")
        assert curl("--etag-compare", tmp_path / "tag", url).body == DATA + b"more"

    def test_only_while_it_is_the_same(self, curl: Curl, url: str) -> None:
        tag = curl(url).headers["etag"]
        assert curl("-H", f'If-Match: "other", {tag}', url).status == 200
        assert curl("-H", "If-Match: *", url).status == 200
        assert curl("-H", 'If-Match: "other"', url).status == 412
        assert curl("-H", f"If-None-Match: W/{tag}", "--head", url).status == 304

    def test_what_was_broken_off_is_gone_on_with(
        self, curl: Curl, run: Callable[..., Ran], emulator: RunningEmulator, url: str, tmp_path: Path
    ) -> None:
        emulator.faults.break_download(after_bytes=30_000)
        run("curl", "-sS", "-o", tmp_path / "got", url, expect=PARTIAL_FILE)
        assert (tmp_path / "got").stat().st_size == 30_000
        run("curl", "-sS", "-C", "-", "-o", tmp_path / "got", url)
        assert (tmp_path / "got").read_bytes() == DATA
        run("curl", "-sS", "-C", "-", "-o", tmp_path / "got", url)
        assert (tmp_path / "got").read_bytes() == DATA
        sent = [(answer.start, answer.sent) for answer in emulator.calls.sent_files]
        assert sent == [(0, 30_000), (30_000, 70_000)]

    def test_several_connections_and_one_for_several(
        self, run: Callable[..., Ran], emulator: RunningEmulator, url: str, tmp_path: Path
    ) -> None:
        config = [
            f'url="{url}"\nrange="{at}-{at + 9_999}"\noutput="{tmp_path / str(at)}"\nnext' for at in range(0, 100_000, 10_000)
        ]
        run("curl", "-sS", "--parallel", "--config", "-", stdin="\n".join(config).removesuffix("next"))
        assert b"".join((tmp_path / str(at)).read_bytes() for at in range(0, 100_000, 10_000)) == DATA
        again = run("curl", "-sS", "-w", "%{num_connects}\n", "-o", "a", "-o", "b", url, url)
        assert again.stdout.split() == ["1", "0"]

    def test_nothing_is_compressed_unasked_or_asked(self, curl: Curl, url: str) -> None:
        assert "content-encoding" not in curl("--compressed", url).headers

    def test_a_link_holds_for_its_file_only(self, curl: Curl, url: str, cloud: Path) -> None:
        (cloud / "g").write_bytes(b"secret")
        where, _, query = url.partition("?")
        assert query.startswith("sign=")
        tampered = query[:-1] + ("0" if query[-1] != "0" else "1")
        for bad in (where, f"{where}?{tampered}", f"{where}?sign=", f"{where[:-1]}g?{query}"):
            refused = curl(bad)
            assert (refused.status, refused.body.strip()) == (403, b"signed link required"), bad
        assert curl(f"{where}?{query}").body == DATA

    def test_a_link_of_a_token_ends(
        self, curl: Curl, url: str, emulator: RunningEmulator, call: Callable[..., Any], link: Callable[..., str]
    ) -> None:
        permissions = pb.TokenPermissions(allow_read=True)
        token = call("CreateToken", pb.CreateTokenRequest(rootDir="/Cloud", permissions=permissions)).token
        lent = link("/f", token)
        assert "?token=" in lent
        assert curl(lent).body == DATA
        assert curl(lent.replace("?token=", "?token=9")).status == 403
        other = call("CreateToken", pb.CreateTokenRequest(rootDir="/Cloud", permissions=permissions)).token
        revoked = link("/f", other)
        call("RemoveToken", pb.StringValue(value=other))
        assert curl(revoked).status == 403
        assert curl(lent).status == 200
        emulator.world.clock.advance(24 * 3600 + 1)
        assert curl(lent).status == 403

    def test_by_hand_where_downloads_are_open(self, curl: Curl, url: str, emulator: RunningEmulator) -> None:
        host = f"127.0.0.1:{emulator.port}"
        by_hand = [f"{emulator.url}/static/http/{host}/False/{path}" for path in ("%2FCloud%2Ff", "Cloud/f")]
        assert [curl(each).status for each in by_hand] == [403, 403]
        emulator.world.options.open_downloads = True
        assert [curl(each).body for each in by_hand] == [DATA, DATA]

    def test_it_waits_for_a_cloud_that_is_not_ready(self, curl: Curl, url: str, emulator: RunningEmulator) -> None:
        emulator.world.options.static_unready = 1
        assert curl("--retry", "2", "--retry-delay", "1", url).body == DATA


class TestDav:
    """``/dav`` by ``curl -T``."""

    @pytest.fixture
    def login(self, emulator: RunningEmulator) -> list[str]:
        return ["-u", f"{emulator.username}:{emulator.password}"]

    @pytest.mark.parametrize("name", AWKWARD)
    def test_put_and_get(
        self, curl: Curl, login: list[str], emulator: RunningEmulator, settle: Settle, cloud: Path, tmp_path: Path, name: str
    ) -> None:
        target = f"{emulator.url}/dav/Cloud/{quote(name)}"
        fill(tmp_path, {"sent": 70_000})
        assert curl(*login, "-T", tmp_path / "sent", target).status == 201
        settle()
        assert files_in(cloud) == {name: content("sent", 70_000)}
        assert curl(*login, target).body == content("sent", 70_000)
        assert curl(*login, "-T", tmp_path / "sent", target).status == 204

    def test_a_folder_takes_the_name_of_what_is_sent(
        self, curl: Curl, login: list[str], emulator: RunningEmulator, settle: Settle, cloud: Path, tmp_path: Path
    ) -> None:
        fill(tmp_path, {"a b.bin": 10, "c.bin": 3_000_000})
        curl(*login, "-T", f"{{{tmp_path}/a b.bin,{tmp_path}/c.bin}}", f"{emulator.url}/dav/Cloud/")
        settle()
        assert files_in(cloud) == {"a b.bin": content("a b.bin", 10), "c.bin": content("c.bin", 3_000_000)}

    def test_a_stream_of_unknown_length(
        self, run: Callable[..., Ran], login: list[str], emulator: RunningEmulator, settle: Settle, cloud: Path
    ) -> None:
        text = "line\n" * 100_000
        run("curl", "-sS", "-f", *login, "-T", "-", f"{emulator.url}/dav/Cloud/s", stdin=text)
        settle()
        assert (cloud / "s").read_text() == text

    def test_a_wrong_password_is_told_before_the_body_is_sent(
        self, curl: Curl, emulator: RunningEmulator, cloud: Path, tmp_path: Path
    ) -> None:
        fill(tmp_path, {"big": 20_000_000})
        refused = curl("-u", "user:wrong", "-T", tmp_path / "big", f"{emulator.url}/dav/Cloud/f")
        assert refused.status == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        assert files_in(cloud) == {}

    def test_it_finds_out_how_to_sign_in(
        self, curl: Curl, login: list[str], emulator: RunningEmulator, settle: Settle, cloud: Path, tmp_path: Path
    ) -> None:
        fill(tmp_path, {"big": 20_000_000})
        assert curl("--anyauth", *login, "-T", tmp_path / "big", f"{emulator.url}/dav/Cloud/f").status == 201
        settle()
        assert (cloud / "f").read_bytes() == content("big", 20_000_000)

    def test_the_rest_of_a_file_is_refused_and_leaves_it_alone(
        self, curl: Curl, login: list[str], emulator: RunningEmulator, settle: Settle, cloud: Path, tmp_path: Path
    ) -> None:
        """``-C`` sends ``Content-Range``; to take the rest for the whole would lose the beginning (RFC 9110 §14.5)."""
        (cloud / "f").write_bytes(b"12345")
        fill(tmp_path, {"sent": 70_000})
        assert curl(*login, "-C", "1000", "-T", tmp_path / "sent", f"{emulator.url}/dav/Cloud/f").status == 400
        settle()
        assert files_in(cloud) == {"f": b"12345"}

    def test_a_download_is_gone_on_with(
        self, run: Callable[..., Ran], login: list[str], emulator: RunningEmulator, cloud: Path, tmp_path: Path
    ) -> None:
        (cloud / "f").write_bytes(DATA)
        (tmp_path / "got").write_bytes(DATA[:12_345])
        run("curl", "-sS", *login, "-C", "-", "-o", tmp_path / "got", f"{emulator.url}/dav/Cloud/f")
        assert (tmp_path / "got").read_bytes() == DATA

    def test_other_verbs(self, curl: Curl, login: list[str], emulator: RunningEmulator, cloud: Path) -> None:
        at = f"{emulator.url}/dav/Cloud"
        (cloud / "f").write_bytes(b"12345")
        assert curl(*login, "-X", "MKCOL", f"{at}/new").status == 201
        assert curl(*login, "-X", "MOVE", "-H", f"Destination: {at}/new/%E5%88%B0%20%25", f"{at}/f").status == 201
        assert files_in(cloud) == {"new/到 %": b"12345"}
        listed = curl(*login, "-X", "PROPFIND", "-H", "Depth: 1", f"{at}/new")
        tag = curl(*login, "--head", f"{at}/new/%E5%88%B0%20%25").headers["etag"]
        assert listed.status == 207
        assert f"getetag>{tag}<" in listed.body.decode()
        assert curl(*login, "-X", "DELETE", f"{at}/new").status == 204
        assert files_in(cloud) == {}
