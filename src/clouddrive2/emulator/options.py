"""What an emulated server is like: values chosen before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["MD5", "PIKPAK_SHA1", "SHA1", "CloudOptions", "EmulatorOptions"]

MD5, SHA1, PIKPAK_SHA1 = 1, 2, 3


@dataclass(frozen=True, slots=True)
class CloudOptions:
    """One cloud account.

    Attributes:
        name: Name of its folder below ``/``.
        kind: The cloud's type as ``CloudAPI.name`` gives it.
        needs: Hash types asked for before any data, in this order; with a block size for MD5 where the cloud wants blocks.
        knows: Hash types its entries show afterwards.
        read_only: Refuses every write.
        can_delete_permanently: Whether ``DeleteFilePermanently`` works there; elsewhere deleting is all there is.
        total_space: Bytes it claims to have; a full one fails uploads.
        account: Its user name at its cloud; by default made of its name.
        has_events: Whether the server can hear of changes made elsewhere in it.
        location: Where its files lie, if not here: ``s3://bucket/prefix``, ``dav://user@host/folder`` or ``davs://...``.
        download_threads_limit, queries_per_second_limit: What it states as its most; 0 for no statement.
        offline_quota: Offline downloads it allows; with 0 it has none.
        takes_shares: Whether it saves what others share.
    """

    name: str
    kind: str = "115"
    needs: tuple[tuple[int, int | None], ...] = ((SHA1, None),)
    knows: tuple[int, ...] = (SHA1,)
    read_only: bool = False
    can_delete_permanently: bool = True
    total_space: int = 1 << 40
    account: str = ""
    has_events: bool = True
    location: str | None = None
    download_threads_limit: int = 0
    queries_per_second_limit: float = 0.0
    offline_quota: int = 100
    takes_shares: bool = True

    @property
    def account_id(self) -> str:
        """Its user name at its cloud."""
        return self.account or f"account-{self.name}"


@dataclass(slots=True)
class EmulatorOptions:
    """Everything about the server but its address and accounts.

    Attributes:
        version: Product version; RPCs newer than it answer UNIMPLEMENTED (protocol.md §19).
        outstanding_reads: Read requests open at once per upload (protocol.md §20.4).
        read_bytes: Length of one read request.
        message_bytes: The largest request; larger ones are refused with RESOURCE_EXHAUSTED (protocol.md §1.4). 8 MiB.
        upload_slots: Remote uploads worked on at once, and as many files written by other ways; more wait in the queue.
        write_handles: Files open for writing at once; more are refused with RESOURCE_EXHAUSTED.
        rehash_seconds: Silence after which a hash is asked for again (protocol.md §8.4).
        session_seconds: How long a live upload is kept without a channel.
        ended_seconds: How long an ended one is still known by its id; then calls find no session (protocol.md §8.9).
        row_seconds: How long an ended one stays in the upload list.
        silent_channel: An upload channel tells that it stands only with its first message; clients have to trust it
            before (protocol.md §8.11).
        broadcast: Send upload messages to every channel of the account (protocol.md §20.2).
        instant_is_skipped: An instant upload ends as Skipped instead of Finish (protocol.md §20.7).
        ignored_extensions: Names ending so are never uploaded.
        known_content: (size, hash type, hash) triples the cloud has already, besides what its files hold.
        wrong_password_is_status: Refuse a wrong password by status instead of ``success=false`` (protocol.md §20.18).
        trailers_only: Failures over gRPC-Web stand in the HTTP headers when nothing was sent before; otherwise in a trailer
            frame. Both happen (protocol.md §1.3).
        empty_replies_framed: Over gRPC-Web an RPC that returns nothing answers with an empty message, as gRPC has it; without it
            with no message at all, as seen on real servers (protocol.md §1.3).
        reflection: Tools such as grpcurl may ask for the contract. No real server is known to answer that.
        open_downloads: ``/static`` works without token or signature, as the vendor's default (protocol.md §6.3).
        archive_folders: Archives may be opened as folders (``archiveFoldersEnabled``).
        token_seconds: Life of a token from ``GetToken``.
        batch_entries, batch_bytes: Bounds of one listing reply (protocol.md §4.1).
        listing_seconds: How long a listing of a cloud with a location is believed, when nothing is changed through here.
        listed_entries: The most entries of such clouds that are remembered, for each of them.
        heartbeat_seconds: Pause between counter pushes (protocol.md §13.1).
        handle_seconds: Idle life of a write handle (protocol.md §7.1).
        totp_code: A fixed code taken as second factor.
        totp_secret: Base32 secret of the second factor the account wants, if any (RFC 6238, 6 digits, 30 s).
        sign_in_failures: Failed sign-ins per minute and address after which more are refused (protocol.md §20.30).
        upload_delay_seconds: Wait before a closed file is sent on to its cloud (``uploadDelaySecs``).
        upload_bytes_per_second: Speed of that sending; 0 for no wait.
        copy_bytes_per_second: Speed of copy and merge tasks. With 0 they take no time, and their call returns at their end;
            otherwise it returns when they are begun (protocol.md §5.5).
        offline_bytes_per_second: Speed of offline downloads; with 0 they take no time.
        static_unready: Requests to ``/static`` that still answer 502, as a cloud that is not ready (protocol.md §6.3).
        real_mounts: Mounts are real ones, where this machine can; otherwise they are only noted, as if the server ran elsewhere.
        mount_limit: Mount points the plan allows; ``None`` for any number.
        listener_messages: Push messages a slow listener may fall behind; the oldest of more are lost to it.
        update_version: A version there is to update to, if it is newer (protocol.md §18.3).
        webhook_membership: Whether the account has what webhooks need; without it they are kept, and nothing is sent (protocol.md
            §16.1).
        dav_enabled: Whether ``/dav`` is served; the rest is what the server starts with, RPCs change it (protocol.md §15).
        dav_account, dav_account_root, dav_account_read_only: Whether the account itself may use it, what it sees, and how.
        dav_anonymous, dav_anonymous_root, dav_anonymous_read_only: The same for requests without credentials.
    """

    version: str = "1.1.2"
    outstanding_reads: int = 2
    read_bytes: int = 1024 * 1024
    message_bytes: int = 8 * 1024 * 1024
    upload_slots: int = 16
    write_handles: int = 1000
    rehash_seconds: float = 60.0
    session_seconds: float = 24 * 3600.0
    ended_seconds: float = 3600.0
    row_seconds: float = 600.0
    silent_channel: bool = False
    broadcast: bool = False
    instant_is_skipped: bool = False
    ignored_extensions: tuple[str, ...] = ()
    known_content: set[tuple[int, int, str]] = field(default_factory=set)
    wrong_password_is_status: bool = False
    trailers_only: bool = True
    empty_replies_framed: bool = False
    reflection: bool = False
    open_downloads: bool = False
    archive_folders: bool = False
    token_seconds: float = 24 * 3600.0
    batch_entries: int = 500
    batch_bytes: int = 1024 * 1024
    listing_seconds: float = 60.0
    listed_entries: int = 200_000
    heartbeat_seconds: float = 30.0
    handle_seconds: float = 1800.0
    totp_code: str | None = field(default=None, repr=False)
    totp_secret: str | None = field(default=None, repr=False)
    sign_in_failures: int = 5
    upload_delay_seconds: float = 0.0
    upload_bytes_per_second: float = 0.0
    copy_bytes_per_second: float = 0.0
    offline_bytes_per_second: float = 0.0
    static_unready: int = 0
    real_mounts: bool = True
    mount_limit: int | None = None
    listener_messages: int = 1000
    update_version: str | None = None
    webhook_membership: bool = True
    dav_enabled: bool = True
    dav_account: bool = True
    dav_account_root: str = "/"
    dav_account_read_only: bool = False
    dav_anonymous: bool = False
    dav_anonymous_root: str = "/"
    dav_anonymous_read_only: bool = True
