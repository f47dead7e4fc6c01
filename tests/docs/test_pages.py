"""What the documentation names is there: pages, files, commands, settings, alerts' runbooks."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from arb.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RULES = ROOT / "deploy" / "prometheus" / "arb.rules.yml"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
RUN = re.compile(r"(?:scripts/run|python -m arb)((?: [^\s`|&;>(),]+)+)")
KNOB = re.compile(r"`([a-z]+)\.([a-z_]+_[a-z_]+)`")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Relative links name files that are there."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_is_named_exists_with_its_options(page: Path) -> None:
    """Names of commands, subcommands and options are those of the program."""
    for words in RUN.findall(page.read_text(encoding="utf-8")):
        check(shlex.split(words.replace("'", " ").replace('"', " ")))


def check(words: list[str]) -> None:
    command: click.Command = main
    if words[0].startswith("-") and words[0] not in {"-h", "--help", "--version"}:
        command = main.commands["run"]
    for word in words:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z]+", word):
            if command is not main and word not in command.commands:
                break  # an argument of a group that is a command too
            assert word in command.commands, words
            command = command.commands[word]
        elif word.startswith("--"):
            options = {name for one in command.params for name in one.opts}
            assert word.rstrip(".:") in options | {"--help", "--version"}, words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    """`section.key` is a knob, where the section is one."""
    knobs = tomllib.loads((ROOT / "settings.toml").read_text(encoding="utf-8"))
    for section, key in KNOB.findall(page.read_text(encoding="utf-8")):
        if section in knobs:
            assert key in knobs[section], f"{section}.{key}"


def test_every_alert_has_a_page_that_names_it() -> None:
    """The runbook that a rule names exists; every rule's name stands on some operations page."""
    rules = RULES.read_text(encoding="utf-8")
    for runbook in re.findall(r"runbook: (\S+)", rules):
        assert (ROOT / runbook).exists(), runbook
    pages = "".join(
        page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "operations").glob("*.md")
    )
    for alert in re.findall(r"alert: (\w+)", rules):
        assert f"*{alert}*" in pages, alert


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.parent.name == "operations" and page.stem[0] in "4cdsvk"],
    ids=name_of,
)
def test_every_runbook_says_what_happens_by_itself_what_is_seen_and_what_to_do(page: Path) -> None:
    """In this order."""
    if page.stem == "deployment":
        return
    text = page.read_text(encoding="utf-8")
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings[:3] == ["What the program does by itself", "What you see", "What you do"]


def test_the_worked_numbers_of_the_index_are_those_of_the_pages() -> None:
    """Every figure of the table stands on the lane's own page, which a test computes anew."""
    index = (ROOT / "docs" / "lanes" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[[^\]]+\]\(([\w-]+\.md)\) \|.*\| (\d+ sets .*) \|$", index, re.MULTILINE
    )
    assert len(rows) == 6
    for name, example in rows:
        page = (ROOT / "docs" / "lanes" / name).read_text(encoding="utf-8")
        for figure in re.findall(r"\d+\.\d+", example):
            assert figure in page, (name, figure)
