"""The certificate of the TLS port: a given one, or one the server makes for itself (protocol.md §1.1)."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import socket
import ssl
import tempfile
from pathlib import Path
from typing import NoReturn

__all__ = ["Certificate", "check_files", "check_texts"]

VALID_DAYS = 825
# Clients whose clock is slow take it, too.
EARLIER = datetime.timedelta(days=1)


class Certificate:
    """A certificate with its key, and the context that shows it.

    Args:
        host: The address that is listened on; a certificate made here holds for it, for this machine's name and for loopback.
        kept: Where one made here is kept, ``.crt`` and ``.key`` added; it is used again while it is valid. ``None`` for a
            temporary folder.
        given: PEM file to show instead.
        key: PEM file of its key; ``None`` when it is in the same file.

    Raises:
        ValueError: The given files are no certificate with its key, or one has to be made and the library for it is missing.
        OSError: They cannot be read, or the folder cannot be written to.

    Attributes:
        context: For the listener. What is loaded later shows on new connections.
        file, key_file: What is shown.
    """

    def __init__(self, host: str, kept: Path | None, given: Path | None = None, key: Path | None = None) -> None:
        self._host = host
        self._temporary = tempfile.TemporaryDirectory(prefix="cd2-emulator-") if kept is None else None
        own = Path(self._temporary.name) / "self-signed" if self._temporary is not None else kept
        assert own is not None
        self._own = (own.with_name(f"{own.name}.crt"), own.with_name(f"{own.name}.key"))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # In this order: HTTP/2 is for gRPC here, whose clients offer nothing else. Who offers both (curl, browsers) wants HTTP.
        self.context.set_alpn_protocols(["http/1.1", "h2"])
        self.file, self.key_file = (given, key or given) if given is not None else self._own
        try:
            if given is None and not _still_valid(self.file):
                self.make()
            self.load()
        except BaseException:
            self.close()
            raise

    def make(self) -> None:
        """Make another one for this server and keep it; it shows after :meth:`load`.

        Raises:
            ValueError: The library for it is missing.
            OSError: It cannot be written.
        """
        certificate, key = _self_signed(self._host)
        self._keep(certificate, key)

    def take(self, certificate: str, key: str) -> None:
        """Keep another one, that was checked; it shows after :meth:`load`.

        Args:
            certificate, key: PEM texts.

        Raises:
            OSError: It cannot be written.
        """
        self._keep(certificate.encode(), key.encode())

    def use(self, certificate: Path, key: Path | None) -> None:
        """Show files of somebody else's, that were checked; they show after :meth:`load`, and are never written to."""
        self.file, self.key_file = certificate, key or certificate

    def load(self) -> None:
        """Show what the files hold now."""
        _load(self.context, self.file, self.key_file, str(self.file))

    def close(self) -> None:
        """Remove what was temporary; may be repeated."""
        if self._temporary is not None:
            self._temporary.cleanup()

    def _keep(self, certificate: bytes, key: bytes) -> None:
        self.file, self.key_file = self._own
        self.file.parent.mkdir(parents=True, exist_ok=True)
        _write(self.key_file, key)
        _write(self.file, certificate)


def check_files(certificate: Path, key: Path | None) -> None:
    """Look whether PEM files are a certificate and its key.

    Raises:
        ValueError: They do not belong together, or are no such things.
        OSError: They cannot be read.
    """
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key or certificate, str(certificate))


def check_texts(certificate: str, key: str) -> None:
    """The same of PEM texts.

    Raises:
        ValueError: As above.
    """
    with tempfile.TemporaryDirectory(prefix="cd2-emulator-") as folder:
        tried = Path(folder) / "tried.pem"
        _write(tried, f"{certificate}\n{key}\n".encode())
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), tried, tried, "what was sent")


def _load(context: ssl.SSLContext, certificate: Path, key: Path, named: str) -> None:
    for file in (certificate, key):
        # The ssl module does not tell which of them cannot be read.
        file.open("rb").close()

    def locked() -> NoReturn:
        # Without this the ssl module asks on the terminal.
        raise ValueError(f"the key in {key} has a password; take it off first (openssl pkey)")

    try:
        context.load_cert_chain(certificate, key, password=locked)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ValueError(f"{named}: the key belongs to another certificate") from error
        raise ValueError(f"{named}: no certificate with its key in PEM form") from error


def _write(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read, in one step."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
    fresh.replace(file)


def _still_valid(file: Path) -> bool:
    """Whether there is one, for another day at least."""
    if not file.exists():
        return False
    from cryptography import x509

    try:
        made = x509.load_pem_x509_certificate(file.read_bytes())
    except ValueError:
        return False
    return made.not_valid_after_utc > datetime.datetime.now(datetime.UTC) + EARLIER


def _self_signed(host: str) -> tuple[bytes, bytes]:
    """A certificate nobody else vouches for, and its key, in PEM form."""
    # Only servers that make one need it.
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID
    except ModuleNotFoundError as error:
        raise ValueError(f"a self-signed certificate needs {error.name}: pip install 'clouddrive2[emulator]'") from error

    names: list[x509.GeneralName] = [x509.DNSName(name) for name in sorted({"localhost", *_names(host)})]
    addresses = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    with contextlib.suppress(ValueError):
        addresses.add(ipaddress.ip_address(host))
    names += [x509.IPAddress(address) for address in sorted(addresses, key=str) if not address.is_unspecified]
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CloudDrive2 emulator")])
    now = datetime.datetime.now(datetime.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # An authority, as what openssl makes by default: so clients can be told to trust it.
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    made = builder.sign(key, hashes.SHA256())
    unlocked = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked)
    return made.public_bytes(serialization.Encoding.PEM), secret


def _names(host: str) -> list[str]:
    """Names of this machine that a certificate can hold."""
    names = [socket.gethostname()]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        names.append(host)
    return [name for name in names if name and name.isascii() and len(name) < 64]
