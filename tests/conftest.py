"""Where the recorded data is, and what every test may use."""

from collections.abc import Callable
from pathlib import Path

import pytest

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Path]:
    """Find a recorded file; skips the test where the recordings are not beside the project."""

    def find(name: str) -> Path:
        path = RECORDED / name
        if not path.exists():
            pytest.skip(f"recorded data is not here: {name}")
        return path

    return find
