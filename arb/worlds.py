"""The simulated venues as settings want them."""

from pathlib import Path

import attrs

from arb.market.units import Clock
from arb.settings import Settings, SettingsFault
from arb.sim.catalogue import Mix
from arb.sim.faults.fault import Fault, FaultsFault
from arb.sim.faults.script import read_fault, read_faults
from arb.sim.serve import Ports
from arb.sim.world import World

UP_DOWNS = 4
"""Two coins, for the quarter of an hour that is going on and for the next."""


def build_world(settings: Settings, now_ns: Clock) -> World:
    """Make the simulated venues as `sim` and `run.seed` say. Raises SettingsFault."""
    return World.build(
        settings.run.seed,
        now_ns=now_ns,
        speed_ppm=settings.sim.speed_ppm,
        polymarket_cash=settings.sim.polymarket_cash_usd,
        kalshi_cash=settings.sim.kalshi_cash_usd,
        polymarket_delay_s=settings.sim.polymarket_delay_ms / 1000,
        kalshi_delay_s=settings.sim.kalshi_delay_ms / 1000,
        mix=_mix(settings),
        faults=planned_faults(settings),
    )


def _mix(settings: Settings) -> Mix:
    """What is listed; questions on coins' prices only where the lane that reads them is on."""
    up_downs = UP_DOWNS if settings.bets.latency else 0
    try:
        mix = Mix.of(settings.sim.markets) if settings.sim.markets else Mix()
    except ValueError as error:
        raise SettingsFault(f"sim.markets: {error}") from error
    return attrs.evolve(mix, polymarket_up_down=up_downs)


def planned_faults(settings: Settings) -> tuple[Fault, ...]:
    """What is to go wrong: the script's faults, then the single ones. Raises SettingsFault."""
    sim, script = settings.sim, ""
    try:
        if sim.faults_file:
            script = Path(sim.faults_file).read_text(encoding="utf-8")
        planned = read_faults(script, sim.faults_file)
        return (*planned, *(read_fault(line, "sim.faults") for line in sim.faults))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsFault(f"sim.faults_file: {sim.faults_file}: {_words(error)}") from error
    except FaultsFault as error:
        raise SettingsFault(str(error)) from error


def sim_ports(settings: Settings) -> Ports:
    """Where the simulated venues listen."""
    sim = settings.sim
    return Ports(polymarket=sim.polymarket_port, kalshi=sim.kalshi_port, control=sim.control_port)


def _words(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
