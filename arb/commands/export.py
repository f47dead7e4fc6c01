"""What `arb export` does: everything that a look into an incident needs, in one zip.

No secret goes in: settings hold none, known ones are struck out of every text, and the bodies of
orders are left out of the store's copy.
"""

import hashlib
import json
import os
import platform
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import attrs
import click

from arb import __version__
from arb.commands.caller import now_ns
from arb.commands.config import secret_rows, setting_rows
from arb.commands.logbook import log_plan
from arb.commands.records import balance_of
from arb.commands.running import NoAnswer, NotRunning, RunningBot
from arb.commands.secret_names import SECRETS as SECRET_NAMES
from arb.commands.setup import read_layers, tell_failure
from arb.commands.stores import STORES
from arb.commands.tables import moment
from arb.credentials import CredentialFault, read_credential
from arb.ending import Exit
from arb.redaction import SECRETS
from arb.settings import Settings, SettingsFault, build, merge
from arb.store.journal import StoreFailed
from arb.store.reading import Wish, copy_store, open_to_read
from arb.store.standing import NAME as STANDING
from arb.terminal.progress import Say, working

DATABASES = (*STORES, "simulated.previous.db", STANDING)
MOST_NOTES = 10_000


@attrs.frozen
class _Bundle:
    """A zip that is being filled; what could not be had is told, not passed over."""

    zip: zipfile.ZipFile
    say: Say
    contents: dict[str, str] = attrs.field(factory=dict)
    """Name and SHA-256 of what is in it."""
    missing: dict[str, str] = attrs.field(factory=dict)

    def add_text(self, name: str, text: str) -> None:
        """Add a text without secrets."""
        self._add(name, SECRETS.strike_out(text).encode())

    def add_json(self, name: str, value: object) -> None:
        """Add plain values."""
        self.add_text(name, json.dumps(value, indent=2))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file that is known to hold no secret."""
        self._add(name, path.read_bytes())

    def _add(self, name: str, content: bytes) -> None:
        self.say(f"{name}, {len(content) / 1e6:.1f} MB")
        self.contents[name] = hashlib.sha256(content).hexdigest()
        self.zip.writestr(name, content)


def export_command(flags: Mapping[str, Any], target: Path | None) -> int:
    """Write the bundle; returns the exit code."""
    try:
        layers = read_layers(flags)
        settings = build(layers)
        _learn_secrets()
        path = target or Path(f"arb-export-{moment(now_ns()).replace(':', '')}.zip")
        with working("packing") as say:
            bundle = _write(path, settings, merge(layers)[1], say)
    except (SettingsFault, CredentialFault) as fault:
        return tell_failure(str(fault), Exit.USAGE)
    except FileExistsError:
        return tell_failure(f"{path} exists", Exit.USAGE)
    except OSError as error:
        return tell_failure(str(error), Exit.ERROR)
    _tell(path, bundle, as_json=flags["as_json"])
    return Exit.OK


def _learn_secrets() -> None:
    """Read every secret there is, so that it is struck out wherever it may have got to."""
    for name in SECRET_NAMES:
        read_credential(name, os.environ)


def _write(
    path: Path, settings: Settings, sources: Mapping[tuple[str, str], str], say: Say
) -> _Bundle:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        bundle = _Bundle(packed, say)
        bundle.add_json("settings.json", list(setting_rows(settings, sources)))
        bundle.add_json("secrets.json", list(secret_rows(os.environ)))
        bundle.add_json("machine.json", _machine())
        _add_live(bundle, settings)
        _add_databases(bundle, Path(settings.run.data_dir))
        _add_logs(bundle, settings)
        said = {"made_at": moment(now_ns()), "sha256": bundle.contents, "missing": bundle.missing}
        packed.writestr("manifest.json", json.dumps(said, indent=2))
    return bundle


def _machine() -> dict[str, Any]:
    return {
        "arb": __version__,
        "python": sys.version,
        "system": platform.platform(),
        "packages": {one.name: one.version for one in distributions()},
    }


def _add_live(bundle: _Bundle, settings: Settings) -> None:
    """The state of a running bot: feeds, coverage, opportunities, the funnel of refusals."""
    try:
        bot = RunningBot.find(Path(settings.run.data_dir))
        bundle.add_json("live/run.json", {**bot.about(), "key": None})
        bundle.add_json("live/state.json", bot.state())
    except (NotRunning, NoAnswer) as absence:
        bundle.missing["live"] = str(absence)


def _add_databases(bundle: _Bundle, folder: Path) -> None:
    for name in DATABASES:
        if (folder / name).exists():
            bundle.say(f"copying {name}")
            try:
                _add_database(bundle, folder / name)
            except StoreFailed as failure:
                bundle.missing[name] = str(failure)


def _add_database(bundle: _Bundle, path: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / path.name
        copy_store(path, copy)
        bundle.add_file(f"store/{path.name}", copy)
        if path.name != STANDING:
            with open_to_read(copy) as reading:
                notes = reading.notes(Wish(MOST_NOTES))
                bundle.add_json(f"store/{path.stem}.balance.json", balance_of(reading.journal))
                bundle.add_json(f"store/{path.stem}.notes.json", notes)
                decided = [attrs.asdict(one) for one in reading.journal.pair_decisions()]
                bundle.add_json(f"store/{path.stem}.decisions.json", decided)


def _add_logs(bundle: _Bundle, settings: Settings) -> None:
    file = log_plan(settings).file
    found = sorted(file.parent.glob(f"{file.name}*")) if file is not None else []
    for path in found:
        bundle.add_text(f"logs/{path.name}", path.read_text(encoding="utf-8", errors="replace"))
    if not found:
        bundle.missing["logs"] = "no log files"


def _tell(path: Path, bundle: _Bundle, *, as_json: bool) -> None:
    if as_json:
        said = {"file": str(path), "contents": sorted(bundle.contents), "missing": bundle.missing}
        click.echo(json.dumps(said, indent=2))
        return
    for line in _lines(path, bundle):
        click.echo(line)


def _lines(path: Path, bundle: _Bundle) -> Iterator[str]:
    yield f"{path}: {len(bundle.contents)} files, {path.stat().st_size / 1e6:.1f} MB"
    yield from (f"  {name}" for name in sorted(bundle.contents))
    yield from (f"  not there: {name}: {why}" for name, why in bundle.missing.items())
