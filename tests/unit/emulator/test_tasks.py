"""The upload list's rows: live, ended, gone (protocol.md §10.1, §20.6)."""

from __future__ import annotations

import pytest

from clouddrive2.emulator.tasks import ENDED, MOUNT, REMOTE_UPLOAD, TaskList, UploadTask

FINISH, PAUSE, CANCELLED = 5, 4, 2


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def tasks(clock: Clock, told: list[tuple[str, int]]) -> TaskList:
    return TaskList(clock, 600.0, lambda task: told.append((task.key, task.status)))


def add(tasks: TaskList, key: str, operator: int = REMOTE_UPLOAD) -> UploadTask:
    task = UploadTask(key, f"/Cloud/{key}", 10, operator, "user", lambda action: None)
    tasks.add(task)
    return task


def keys(tasks: TaskList) -> list[str]:
    return [task.key for task in tasks.rows()]


def test_the_numbers_of_an_end() -> None:
    assert frozenset({2, 5, 6, 8, 9, 10}) == ENDED
    assert (MOUNT, REMOTE_UPLOAD) == (0, 3)


def test_rows_end_and_go(tasks: TaskList, clock: Clock, told: list[tuple[str, int]]) -> None:
    first, second, _ = (add(tasks, key) for key in "abc")
    assert (keys(tasks), tasks.live_count()) == (["a", "b", "c"], 3)
    tasks.set_status(second, FINISH)
    clock.now += 300
    tasks.set_status(first, CANCELLED, "stopped")
    assert (keys(tasks), [task.key for task in tasks.live()]) == (["a", "b", "c"], ["c"])
    clock.now += 299
    assert keys(tasks) == ["a", "b", "c"]
    clock.now += 1
    assert keys(tasks) == ["a", "c"]
    assert tasks.get("b") is None
    assert tasks.get("a") is first
    clock.now += 300
    assert (keys(tasks), tasks.live_count()) == (["c"], 1)
    assert told == [("a", 7), ("b", 7), ("c", 7), ("b", FINISH), ("a", CANCELLED)]


def test_live_rows_stay_for_ever(tasks: TaskList, clock: Clock) -> None:
    tasks.set_status(add(tasks, "a"), PAUSE)
    clock.now += 1e9
    assert keys(tasks) == ["a"]


def test_forgotten(tasks: TaskList, clock: Clock) -> None:
    live, ended = add(tasks, "a"), add(tasks, "b")
    tasks.set_status(ended, FINISH)
    for task in (live, ended):
        tasks.forget(task.key)
    tasks.forget("never there")
    assert (keys(tasks), tasks.live_count()) == ([], 0)
    tasks.set_status(live, FINISH)
    clock.now += 1000
    assert keys(tasks) == []


def test_a_row_as_the_api_shows_it(tasks: TaskList) -> None:
    task = add(tasks, "k")
    tasks.set_status(task, 10, "no room")
    row = task.to_proto()
    assert (row.key, row.destPath, row.size, row.status, row.statusEnum) == ("k", "/Cloud/k", 10, "FatalError", 10)
    assert (row.errorMessage, row.operatorType) == ("no room", 3)
    assert task.to_proto(with_number=False).statusEnum == 0
