"""Options that several commands take, and what they may be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

PLACES = 6
SLOWEST_PPM, FASTEST_PPM = 1_000, 1_000_000_000
"""The limits of `sim.speed_ppm`."""
PORT = click.IntRange(1, 65_535)
C = TypeVar("C", bound=Callable[..., Any])
data_dir_option = click.option(
    "--data-dir", metavar="DIR", help="Where the store and the lock are (default var/)."
)
settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file that changes settings.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Speed(click.ParamType[int]):
    """A decimal multiplier, as millionths."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 - click's way
        """Read one. Anything but a decimal number of at most six places fails."""
        whole, _, places = str(value).partition(".")
        digits = whole + places.ljust(6, "0")
        if not (digits.isascii() and digits.isdecimal() and len(places) <= PLACES):
            self.fail(f"{value!r} is no decimal number such as 2.5", param, ctx)
        speed_ppm = int(digits)
        if not SLOWEST_PPM <= speed_ppm <= FASTEST_PPM:
            self.fail(f"{value} lies outside 0.001 to 1000", param, ctx)
        return speed_ppm


def places_options(command: C) -> C:
    """Which venues are asked, with which settings."""
    for option in (
        click.option("--venues", metavar="sim|real|FILE", help="As for `run`."),
        click.option("--seed", type=click.IntRange(min=0), metavar="N", help="As for `run`."),
        settings_option,
    ):
        command = option(command)
    return command


def store_options(command: C) -> C:
    """Which store is read, and how it is shown."""
    store = click.option(
        "--store",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="A store. Default: the one in the data directory that was written last.",
    )
    return store(data_dir_option(settings_option(json_option(command))))


def live_options(command: C) -> C:
    """Which running bot is asked, and how the answer is shown."""
    return data_dir_option(settings_option(json_option(command)))


def faults_options(command: C) -> C:
    """Add the flags by which the simulated venues go wrong."""
    script = click.option(
        "--faults",
        "faults_file",
        metavar="FILE",
        help="Simulated venues: a script of what goes wrong, in TOML.",
    )
    line = click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="TEXT",
        help="Simulated venues: one thing that goes wrong, such as 'reset venue=kalshi "
        "start_s=30'; may be repeated.",
    )
    return script(line(command))


def operator_options(command: C) -> C:
    """What every order of an operator takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        settings_option,
        data_dir_option,
        click.option(
            "--who", metavar="NAME", help="Who you are. Default: the user of this system."
        ),
        click.option(
            "--venue", type=click.Choice(["polymarket", "kalshi"]), help="That venue alone."
        ),
        click.option("--why", default="", metavar="TEXT", help="The reason; it is kept and shown."),
    ):
        command = option(command)
    return command
