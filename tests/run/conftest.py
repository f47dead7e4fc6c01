"""The program as a process, in a directory of its own."""

from pathlib import Path

import pytest

from tests.run.program import Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)
