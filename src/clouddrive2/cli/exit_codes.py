"""What the number means that ``cd2`` ends with."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from clouddrive2 import errors

__all__ = ["TABLE", "ExitCode", "for_error", "for_many"]


class ExitCode(IntEnum):
    """The numbers are part of the interface: scripts test them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    DENIED = 4
    NOT_FOUND = 5
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


TABLE = """\
  0    all done; what could and was to be verified is
  1    some of it failed
  2    wrong usage
  3    the server cannot be reached
  4    signing in failed, or a permission is missing
  5    not found
  130  interrupted by Ctrl-C (129 and 143: by SIGHUP and SIGTERM); the same put or get continues"""


def for_error(error: BaseException) -> ExitCode:
    """The code for one failure. Local files count too: a missing source is "not found"."""
    match error:
        case errors.ConfigError():
            return ExitCode.USAGE
        case errors.Unreachable():
            return ExitCode.UNREACHABLE
        case errors.PermissionDenied() | errors.Unauthenticated():
            return ExitCode.DENIED
        case errors.NotFound() | FileNotFoundError():
            return ExitCode.NOT_FOUND
        case _:
            return ExitCode.FAILED


def for_many(codes: Iterable[int], *, attempted: int) -> ExitCode:
    """The code for several paths: one alike failure of all of them keeps its own code, anything mixed is 1.

    Args:
        codes: One code per path that failed.
        attempted: How many paths there were.
    """
    failed = list(codes)
    if not failed:
        return ExitCode.OK
    distinct = set(failed)
    if len(failed) == attempted and len(distinct) == 1:
        return ExitCode(distinct.pop())
    return ExitCode.FAILED
