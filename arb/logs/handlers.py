"""The log's handlers: formatted where it happened, written by a thread of their own.

A full disk or a slow terminal delays nobody: what does not fit the queue is dropped and counted.
Secrets are struck out of every line, whoever wrote it.
"""

import logging
import queue
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import Any

import attrs
import structlog

from arb.redaction import SECRETS

LOUD = ("httpx", "httpcore", "hypercorn", "h11", "wsproto", "urllib3", "apprise")
"""Libraries that tell every request, address and all."""


@attrs.frozen
class LogPlan:
    """Where lines go, and which."""

    file: Path | None
    """JSON lines; None: nowhere."""
    level: str
    """Of the file."""
    console_level: str
    file_bytes: int
    files: int
    """Old files that are kept."""
    queue: int
    """Lines that may wait to be written."""


class DroppingQueueHandler(QueueHandler):
    """Formats in the caller's task and never waits."""

    dropped = 0
    """Lines that did not fit."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Make the line now: later its exception and its context are gone."""
        record.msg, record.args = self.format(record), None
        record.exc_info = record.exc_text = record.stack_info = None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put it in line, or drop it."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


class _Console(logging.StreamHandler[Any]):
    """Writes to whatever standard error is now: a live page takes it over for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


@contextmanager
def logging_to(plan: LogPlan) -> Iterator[DroppingQueueHandler | None]:
    """Set the process's log up, and put back what was there before."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    quiet = {name: logging.getLogger(name).level for name in LOUD}
    console = _Console(sys.stderr)
    console.setLevel(plan.console_level)
    console.setFormatter(_formatter(structlog.dev.ConsoleRenderer(colors=False)))
    root.handlers = [console]
    root.setLevel(logging.DEBUG)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        if plan.file is None:
            yield None
        else:
            with _writing(plan, plan.file) as handler:
                root.addHandler(handler)
                yield handler
    finally:
        root.handlers = before
        root.setLevel(level)
        for name, was in quiet.items():
            logging.getLogger(name).setLevel(was)


@contextmanager
def _writing(plan: LogPlan, file: Path) -> Iterator[DroppingQueueHandler]:
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = DroppingQueueHandler(queue.Queue(plan.queue))
    handler.setLevel(plan.level)
    handler.setFormatter(_formatter(structlog.processors.JSONRenderer()))
    writer = RotatingFileHandler(
        file, maxBytes=plan.file_bytes, backupCount=plan.files, encoding="utf-8", delay=True
    )
    listener = QueueListener(handler.queue, writer)
    listener.start()
    try:
        yield handler
    finally:
        listener.stop()
        writer.close()


def _formatter(renderer: Any) -> logging.Formatter:  # noqa: ANN401 - structlog's own word for it
    return _StrikingOut(
        processors=[
            _take_fields,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            )
            if isinstance(renderer, structlog.processors.JSONRenderer)
            else structlog.processors.format_exc_info,
            renderer,
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
    )


class _StrikingOut(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return SECRETS.strike_out(super().format(record))


def _take_fields(
    _: Any,  # noqa: ANN401 - structlog's own signature
    __: str,
    event: MutableMapping[str, Any],
) -> Mapping[str, Any]:
    """Lay the fields of a log entry beside its name."""
    record = event.get("_record")
    fields = getattr(record, "fields", None)
    if isinstance(fields, Mapping):
        event.update({key: value for key, value in fields.items() if key not in event})
    return event
