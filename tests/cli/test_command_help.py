"""Every command explains itself the same way, and a shell can complete it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from arb.__main__ import SECTIONS, main

ROOT = Path(__file__).resolve().parents[2]
NO_JSON = {
    "completion": "it prints a script",
    "rules": "it prints a rules file",
}
"""Commands whose output is a file of another kind."""


def every_command(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{before}{name} ")
            if not command.invoke_without_command:
                continue
        yield f"{before}{name}", command


COMMANDS = dict(every_command(main))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_with_an_example_and_its_exit_codes(name: str) -> None:
    """The help has a sentence, an example that names the command, and exit codes."""
    command = COMMANDS[name]
    group = main.commands[name.split(maxsplit=1)[0]]
    said = f"{command.epilog or ''}{group.epilog or ''}"
    assert command.help
    assert "Example" in said
    assert f"arb {name}" in said
    assert "Exit codes:" in said, name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_machines(name: str) -> None:
    """All have --json, except those whose output is a file of another kind."""
    has = any("--json" in option.opts for option in COMMANDS[name].params)
    assert has != (name in NO_JSON), name


def test_the_list_of_commands_has_each_once() -> None:
    """The sections of the help are all commands there are."""
    listed = [command.name for commands in SECTIONS.values() for command in commands]
    assert sorted(map(str, listed)) == sorted(main.commands)
    shown = CliRunner().invoke(main, ["--help"]).output
    for title in SECTIONS:
        assert f"{title}:" in shown


@pytest.mark.parametrize("group", ["", "pairs", "stuck", "config", "notify"])
def test_no_summary_is_cut_on_a_narrow_terminal(group: str) -> None:
    """The lists tell whole sentences at 80 columns."""
    words = [*group.split(), "--help"]
    shown = CliRunner().invoke(main, words, terminal_width=80).output
    listed = shown.partition("Options:")[2].partition("Example")[0]
    assert listed
    assert not re.search(r"\w\.\.\.$", listed, re.MULTILINE)


def test_a_shell_completes_commands_subcommands_and_options() -> None:
    """What a shell asks is answered with what may follow, though no command means `run`."""
    assert completions("arb hist") == ["history"]
    assert completions("arb config s") == ["show"]
    assert "--json" in completions("arb balance --")
    assert {"run", "top", "export"} <= set(completions("arb "))


def completions(line: str) -> list[str]:
    words = line.split(" ")
    asked = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_ARB_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        [sys.executable, "-m", "arb"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **asked},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [found.partition(",")[2] for found in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_every_shell_is_one_that_it_reads(shell: str) -> None:
    """Each names the program and the variable; the shell itself finds no fault, where it is here."""
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_ARB_COMPLETE" in done.output
    program = shutil.which(shell)
    if program is not None:
        checked = subprocess.run(  # noqa: S603 - the shell reads and runs nothing
            [program, "-n"],
            input=done.output,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr
