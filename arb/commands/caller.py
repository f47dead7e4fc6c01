"""Who gives a command, and when."""

import getpass
import time

from arb.market.units import Ns


def now_ns() -> Ns:
    """The time of this machine."""
    return Ns(time.time_ns())


def user() -> str:
    """Who gives an order, where nobody says."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "somebody"
