"""Every exception a caller can meet, in one tree.

::

    Error                              what was tried, on which path, what to do
    ├── ConfigError                    our side: address, profile, option            (ValueError)
    ├── Unreachable                    no answer; the same call may work later
    │   ├── ConnectError               the server cannot be reached                  (ConnectionError)
    │   ├── Timeout                    the server did not answer in time             (TimeoutError)
    │   └── ChannelLost                an upload's channel ended and cannot be kept  (ConnectionError)
    ├── Refused                        an answer, and the answer is no
    │   ├── NotFound                   no such path, task or upload                  (FileNotFoundError)
    │   ├── AlreadyExists              the name is taken                             (FileExistsError)
    │   ├── FileExpected               a folder is where a file is needed            (IsADirectoryError)
    │   ├── FolderNotEmpty             only an empty folder was to be removed        (OSError)
    │   ├── PermissionDenied           the token or the plan does not allow it       (PermissionError)
    │   ├── Unauthenticated            no token, a dead token or wrong credentials   (PermissionError)
    │   ├── Unsupported                this server version does not know the call
    │   ├── InvalidRequest             the server rejects the request as it stands   (ValueError)
    │   │   └── MessageTooLarge        it, or a proxy before it, takes no message so large
    │   ├── Throttled                  too many requests or too much data: slow down
    │   └── OperationFailed            any other refusal, with the server's own text
    │       ├── ServerFailed           it, or the cloud behind it, failed; may work later
    │       └── SignInRefused          a cloud does not let the server in; says why in a word
    └── UploadError                    one upload did not reach its goal
        ├── SourceChanged              the local file changed while it was uploaded
        ├── UploadFailed               the server ended the upload with an error
        │   └── UploadRejected         ... and says that trying again will not help
        ├── NotInstant                 only an instant upload was wanted, and the cloud has no such content
        ├── UploadCancelled            somebody cancelled it (here or at the server)
        ├── HashMismatch               the cloud holds other bytes than were sent
        ├── NotVerified                the upload ended, but the entry cannot be confirmed
        └── OutcomeUnknown             the connection ended before the outcome was known

Those that mean a builtin also are one, so ``except FileNotFoundError`` works. The original cause stays in
``__cause__``. Messages never contain tokens, passwords or signed links.
"""

from __future__ import annotations

__all__ = [
    "AlreadyExists",
    "ChannelLost",
    "ConfigError",
    "ConnectError",
    "Error",
    "FileExpected",
    "FolderNotEmpty",
    "HashMismatch",
    "InvalidRequest",
    "MessageTooLarge",
    "NotFound",
    "NotInstant",
    "NotVerified",
    "OperationFailed",
    "OutcomeUnknown",
    "PermissionDenied",
    "Refused",
    "ServerFailed",
    "SignInRefused",
    "SourceChanged",
    "Throttled",
    "Timeout",
    "Unauthenticated",
    "Unreachable",
    "Unsupported",
    "UploadCancelled",
    "UploadError",
    "UploadFailed",
    "UploadRejected",
]


class Error(Exception):
    """Base of everything this package raises on purpose.

    Attributes:
        message: One sentence for people: what was tried, on which path, what to do.
        path: The cloud or local path concerned, or ``None``.
        rpc: Name of the remote call concerned, or ``None``.
    """

    def __init__(self, message: str, *, path: str | None = None, rpc: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.rpc = rpc

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.path, self.rpc)


def _rebuild(kind: type[Error], message: str, path: str | None, rpc: str | None) -> Error:
    return kind(message, path=path, rpc=rpc)


class ConfigError(Error, ValueError):
    """An address, profile, setting or argument on our side cannot be used."""


class Unreachable(Error):
    """No answer came; the same call may work later."""


class ConnectError(Unreachable, ConnectionError):
    """The server cannot be reached, or the connection broke."""


class Timeout(Unreachable, TimeoutError):
    """The server did not answer before the deadline."""


class ChannelLost(Unreachable, ConnectionError):
    """The channel that carries uploads ended and cannot be kept, for example because another process took it."""


class Refused(Error):
    """The server answered, and the answer is no."""


class NotFound(Refused, FileNotFoundError):
    """The path, task or upload does not exist."""


class AlreadyExists(Refused, FileExistsError):
    """The name is taken."""


class FileExpected(Refused, IsADirectoryError):
    """A folder is where a file is needed."""


class FolderNotEmpty(Refused, OSError):
    """Only an empty folder was to be removed, and this one has entries."""


class PermissionDenied(Refused, PermissionError):
    """The token lacks a permission, or the account's plan does not include the feature."""


class Unauthenticated(Refused, PermissionError):
    """There is no token, the token is dead, or the credentials are wrong."""


class Unsupported(Refused):
    """This server (or this transport) does not offer the call."""


class InvalidRequest(Refused, ValueError):
    """The server rejects the request as it stands; repeating it will not help."""


class MessageTooLarge(InvalidRequest):
    """The server, or a proxy in front of it, takes no message of this size; smaller ones may pass."""


class Throttled(Refused):
    """The server or the cloud behind it asks for a slower pace."""


class OperationFailed(Refused):
    """Any other refusal; the message carries the server's own text."""


class ServerFailed(OperationFailed):
    """The server, or the cloud behind it, failed at what is allowed; the same call may work later."""


class SignInRefused(OperationFailed):
    """A cloud does not let the server in.

    Attributes:
        reason: Why, in a word: ``invalid_client_id``, ``access_denied``, ``drive_not_granted``, ``invalid_client``,
            ``code_expired``, ``no_refresh_token``, ``drive_api_disabled``, ``network``, ``session_expired``,
            ``pasted_url_invalid``, ``other``, or one this version does not know (protocol.md §12.2).
    """

    def __init__(self, message: str, *, reason: str = "other", path: str | None = None, rpc: str | None = None) -> None:
        super().__init__(message, path=path, rpc=rpc)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_sign_in, (self.message, self.reason, self.path, self.rpc)


def _rebuild_sign_in(message: str, reason: str, path: str | None, rpc: str | None) -> SignInRefused:
    return SignInRefused(message, reason=reason, path=path, rpc=rpc)


class UploadError(Error):
    """One upload did not reach its goal."""


class SourceChanged(UploadError):
    """The local file changed, shrank or vanished while it was being uploaded."""


class UploadFailed(UploadError):
    """The server ended the upload with an error."""


class UploadRejected(UploadFailed):
    """The upload was ended for good: by the server, which will refuse the same file again, or for another program's sake."""


class NotInstant(UploadError):
    """The cloud does not have the content, and the caller wanted nothing to be sent."""


class UploadCancelled(UploadError):
    """The upload was cancelled, here or at the server."""


class HashMismatch(UploadError):
    """The cloud holds other bytes than the source."""


class NotVerified(UploadError):
    """The upload ended, but the entry could not be confirmed in the drive."""


class OutcomeUnknown(UploadError):
    """The connection ended before the outcome was known, and looking it up did not settle it."""
