"""What the upload list may show while a file goes from the server into its cloud, and what is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from clouddrive2 import errors
from clouddrive2.config import UploadConfig
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.models.uploads import Phase, Wait
from clouddrive2.upload.delivery import Delivered, Delivery
from clouddrive2.upload.progress import ProgressTracker

PATH, PARTIAL = "/115/Movies/film.mkv", "/115/Movies/film.cd2-abc.mkv"
SIZE = 1000
CONFIG = UploadConfig(delivery_first=0.001, delivery_longest=0.001, delivery_seconds=50, offline_seconds=20, cancel_seconds=5)
ARRIVED = Entry(PATH, "film.mkv", EntryKind.FILE, size=SIZE, id="12345")
PENDING = replace(ARRIVED, pending=True)


def row(status: TransferStatus, moved: int = 0, path: str = PATH, key: str = "k1", size: int = SIZE, error: str = "") -> Transfer:
    return Transfer(key, path, size, moved, status, error, Operator.MOUNT)


Answer = Sequence[Transfer] | errors.Error


class Server:
    """An upload list and an entry that change with every look; the last of each stays."""

    def __init__(self, lists: Iterable[Answer], entries: Iterable[Entry | errors.Error] = (PENDING,)) -> None:
        self.lists = list(lists)
        self.entries = list(entries)
        self.steered: list[tuple[str, list[str]]] = []
        self.looks = 0
        self.asked: list[str] = []

    async def uploads(self, *, containing: str = "") -> AsyncGenerator[Transfer, None]:
        self.looks += 1
        self.asked.append(containing)
        answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        if isinstance(answer, errors.Error):
            raise answer
        for each in answer:
            if containing in each.path:
                yield each

    async def stat(self, path: str, refresh: bool) -> Entry:
        answer = self.entries.pop(0) if len(self.entries) > 1 else self.entries[0]
        if isinstance(answer, errors.Error):
            raise answer
        return answer

    async def pause(self, keys: list[str]) -> None:
        self.steered.append(("pause", keys))
        self.lists = [[row(TransferStatus.PAUSED, 100)]]

    async def resume(self, keys: list[str]) -> None:
        self.steered.append(("resume", keys))
        self.lists = [[row(TransferStatus.TRANSFER, 100)], [row(TransferStatus.FINISHED, SIZE)]]

    async def cancel(self, keys: list[str]) -> None:
        self.steered.append(("cancel", keys))
        self.lists = [[row(TransferStatus.CANCELLED)]]


class Ticking:
    """A clock that goes on by a second with every look at it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def delivery(server: Server, clock: Callable[[], float] | None = None, **more: object) -> Delivery:
    return Delivery(server, server.stat, CONFIG, PATH, clock=clock or (lambda: 0.0), **more)  # type: ignore[arg-type]


async def followed(server: Server, wait: Wait = Wait.CLOUD, **more: object) -> tuple[Delivered, ProgressTracker]:
    progress = ProgressTracker(SIZE)
    return await delivery(server, **more).follow(progress, SIZE, wait), progress


class TestTheList:
    async def test_to_the_end(self) -> None:
        T = TransferStatus
        server = Server([[row(T.QUEUED)], [row(T.PREPROCESSING)], [row(T.TRANSFER, 400)], [row(T.FINISHED, SIZE)]])
        delivered, progress = await followed(server)
        assert delivered == Delivered()
        assert progress.delivered == SIZE
        assert server.looks == 4

    async def test_progress_follows_what_is_transferred(self) -> None:
        server = Server([[row(TransferStatus.TRANSFER, 400)], [row(TransferStatus.PAUSED, 700)], errors.ConnectError("away")])
        progress = ProgressTracker(SIZE)
        following = asyncio.create_task(delivery(server, Ticking()).follow(progress, SIZE))
        with pytest.raises(errors.OutcomeUnknown, match="away"):
            await following
        assert progress.delivered == 700
        assert progress.phase is Phase.PAUSED

    async def test_skipped_is_told(self) -> None:
        delivered, _ = await followed(Server([[row(TransferStatus.SKIPPED, error="same content")]]))
        assert delivered == Delivered(skipped=True, message="same content")

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (TransferStatus.ERROR, errors.UploadFailed),
            (TransferStatus.FATAL_ERROR, errors.UploadRejected),
            (TransferStatus.IGNORED, errors.UploadRejected),
            (TransferStatus.CANCELLED, errors.UploadCancelled),
        ],
    )
    async def test_bad_ends_carry_the_servers_text(self, status: TransferStatus, error: type[errors.Error]) -> None:
        with pytest.raises(error, match=r"/115/Movies/film.mkv: .*quota exceeded"):
            await followed(Server([[row(TransferStatus.TRANSFER, 5)], [row(status, 5, error="quota exceeded")]]))

    async def test_a_row_that_vanishes_leaves_it_to_the_entry(self) -> None:
        server = Server([[row(TransferStatus.TRANSFER, 5)], []], entries=[PENDING, PENDING, ARRIVED])
        delivered, _ = await followed(server)
        assert delivered == Delivered()
        assert server.looks == 4

    async def test_rows_that_were_there_before_are_not_ours(self) -> None:
        old = row(TransferStatus.FATAL_ERROR, key="old", error="last week")
        server = Server([[old]])
        ours = delivery(server)
        await ours.remember()
        server.lists = [[old], [old, row(TransferStatus.FINISHED, SIZE, key="new")]]
        assert await ours.follow(ProgressTracker(SIZE), SIZE) == Delivered()

    async def test_a_row_without_a_key_may_come_to_life_again(self) -> None:
        old = row(TransferStatus.FINISHED, SIZE, key="")
        server = Server([[old]])
        ours = delivery(server)
        await ours.remember()
        server.lists = [[old], [replace(old, status=TransferStatus.TRANSFER, transferred=1)], [old]]
        progress = ProgressTracker(SIZE)
        assert await ours.follow(progress, SIZE) == Delivered()
        assert progress.delivered == SIZE

    async def test_a_server_that_begins_anew_after_the_renaming(self) -> None:
        before = row(TransferStatus.TRANSFER, path=PARTIAL)
        cancelled = row(TransferStatus.CANCELLED, path=PARTIAL)
        server = Server([[before], [before], [cancelled, row(TransferStatus.QUEUED, key="k2")]])
        server.lists += [server.lists[-1], [cancelled, row(TransferStatus.FINISHED, SIZE, key="k2")]]
        delivered, progress = await followed(server, partial=PARTIAL)
        assert (delivered, progress.delivered) == (Delivered(), SIZE)


class TestWhoseRow:
    @pytest.mark.parametrize(
        "path",
        [
            PATH,
            "/CloudNAS/115/Movies/film.mkv",
            "D:\\115\\Movies\\film.mkv",
            "/mnt/drive/Movies/film.mkv",
            "/somewhere/film.cd2-abc.mkv",
            "/mounted/elsewhere/film.mkv",
        ],
    )
    async def test_ours_under_any_of_its_paths(self, path: str) -> None:
        server = Server([[row(TransferStatus.ERROR, path=path)]], entries=[ARRIVED])
        with pytest.raises(errors.UploadFailed):
            await followed(server, partial=PARTIAL, aliases=["/mounted/elsewhere/film.mkv"])

    @pytest.mark.parametrize(
        ("path", "size"),
        [
            ("/115/Series/film.mkv", SIZE),
            ("/115/Movies/extra/film.mkv", SIZE),
            ("/CloudNAS/115/Series/film.mkv", SIZE),
            ("/CloudNAS/115/Movies/film.mkv", SIZE + 1),
            ("/115/Movies/my film.mkv", SIZE),
        ],
    )
    async def test_not_ours(self, path: str, size: int) -> None:
        server = Server([[row(TransferStatus.ERROR, path=path, size=size)]], entries=[ARRIVED])
        assert (await followed(server))[0] == Delivered()

    async def test_one_question_finds_both_names_unless_it_would_find_half_the_list(self) -> None:
        server = Server([[row(TransferStatus.FINISHED, SIZE, path=PARTIAL)]])
        await followed(server, partial=PARTIAL)
        assert server.asked == ["film."]
        server = Server([[row(TransferStatus.FINISHED, SIZE, path="/115/Movies/a.mkv")]])
        delivery = Delivery(server, server.stat, CONFIG, "/115/Movies/a.mkv", partial="/115/Movies/a.cd2-abc.mkv")  # type: ignore[arg-type]
        await delivery.remember()
        assert sorted(server.asked) == ["a.cd2-abc.mkv", "a.mkv"]

    async def test_a_confined_token_may_see_only_the_end_of_our_path(self) -> None:
        server = Server([[row(TransferStatus.ERROR, path="/Movies/film.mkv")]], entries=[ARRIVED])
        with pytest.raises(errors.UploadFailed):
            await followed(server)


class TestUnseen:
    async def test_instant_so_never_in_the_list(self) -> None:
        delivered, progress = await followed(Server([[]], entries=[ARRIVED]))
        assert (delivered, progress.delivered) == (Delivered(), SIZE)

    @pytest.mark.parametrize("error", [errors.PermissionDenied("no"), errors.Unsupported("old")])
    async def test_a_token_that_may_not_see_the_list(self, error: errors.Error) -> None:
        server = Server([error], entries=[PENDING, PENDING, PENDING, ARRIVED])
        ours = delivery(server)
        await ours.remember()
        assert await ours.follow(ProgressTracker(SIZE), SIZE) == Delivered()
        assert server.looks == 1

    async def test_no_trace_at_all_is_left_to_verification(self) -> None:
        assert (await followed(Server([[]], entries=[errors.NotFound("gone")])))[0] == Delivered()


class TestPatience:
    async def test_nothing_moves(self) -> None:
        server = Server([[row(TransferStatus.TRANSFER, 5)]])
        with pytest.raises(errors.OutcomeUnknown, match=r"nothing on to its cloud for 5\d s; look at"):
            await followed(server, clock=Ticking())

    async def test_new_bytes_are_news(self) -> None:
        lists = [[row(TransferStatus.TRANSFER, number)] for number in range(100)]
        delivered, _ = await followed(Server([*lists, [row(TransferStatus.FINISHED, SIZE)]]), clock=Ticking())
        assert delivered == Delivered()

    async def test_a_server_away_for_a_while(self) -> None:
        away: list[Answer] = [errors.ConnectError("away"), errors.Timeout("slow"), errors.Unauthenticated("sign in")]
        server = Server([[row(TransferStatus.TRANSFER, 5)], *away, [row(TransferStatus.FINISHED, SIZE)]])
        assert (await followed(server, clock=Ticking()))[0] == Delivered()

    async def test_a_server_away_for_good(self) -> None:
        server = Server([[row(TransferStatus.TRANSFER, 5)], errors.ConnectError("connection refused")])
        with pytest.raises(errors.OutcomeUnknown, match="connection refused") as caught:
            await followed(server, clock=Ticking())
        assert isinstance(caught.value.__cause__, errors.ConnectError)


class TestWaiting:
    async def test_not_at_all(self) -> None:
        server = Server([[]])
        assert (await followed(server, Wait.NONE))[0] == Delivered(queued=True)
        assert server.looks == 0

    @pytest.mark.parametrize("rows", [[], [row(TransferStatus.QUEUED)]])
    async def test_until_it_is_queued(self, rows: list[Transfer]) -> None:
        assert (await followed(Server([rows]), Wait.QUEUED))[0] == Delivered(queued=True)

    async def test_what_has_arrived_is_not_queued(self) -> None:
        assert (await followed(Server([[row(TransferStatus.FINISHED, SIZE)]]), Wait.QUEUED))[0] == Delivered()


class TestControls:
    async def test_pause_and_resume(self) -> None:
        server = Server([[row(TransferStatus.TRANSFER, 100)]])
        ours, progress = delivery(server), ProgressTracker(SIZE)
        following = asyncio.create_task(ours.follow(progress, SIZE))
        await ours.pause()
        assert progress.phase is Phase.PAUSED
        await ours.resume()
        assert await following == Delivered()
        assert server.steered == [("pause", ["k1"]), ("resume", ["k1"])]

    async def test_cancel(self) -> None:
        server = Server([[row(TransferStatus.TRANSFER, 100)]])
        ours = delivery(server)
        following = asyncio.create_task(ours.follow(ProgressTracker(SIZE), SIZE))
        await asyncio.sleep(0)
        await ours.cancel()
        with pytest.raises(errors.UploadCancelled):
            await following
        assert server.steered == [("cancel", ["k1"])]

    async def test_cancel_without_a_row(self) -> None:
        ours = delivery(Server([[]]))
        following = asyncio.create_task(ours.follow(ProgressTracker(SIZE), SIZE))
        await ours.cancel()
        with pytest.raises(errors.UploadCancelled):
            await following

    async def test_what_arrived_was_not_cancelled(self) -> None:
        server = Server([[row(TransferStatus.TRANSFER, 100)]])
        ours = delivery(server)
        following = asyncio.create_task(ours.follow(ProgressTracker(SIZE), SIZE))
        await ours.cancel()
        server.lists = [[row(TransferStatus.FINISHED, SIZE)]]
        assert await following == Delivered()
