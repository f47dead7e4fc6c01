"""Logs are JSON lines without secrets, in bounded files, and never make anybody wait."""

import json
import logging
import queue
from pathlib import Path

import pytest

from arb.logs.handlers import DroppingQueueHandler, LogPlan, logging_to
from arb.redaction import SECRETS, Secrets


def plan(file: Path | None, *, file_bytes: int = 1_000_000, lines: int = 10_000) -> LogPlan:
    return LogPlan(file, "INFO", "WARNING", file_bytes, 3, lines)


def read(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_line_is_one_json_object_with_its_fields(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "arb.jsonl"
    with logging_to(plan(file)):
        logging.getLogger("arb.x").info("filled", extra={"fields": {"px": 400_000}})
        logging.getLogger("arb.x").debug("too small to keep")
    (line,) = read(file)
    assert (line["event"], line["px"], line["level"]) == ("filled", 400_000, "info")


def test_files_are_turned_over_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "arb.jsonl"
    with logging_to(plan(file, file_bytes=2_000)):
        for number in range(200):
            logging.getLogger("arb.x").info("line %d", number)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 4
    assert all(one.stat().st_size <= 2_000 for one in files)
    assert read(file)[-1]["event"] == "line 199"


def test_a_known_secret_is_struck_out_of_messages_fields_and_tracebacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SECRETS.add("0xfeedfacecafebeef")
    file = tmp_path / "arb.jsonl"
    with logging_to(plan(file)):
        logger = logging.getLogger("arb.x")
        logger.warning("key %s", "feedfacecafebeef")
        logger.warning("key", extra={"fields": {"key": "0xfeedfacecafebeef"}})
        try:
            int("0xfeedfacecafebeef")
        except ValueError:
            logger.exception("crashed")
    written = file.read_text(encoding="utf-8") + capsys.readouterr().err
    assert "crashed" in written
    assert "feedfacecafebeef" not in written


def test_local_variables_of_a_crash_are_not_written(tmp_path: Path) -> None:
    file = tmp_path / "arb.jsonl"
    with logging_to(plan(file)):
        try:
            unregistered = "-".join(reversed(["anybody", "to", "told", "not"]))
            _ = 1 // (len(unregistered) - len(unregistered))
        except ZeroDivisionError:
            logging.getLogger("arb.x").exception("crashed")
    assert "not-told-to-anybody" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----",
        "POST https://discord.com/api/webhooks/1/abcdef failed",
        "headers {'POLY_SIGNATURE': 'abcdef', 'x': 1}",
        'body {"passphrase": "abcdef"}',
        "sent KALSHI-ACCESS-SIGNATURE: abcdef",
    ],
)
def test_secrets_of_a_known_shape_are_struck_out_unregistered(text: str) -> None:
    assert "abcdef" not in Secrets().strike_out(text)
    assert "\ndef" not in Secrets().strike_out(text)


def test_ids_that_look_like_keys_stay() -> None:
    text = "market polymarket:0x" + "ab" * 32
    assert Secrets().strike_out(text) == text


def test_a_full_queue_drops_lines_and_counts_them() -> None:
    handler = DroppingQueueHandler(queue.Queue(2))
    for number in range(5):
        handler.handle(logging.LogRecord("x", logging.INFO, "", 0, f"{number}", None, None))
    assert handler.dropped == 3


def test_the_log_of_others_is_put_back(tmp_path: Path) -> None:
    before = list(logging.getLogger().handlers)
    with logging_to(plan(tmp_path / "arb.jsonl")):
        assert logging.getLogger().handlers != before
    assert logging.getLogger().handlers == before


def test_libraries_that_tell_every_address_are_kept_quiet(tmp_path: Path) -> None:
    file = tmp_path / "arb.jsonl"
    with logging_to(plan(file)):
        logging.getLogger("httpx").info("HTTP Request: POST https://somewhere")
    assert not file.exists() or not file.read_text(encoding="utf-8")
