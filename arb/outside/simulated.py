"""Opens the simulated venues in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from arb.outside.access import Access, to_access
from arb.outside.wire import Surroundings, Wire, choose_sockets, http_transport
from arb.settings import Settings
from arb.sim.hosting import HOSTS
from arb.sim.inprocess import InProcessNetwork
from arb.sim.serve import Served, describe, serve
from arb.sim.world import World
from arb.worlds import build_world, sim_ports


@asynccontextmanager
async def open_simulated(
    settings: Settings, surroundings: Surroundings
) -> AsyncIterator[tuple[Access, Wire, World]]:
    """Two simulated venues in this process: over loopback sockets, or without any."""
    world = build_world(settings, surroundings.now_ns)
    async with trio.open_nursery() as nursery:
        if surroundings.in_process:
            served = Served(HOSTS)
            apps = {url: world.apps[venue] for venue, url in HOSTS.items()}
            network = InProcessNetwork(apps, nursery)
            wire = Wire(network.sockets, network.transport)
        else:
            served = await nursery.start(serve, world, sim_ports(settings))
            wire = Wire(choose_sockets(settings), http_transport)
        await nursery.start(world.run)
        about = describe(world, served, surroundings.member)
        yield to_access(about), wire, world
        nursery.cancel_scope.cancel(reason="the run is over")
