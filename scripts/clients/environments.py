"""One environment per official client, made from pins with hashes and kept until they change.

A pin file names the oldest Python that its client runs on; where there is none, the client is
skipped and the table says so. Works with uv, with pip, and with a pip that only another Python
has, as on a bare Debian.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
KEPT = ROOT / ".conformance"
"""Git ignores it."""
NEWEST = (3, 14)
"""No wheel of a pinned package is known for a later Python."""


class Client(NamedTuple):
    """An official client."""

    name: str
    driver: str
    """Module that drives it."""
    venue: str

    @property
    def pins(self) -> Path:
        """What is installed, with hashes."""
        return HERE / "pins" / f"{self.name}.lock"

    @property
    def wanted(self) -> tuple[str, tuple[int, int]]:
        """The requirement and the oldest Python, from the file that the pins come from."""
        lines = self.pins.with_suffix(".in").read_text(encoding="utf-8").split()
        major, minor = lines[2].split(".")
        return lines[3], (int(major), int(minor))

    @property
    def title(self) -> str:
        """Name and version."""
        return self.wanted[0].replace("==", " ")


CLIENTS = (
    Client("polymarket-client", "unified", "Polymarket"),
    Client("kalshi_python_async", "kalshi_official", "Kalshi"),
    Client("kalshi-sdk", "kalshi_models", "Kalshi"),
    Client("py-clob-client-v2", "clob_v2", "Polymarket"),
    Client("py-clob-client", "clob_v1", "Polymarket"),
)
"""Those that take longest first: a settlement is waited for."""


class Unavailable(Exception):
    """This machine lacks what a client needs; the text says what."""


class Broken(Exception):
    """An environment could not be made."""


def prepare(client: Client) -> Path:
    """Return the Python of the client's environment, made if need be.

    Raises Unavailable without a Python that is new enough, Broken where installing fails.
    """
    python = find_python(client.wanted[1])
    folder = KEPT / client.name
    stamp, pins = folder / "made-from", f"{python}\n{client.pins.read_text(encoding='utf-8')}"
    inside = folder / "bin" / "python"
    if inside.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == pins:
        return inside
    shutil.rmtree(folder, ignore_errors=True)
    _make(python, folder, client.pins)
    stamp.write_text(pins, encoding="utf-8")
    return inside


def find_python(oldest: tuple[int, int]) -> Path:
    """Find an interpreter from `oldest` on. Raises Unavailable, saying what was found instead."""
    found: dict[tuple[int, int], Path] = {}
    for candidate in _candidates():
        about = _about(candidate)
        if about:
            found.setdefault(about[0], about[1])
    fitting = [version for version in found if oldest <= version <= NEWEST]
    if fitting:
        return found[min(fitting)]
    have = ", ".join(f"{major}.{minor}" for major, minor in sorted(found))
    raise Unavailable(f"needs Python {oldest[0]}.{oldest[1]} or later; found {have or 'none'}")


def _candidates() -> Iterator[str]:
    """Interpreters on the path first, then those that pyenv and uv keep off it."""
    yield sys.executable
    for minor in range(11, NEWEST[1] + 1):
        yield f"python3.{minor}"
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    folders = (pyenv / "versions", home / ".local/share/uv/python")
    for folder in folders:
        yield from sorted(str(path) for path in folder.glob("*3.*/bin/python3"))


def _about(candidate: str) -> tuple[tuple[int, int], Path] | None:
    """Version and real path; None for what is no working Python."""
    ask = "import sys; print(*sys.version_info[:2], sys._base_executable)"
    try:
        said = subprocess.run([candidate, "-c", ask], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    major, minor, path = said.stdout.split(maxsplit=2)
    return (int(major), int(minor)), Path(path.strip()).resolve()


def _make(python: Path, folder: Path, pins: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    _run(str(python), "-m", "venv", "--without-pip", str(folder))
    inside = str(folder / "bin" / "python")
    if shutil.which("uv"):
        install = ["uv", "pip", "install", "--quiet", "--python", inside]
    else:
        install = [*_pip(python, inside), "install", "-qq", "--no-input"]
    _run(*install, "--require-hashes", "-r", str(pins))


def _pip(python: Path, inside: str) -> list[str]:
    """A pip that can install into the environment. Raises Broken where there is none."""
    for one in (str(python), "python3"):
        if _works(one, "-m", "pip", "--version"):
            return [one, "-m", "pip", "--disable-pip-version-check", "--python", inside]
    if _works(inside, "-m", "ensurepip"):
        return [inside, "-m", "pip", "--disable-pip-version-check"]
    raise Broken(f"{python} has no pip (on Debian: apt install python3-pip)")


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(*command: str) -> None:
    """Run a command. Raises Broken with the end of what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"{' '.join(command)}: {(done.stdout + done.stderr)[-1500:]}")
