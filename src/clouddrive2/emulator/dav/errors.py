"""What the world refuses, as WebDAV says it (RFC 4918 §11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wsgidav.dav_error import DAVError

from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.storage import StorageError, StorageFull
from clouddrive2.emulator.tree import Refusal

__all__ = ["BAD_GATEWAY", "BAD_REQUEST", "as_dav_errors"]

BAD_REQUEST, FORBIDDEN, CONFLICT, INTERNAL, BAD_GATEWAY, NO_ROOM = 400, 403, 409, 500, 502, 507
STATUS_OF = {Status.NOT_FOUND: CONFLICT, Status.INVALID_ARGUMENT: BAD_REQUEST, Status.INTERNAL: INTERNAL}


@contextmanager
def as_dav_errors() -> Iterator[None]:
    """What the world refuses, as WebDAV says it."""
    try:
        yield
    except CallError as error:
        raise DAVError(STATUS_OF.get(Status(error.code), FORBIDDEN), error.details) from error
    except Refusal as error:
        raise DAVError(FORBIDDEN, str(error)) from error
    except StorageFull as error:
        raise DAVError(NO_ROOM, str(error)) from error
    except StorageError as error:
        raise DAVError(BAD_GATEWAY, str(error)) from error
    except (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise DAVError(CONFLICT, f"{error}: something else is there now") from error
