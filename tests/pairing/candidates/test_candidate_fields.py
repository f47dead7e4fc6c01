"""Fields keep apart what no question can be in together, and nothing else."""

import tomllib
from importlib.resources import files

import pytest

from arb.pairing.candidates.field import Field, field_of

LISTS = tomllib.loads(files("arb.pairing.candidates").joinpath("fields.toml").read_text("utf-8"))


@pytest.mark.parametrize(("field", "name"), [(f, name) for f in LISTS for name in LISTS[f]])
def test_every_entry_is_found_as_the_venues_write_it(field: str, name: str) -> None:
    assert field_of(name) is Field(field)
    assert field_of(f" {name.title()} ") is Field(field)


def test_no_name_is_in_two_fields() -> None:
    names = [name for field in LISTS.values() for name in field]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("category", ["", "World", "Politics", "Culture", "Companies", "sport"])
def test_a_category_that_does_not_tell_has_no_field(category: str) -> None:
    assert field_of(category) is None
