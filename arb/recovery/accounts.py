"""What a start asks of an account: may it trade from here, and what does it hold."""

from collections.abc import Iterable

from arb.market.errors import ArbError
from arb.market.units import Ns
from arb.messages import AccountRead
from arb.recovery.side_by_side import both
from arb.venues.protocols import Account


async def read_account(account: Account, at_ns: Ns) -> AccountRead:
    """Read cash and contracts of one venue. Raises as `Account` does."""
    balances, positions = await both(account.balances, account.positions)
    return AccountRead(account.venue, balances, positions, at_ns)


async def objections(accounts: Iterable[Account]) -> tuple[str, ...]:
    """Log in everywhere and collect why orders may not be sent from here."""
    found: list[str] = []
    for account in accounts:
        try:
            await account.log_in()
            found += [f"{account.venue}: {text}" for text in await account.objections()]
        except ArbError as error:
            found.append(f"{account.venue}: {error}")
    return tuple(found)
