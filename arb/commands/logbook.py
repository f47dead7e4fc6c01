"""The log as settings want it."""

from pathlib import Path

from arb.logs.handlers import LogPlan
from arb.settings import Settings

LOG = "arb.jsonl"
MIB = 1024 * 1024


def log_plan(settings: Settings) -> LogPlan:
    """Where lines go, and which."""
    knobs = settings.logs
    directory = Path(settings.run.data_dir) / knobs.directory
    return LogPlan(
        file=directory / LOG if knobs.directory else None,
        level=knobs.level,
        console_level=knobs.console_level,
        file_bytes=knobs.file_mib * MIB,
        files=knobs.files,
        queue=knobs.queue_lines,
    )
