"""Secrets: where they may come from. They are never in settings, the store or a command line.

In this order: a file of that name in `$CREDENTIALS_DIRECTORY` (systemd's LoadCredential), the file
that `NAME_FILE` names, the variable `NAME`. A file that others may read is refused.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from arb.market.errors import ArbError
from arb.redaction import SECRETS

OTHERS = stat.S_IRWXG | stat.S_IRWXO


class CredentialFault(ArbError):
    """A secret cannot be used; the words say which and why, never what it is."""


def read_credential(name: str, environment: Mapping[str, str]) -> str | None:
    """Read one secret, without white space around it; None where nobody gives it.

    From here on it is struck out of everything that is logged. Raises CredentialFault where a
    file cannot be read, is a link, belongs to somebody else, or is open to others.
    """
    value = _from_systemd(name, environment) or _from_file(name, environment)
    value = (value or environment.get(name, "")).strip()
    if not value:
        return None
    SECRETS.add(value)
    return value


def _from_systemd(name: str, environment: Mapping[str, str]) -> str | None:
    directory = environment.get("CREDENTIALS_DIRECTORY")
    if not directory or not (Path(directory) / name).exists():
        return None
    return _read(Path(directory) / name, f"credential {name}", stat.S_IRWXO)


def _from_file(name: str, environment: Mapping[str, str]) -> str | None:
    path = environment.get(f"{name}_FILE")
    return _read(Path(path), f"environment: {name}_FILE: {path}", OTHERS) if path else None


def _read(path: Path, called: str, others: int) -> str:
    """Read a file that lets none of `others` in.

    systemd lets its service read by an access list, which shows as a right of the group's.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise CredentialFault(f"{called}: cannot be read: {error.strerror}") from error
    with open(descriptor, encoding="utf-8") as file:  # noqa: PTH123 - a descriptor has no path
        status = os.fstat(descriptor)
        if status.st_uid not in {os.geteuid(), 0}:
            raise CredentialFault(f"{called}: belongs to another user")
        if status.st_mode & others:
            raise CredentialFault(f"{called}: others may read it: chmod 600 it")
        try:
            return file.read()
        except UnicodeDecodeError as error:
            raise CredentialFault(f"{called}: is no text") from error
