"""Secrets come from where they should, are refused where others may read them, and never told."""

from pathlib import Path

import pytest

from arb.credentials import CredentialFault, read_credential
from arb.redaction import SECRETS

NAME = "ARB_TEST_SECRET"


def secret_file(directory: Path, name: str, value: str) -> Path:
    path = directory / name
    path.write_text(value, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_systemd_comes_before_a_file_and_a_file_before_a_variable(tmp_path: Path) -> None:
    directory = tmp_path / "credentials"
    directory.mkdir()
    secret_file(directory, NAME, "from systemd\n")
    environment = {NAME: "from variable"}
    assert read_credential(NAME, environment) == "from variable"
    environment[f"{NAME}_FILE"] = str(secret_file(tmp_path, "file", "from file\n"))
    assert read_credential(NAME, environment) == "from file"
    environment["CREDENTIALS_DIRECTORY"] = str(directory)
    assert read_credential(NAME, environment) == "from systemd"


def test_what_nobody_gives_is_none() -> None:
    assert read_credential(NAME, {}) is None
    assert read_credential(NAME, {NAME: "  "}) is None


def test_a_file_that_others_may_read_is_refused_without_telling_it(tmp_path: Path) -> None:
    path = secret_file(tmp_path, "open", "hidden value")
    path.chmod(0o640)
    with pytest.raises(CredentialFault, match="chmod 600") as fault:
        read_credential(NAME, {f"{NAME}_FILE": str(path)})
    assert "hidden value" not in str(fault.value)


def test_a_link_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(secret_file(tmp_path, "target", "value of it"))
    for path in (link, tmp_path / "missing"):
        with pytest.raises(CredentialFault, match="cannot be read"):
            read_credential(NAME, {f"{NAME}_FILE": str(path)})


def test_a_secret_once_read_is_struck_out_of_every_text() -> None:
    read_credential(NAME, {NAME: "0xabad1deaabad1dea"})
    assert SECRETS.strike_out("it is abad1deaabad1dea!") == "it is [secret]!"
