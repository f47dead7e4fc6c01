"""What a browser is given: ours, or somebody's word for word, and nothing from elsewhere."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

import arb.web

STATIC = Path(arb.web.__file__).parent / "static"
VENDOR = STATIC / "vendor"
LISTED = tomllib.loads((VENDOR / "VENDOR.toml").read_text())["file"]
OURS = sorted(
    path
    for path in STATIC.rglob("*")
    if path.suffix in {".js", ".css", ".html", ".svg"} and VENDOR not in path.parents
)


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_what_its_authors_published(entry: dict[str, str]) -> None:
    """By its hash; its licence lies beside it."""
    content = (VENDOR / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["version"]
    assert (VENDOR / entry["licence_file"]).read_text().strip()


def test_nothing_is_vendored_that_is_not_listed() -> None:
    """Every file is on the list, or is a licence."""
    listed = {entry["file"] for entry in LISTED} | {"VENDOR.toml"}
    found = {path.name for path in VENDOR.iterdir() if path.suffix != ".LICENSE"}
    assert found == listed


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_name_no_other_machine(path: Path) -> None:
    """No address but the name space of SVG, which nobody asks for."""
    found = re.findall(r"""(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s"'`)]*""", path.read_text())
    assert set(found) <= {"http://www.w3.org/2000/svg"}


def test_the_page_has_no_code_of_its_own() -> None:
    """Inline code and styles would need a hole in the policy."""
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", page)


def test_every_import_is_there() -> None:
    """A module that is missing would only be missed by whoever opens the page."""
    for path in OURS:
        if path.suffix == ".js":
            for name in re.findall(r'from "(\.[^"]+)"', path.read_text()):
                assert (path.parent / name).is_file(), f"{path.name} imports {name}"


def test_every_module_is_asked_for_at_once() -> None:
    """One after another they would cost the first page a round trip each."""
    page = (STATIC / "index.html").read_text()
    asked = set(
        re.findall(r'(?:modulepreload" href|type="module" src|src)="/static/([^"]+\.js)"', page)
    )
    modules = {str(path.relative_to(STATIC)) for path in OURS if path.suffix == ".js"}
    assert modules <= asked
