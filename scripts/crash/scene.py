"""A world in which one thing is certain to happen, and how the bot in it is set up."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from arb.market.units import MICRO, Ns, Usd
from arb.sim.catalogue import Mix
from arb.sim.faults.script import read_fault
from arb.sim.world import BOT, World

CASH = Usd(1_000 * MICRO)
RICH = Usd(1_000_000 * MICRO)
PLANTER = "planter"
STILL_PPM = 1
"""The flow is slowed down a million times: nobody but the planter and the bot acts."""
NS_PER_S = 1_000_000_000
NOTHING_LISTED = Mix(**dict.fromkeys(attrs.fields_dict(Mix), 0) | {"most_answers": 5})
FIRST_OF_A_BASKET = "before:journal:Approved:1"


@attrs.define
class Wall:
    """The clock of the venues, and of every bot that comes to them: it may be put forward."""

    ahead_ns: int = 0

    def __call__(self) -> Ns:
        """What time it is."""
        return Ns(time.time_ns() + self.ahead_ns)

    def leap(self, seconds: float) -> None:
        """Let so much time have passed."""
        self.ahead_ns += round(seconds * NS_PER_S)


async def nothing_happens(_: World) -> None:  # noqa: ASYNC124 - what others do may take time
    """How most worlds go on by themselves."""


@attrs.frozen
class Scene:
    """One kind of basket, and the world in which the bot takes it."""

    kind: str
    words: str
    mix: Mix
    plant: Callable[[World], None]
    seed: int
    faults: Sequence[str] = ()
    settings: Mapping[str, str] = attrs.field(factory=dict)
    """Environment of the bot."""
    member: str = BOT
    """Who the bot is."""
    goes_on: Callable[[World], Awaitable[None]] = nothing_happens
    """What happens in the world because of what the bot did."""
    first: str = FIRST_OF_A_BASKET
    """The first moment that is of interest."""
    trades_s: float = 4.0
    """Of a run that is watched."""
    dies_s: float = 8.0
    """Of one that shall die: it does within a tenth of that, or the machine is busy."""

    def build(self, now_ns: Wall | None = None) -> World:
        """Make a new world of this scene."""
        world = World.build(
            self.seed,
            now_ns=now_ns or Wall(),
            speed_ppm=STILL_PPM,
            polymarket_cash=CASH,
            kalshi_cash=CASH,
            mix=self.mix,
            faults=[read_fault(line) for line in self.faults],
        )
        for exchange in world.exchanges.values():
            exchange.open_account(PLANTER, {0: RICH, 1: RICH, 2: RICH})
        self.plant(world)
        return world
