"""Whom TLS trusts: the system's authorities, one of the user's own, or, on request, anybody."""

from __future__ import annotations

import ssl
from pathlib import Path

from clouddrive2.config import ServerConfig
from clouddrive2.errors import ConfigError

__all__ = ["client_context", "read_authority"]


def client_context(server: ServerConfig) -> ssl.SSLContext:
    """What the HTTP side checks a server's certificate with; it looks into files.

    Raises:
        ConfigError: The file of the authority cannot be used.
    """
    context = ssl.create_default_context(cadata=_text(read_authority(server.ca_file)) if server.ca_file else None)
    if server.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def read_authority(path: Path) -> bytes:
    """The certificates in a PEM file.

    Raises:
        ConfigError: It cannot be read, or holds none.
    """
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the certificate file {path} cannot be read: {error.strerror}", path=str(path)) from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=_text(pem))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(f"{path} holds no certificate in PEM form", path=str(path)) from error
    return pem


def _text(pem: bytes) -> str:
    """Certificates are ASCII; remarks between them need not be."""
    return pem.decode("ascii", "ignore")
