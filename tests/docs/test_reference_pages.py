"""The reference says what the code says, and is complete."""

from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from arb.__main__ import main
from arb.settings import Settings
from manual.pages import PAGES, commands_page, settings_page

WRITE = "run `python scripts/manual/pages.py`"


def test_the_settings_page_is_what_the_code_says() -> None:
    """Whoever changes a knob writes the page anew."""
    assert (PAGES / "settings.md").read_text(encoding="utf-8") == settings_page(), WRITE


def test_the_commands_page_is_what_the_commands_say() -> None:
    """Whoever changes a command writes the page anew."""
    assert (PAGES / "commands.md").read_text(encoding="utf-8") == commands_page(), WRITE


@pytest.mark.parametrize("section", [field.name for field in attrs.fields(Settings)])
def test_every_knob_stands_on_the_page_with_its_reason(section: str) -> None:
    """A row a knob, under its section, and no cell of it is empty."""
    page = settings_page().partition(f"## [{section}]\n")[2].partition("\n## ")[0]
    kind = next(field.type for field in attrs.fields(Settings) if field.name == section)
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == len(attrs.fields(kind))  # type: ignore[arg-type]  # attrs classes
    for row in rows:
        cells = row.replace("\\|", "/").split("|")[1:-1]
        assert [bool(cell.strip()) for cell in cells][:3] == [True] * 3, row


def test_every_command_stands_on_the_page() -> None:
    """Those of groups too."""
    page = commands_page()
    for name, command in main.commands.items():
        assert f"\n### arb {name}\n" in page
        for sub in getattr(command, "commands", ()):
            assert f"\n### arb {name} {sub}\n" in page
    assert CliRunner().invoke(main, ["status", "--help"]).output.splitlines()[2] in page


def test_the_pages_are_where_they_are_looked_for() -> None:
    """Both, in docs/reference."""
    root = Path(__file__).resolve().parents[2]
    assert root / "docs" / "reference" == PAGES
