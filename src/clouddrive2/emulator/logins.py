"""Logins to clouds as they run: QR codes by a script, a Google client that waits for its owner (protocol.md §12.2, §12.3)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from clouddrive2.emulator.cloud_accounts import CloudAccounts
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["SCANNED", "GoogleSession", "Logins", "QrStep", "account_id"]

GOOGLE_SESSION_SECONDS = 20 * 60.0
CLIENT_ID_ENDING = ".apps.googleusercontent.com"


@dataclass(frozen=True, slots=True)
class QrStep:
    """One step of a login by QR code.

    Attributes:
        kind: Name of a ``QRCodeScanMessageType``; or ``END``: signed in, and the stream ends without a word; or ``LOST``: it
            ends so without an account.
        text: Its message; ``{code}`` in it becomes a fresh code.
        wait: Seconds on the server's clock before it.
    """

    kind: str
    text: str = ""
    wait: float = 0.0


SCANNED = (
    QrStep("SHOW_IMAGE_CONTENT", "https://qr.example/scan/{code}"),
    QrStep("CHANGE_STATUS", "scanned; confirm in the app", wait=1.0),
    QrStep("CLOSE", wait=1.0),
)
"""What happens when nobody says otherwise: the code is shown, scanned, and confirmed."""


@dataclass(slots=True)
class GoogleSession:
    """A login with one's own Google client, waiting for a person."""

    ends_at: float
    return_url: str
    error_kind: str = ""
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Logins:
    """What waits for a person.

    Args:
        world: The clock.
        accounts: Where those who have signed in go.

    Attributes:
        script: How the next logins by QR code go.
        google: Logins with one's own Google client, by session.
        shares: File servers in the network, and their shares.
    """

    def __init__(self, world: World, accounts: CloudAccounts) -> None:
        self._world = world
        self._accounts = accounts
        self.script: tuple[QrStep, ...] = SCANNED
        self.google: dict[str, GoogleSession] = {}
        self.shares: dict[str, list[str]] = {}

    async def qr(self, kind: str) -> AsyncIterator[pb.QRCodeScanMessage]:
        """The messages of one login; whoever leaves early has signed in nowhere."""
        types = pb.QRCodeScanMessageType
        for step in self.script:
            if step.wait:
                await self._world.clock.sleep(step.wait)
            if step.kind in ("CLOSE", "END"):
                try:
                    await self._accounts.add(kind, account_id(secrets.token_hex(8)), kind)
                except Refusal as error:
                    yield pb.QRCodeScanMessage(messageType=pb.ERROR, message=str(error))
                    return
            if step.kind in ("END", "LOST"):
                return
            text = step.text.replace("{code}", secrets.token_urlsafe(16))
            yield pb.QRCodeScanMessage(messageType=types.Value(step.kind), message=text)

    def begin_google(self, request: pb.LoginGoogleDriveStartRequest) -> pb.LoginGoogleDriveStartResult:
        """A session that waits for its person, or a refusal in a word."""
        if not request.client_id.endswith(CLIENT_ID_ENDING):
            text = f"a client id ends with {CLIENT_ID_ENDING}"
            return pb.LoginGoogleDriveStartResult(error_kind="invalid_client_id", error_message=text)
        if not request.client_secret:
            return pb.LoginGoogleDriveStartResult(error_kind="invalid_client", error_message="the client's secret is missing")
        session = secrets.token_urlsafe(24)
        return_url = request.return_url or "http://127.0.0.1/google"
        self.google[session] = GoogleSession(self._world.clock() + GOOGLE_SESSION_SECONDS, return_url)
        query = urlencode({"client_id": request.client_id, "redirect_uri": return_url, "state": session})
        url = f"https://accounts.google.example/auth?{query}"
        return pb.LoginGoogleDriveStartResult(success=True, session_id=session, auth_url=url)

    def settle_google(self, session: str, error_kind: str = "") -> None:
        """The person has agreed in the browser, or it came to nothing, in a word."""
        waiting = self.google[session]
        waiting.error_kind = error_kind
        waiting.settled.set()

    async def finish_google(self, request: pb.LoginGoogleDriveFinishRequest) -> pb.LoginGoogleDriveFinishResult:
        """How it ended, when it does within the time the caller waits."""
        waiting = self.google.get(request.session_id)
        if waiting is None or waiting.ends_at <= self._world.clock():
            self.google.pop(request.session_id, None)
            return _ended("session_expired", "this login is not known any more; begin again")
        if request.redirected_url:
            answer = parse_qs(urlsplit(request.redirected_url).query)
            if answer.get("state") != [request.session_id] or not ("code" in answer or "error" in answer):
                return _ended("pasted_url_invalid", "this address is not the one the browser was sent to")
            self.settle_google(request.session_id, answer.get("error", [""])[0])
        await self._settled(waiting, min(60.0, float(request.wait_seconds)))
        if not waiting.settled.is_set():
            return pb.LoginGoogleDriveFinishResult()
        del self.google[request.session_id]
        if waiting.error_kind:
            return _ended(waiting.error_kind, waiting.error_kind.replace("_", " "))
        await self._accounts.add("GoogleDrive", account_id(request.session_id), "GoogleDrive")
        return pb.LoginGoogleDriveFinishResult(done=True, success=True)

    async def _settled(self, waiting: GoogleSession, seconds: float) -> None:
        tasks = {asyncio.ensure_future(waiting.settled.wait()), asyncio.ensure_future(self._world.clock.sleep(seconds))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


def account_id(secret: str) -> str:
    """A user name made of what somebody signs in with: the same for the same."""
    return str(int(hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:12], 16))


def _ended(kind: str, text: str) -> pb.LoginGoogleDriveFinishResult:
    return pb.LoginGoogleDriveFinishResult(done=True, error_kind=kind, error_message=text)
