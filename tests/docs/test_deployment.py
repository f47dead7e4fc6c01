"""What stands in deploy/ passes its linters, and names what is there."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from arb.commands.secret_names import SECRETS
from arb.ending import Exit

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd" / "arb.service"
WORST_EXPOSURE = "20"
"""Of `systemd-analyze security`, in tenths: 2.0 is called OK, an ordinary service has 9.6."""


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - linters


def program(name: str) -> str:
    beside = Path(sys.executable).parent
    found = shutil.which(name, path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def test_the_image_has_no_fault_that_hadolint_knows() -> None:
    """Nothing is ignored."""
    done = run(program("hadolint"), str(DEPLOY / "Dockerfile"))
    assert done.returncode == 0, done.stdout


def test_the_image_runs_as_a_number_that_is_not_root_and_asks_for_its_health() -> None:
    """A supervisor can see both."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    users = re.findall(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    assert users
    assert all(int(number) > 0 for number in users[-1])
    assert re.search(r"HEALTHCHECK .*\\\n\s+CMD .*\"health\"\]", text)


def test_what_is_copied_into_the_image_is_sent_to_the_builder() -> None:
    """.dockerignore lets through exactly what the Dockerfile copies, and it exists."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    copied = {name for line in lines for name in line.split()}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that this machine has: its own stands in /opt."""
    text = UNIT.read_text(encoding="utf-8").replace("/opt/arb/.venv/bin/python", "/bin/sh")
    path = tmp_path / "arb.service"
    path.write_text(text, encoding="utf-8")
    return path


def test_systemd_understands_the_unit(unit: Path) -> None:
    """Every line, and with the secrets of real venues too."""
    analyze = program("systemd-analyze")
    done = run(analyze, "verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")
    extra = (DEPLOY / "systemd" / "live.conf").read_text(encoding="utf-8")
    unit.write_text(f"{unit.read_text(encoding='utf-8')}\n{extra}", encoding="utf-8")
    done = run(analyze, "verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_may_do_little(unit: Path) -> None:
    """systemd's own judgement of its sandbox."""
    analyze = program("systemd-analyze")
    done = run(analyze, "security", "--offline=true", f"--threshold={WORST_EXPOSURE}", str(unit))
    assert done.returncode == 0, done.stdout


def test_what_only_a_person_can_mend_is_not_started_again() -> None:
    """The unit's list of exit codes is that of the program's ends that want a person."""
    text = UNIT.read_text(encoding="utf-8")
    (line,) = re.findall(r"^RestartPreventExitStatus=(.*)$", text, re.MULTILINE)
    wants_a_person = {
        Exit.USAGE,
        Exit.KILLED,
        Exit.STORE_FAILED,
        Exit.DISAGREES,
        Exit.OCCUPIED,
        Exit.NOT_ALLOWED,
    }
    assert {int(code) for code in line.split()} == set(map(int, wants_a_person))


@pytest.mark.parametrize("name", ["systemd/live.conf", "compose.yaml"])
def test_secrets_go_by_the_names_that_the_program_reads(name: str) -> None:
    """Whatever looks like one of ours is one."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    named = set(re.findall(r"\bARB_[A-Z_]+\b", text)) - {"ARB__RUN__DATA_DIR"}
    assert named
    assert named <= SECRETS.keys()


@pytest.mark.parametrize(("lock", "groups"), [("", ()), ("-dev", ("dev",))])
def test_the_lock_files_name_every_package_that_is_asked_for(
    lock: str, groups: tuple[str, ...]
) -> None:
    """Else a fresh checkout starts without one: `scripts/lock` after a change of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = list(project["project"]["dependencies"])
    for group in groups:
        wanted += project["dependency-groups"][group]
    text = (ROOT / f"requirements{lock}.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE))
    names = {re.split(r"[<>=\[ ;]", one, maxsplit=1)[0].lower() for one in wanted}
    assert names <= locked, names - locked
