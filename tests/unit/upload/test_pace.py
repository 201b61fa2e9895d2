"""Each class of failure has its own pace; the clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from clouddrive2.config import CloudPace, UploadConfig
from clouddrive2.errors import (
    AlreadyExists,
    ConnectError,
    Error,
    NotFound,
    PermissionDenied,
    ServerFailed,
    SourceChanged,
    Throttled,
    Unauthenticated,
    UploadFailed,
    UploadRejected,
)
from clouddrive2.upload.pace import FailureClass, Pacer, failure_class

PATH = "/115/Movies/film.mkv"


class World:
    """A clock that sleeping moves, and a server whose sign-in works from some look on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.refusals: list[Error] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    async def sign_in(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)

    def pacer(self, config: UploadConfig | None = None, *, was_signed_in: bool = True) -> Pacer:
        return Pacer(config or UploadConfig(), self.sign_in, lambda: was_signed_in, clock=self.clock, sleep=self.sleep)


@pytest.fixture
def world() -> World:
    return World()


def failing(*errors: Error) -> Callable[[], Awaitable[str]]:
    left = list(errors)

    async def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return attempt


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Unauthenticated("x"), FailureClass.SIGN_IN),
        (Throttled("x"), FailureClass.SLOW_DOWN),
        (UploadFailed("x"), FailureClass.TRY_AGAIN),
        (ServerFailed("x"), FailureClass.TRY_AGAIN),
        (UploadRejected("x"), FailureClass.NEVER),
        (PermissionDenied("x"), FailureClass.NEVER),
        (AlreadyExists("x"), FailureClass.NEVER),
        (NotFound("x"), FailureClass.NEVER),
        (SourceChanged("x"), FailureClass.NEVER),
        (ConnectError("x"), FailureClass.NEVER),
    ],
)
def test_classes(error: Error, kind: FailureClass) -> None:
    assert failure_class(error) is kind


async def test_what_may_work_is_tried_again_with_growing_pauses(world: World) -> None:
    assert await world.pacer().run(PATH, failing(UploadFailed("one"), ServerFailed("two"))) == "done"
    assert world.slept == [2, 4]


async def test_tries_are_counted(world: World) -> None:
    with pytest.raises(UploadFailed, match="three"):
        await world.pacer().run(PATH, failing(UploadFailed("one"), UploadFailed("two"), UploadFailed("three")))


@pytest.mark.parametrize("error", [UploadRejected("no"), PermissionDenied("no"), ConnectError("no")])
async def test_what_never_will_work_fails_at_once(world: World, error: Error) -> None:
    with pytest.raises(type(error)):
        await world.pacer().run(PATH, failing(error))
    assert world.slept == []


async def test_a_cloud_that_is_asked_too_often_rests_longer_each_time(world: World) -> None:
    assert await world.pacer().run(PATH, failing(*[Throttled("429")] * 4)) == "done"
    assert world.slept == [5, 10, 20, 40]


async def test_other_clouds_do_not_rest(world: World) -> None:
    pacer = world.pacer()
    resting = asyncio.create_task(pacer.run(PATH, failing(Throttled("429"))))
    await asyncio.sleep(0)
    assert await pacer.run("/Aliyun/x", failing()) == "done"
    assert await resting == "done"


async def test_patience_with_a_cloud_ends(world: World) -> None:
    with pytest.raises(Throttled):
        await world.pacer(UploadConfig(throttle_seconds=30)).run(PATH, failing(*[Throttled("429")] * 9))
    assert sum(world.slept) == 35


async def test_a_lost_sign_in_stops_all_until_it_is_back(world: World) -> None:
    world.refusals = [Unauthenticated("still"), Unauthenticated("still"), PermissionDenied("known, but not allowed")]
    pacer = world.pacer()
    runs = [pacer.run(f"/115/{number}", failing(Unauthenticated("lost"))) for number in range(5)]
    assert await asyncio.gather(*runs) == ["done"] * 5
    assert world.slept == [5, 10]
    await pacer.close()


async def test_a_first_refusal_is_final(world: World) -> None:
    with pytest.raises(Unauthenticated):
        await world.pacer(was_signed_in=False).run(PATH, failing(Unauthenticated("wrong password")))
    assert world.slept == []


async def test_patience_with_a_sign_in_ends(world: World) -> None:
    world.refusals = [Unauthenticated("still")] * 99
    with pytest.raises(Unauthenticated, match="lost"):
        await world.pacer(UploadConfig(sign_in_seconds=100)).run(PATH, failing(Unauthenticated("lost")))


async def test_a_cloud_folder_has_limits_of_its_own(world: World) -> None:
    pacer = world.pacer(UploadConfig(clouds={"/115": CloudPace(files_at_once=2)}))
    running, most = 0, 0

    async def attempt() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await asyncio.gather(*(pacer.run(f"/115/{number}", attempt) for number in range(9)))
    assert most == 2


async def test_a_pause_between_two_files(world: World) -> None:
    pacer = world.pacer(UploadConfig(clouds={"/115": CloudPace(seconds_between=3)}))
    began: list[float] = []

    async def attempt() -> None:
        began.append(world.now)

    for number in range(3):
        await pacer.run(f"/115/{number}", attempt)
    assert began == [0, 3, 6]
