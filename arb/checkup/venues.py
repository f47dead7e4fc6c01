"""The venues: may we trade there, with what, and does everything answer that trading needs."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import attrs
import trio

from arb.checkup.finding import Finding, green, red, unknown, yellow
from arb.market.errors import ArbError, Refused
from arb.market.instruments import Catalogue
from arb.market.units import MICRO
from arb.messages import Balance, OrderState
from arb.plant import Outside
from arb.venues.protocols import Account, DeadMan, MarketData

T = TypeVar("T")
ANSWER_S = 20.0
"""For each question but discovery."""
DISCOVERY_S = 120.0


@attrs.frozen
class _Fault:
    """Why there is no answer."""

    is_refusal: bool
    words: str


@attrs.frozen
class Doctor:
    """Asks both venues. Sends no order."""

    outside: Outside
    bot_runs: bool
    """A bot that runs renews its dead man's switches itself: nobody else may."""
    tell: Callable[[Finding], None]

    async def look(self) -> None:
        """Ask one thing after the other; what cannot be asked is told, and the next is asked."""
        for account in self.outside.accounts.values():
            fault = await _ask(account.log_in)
            self.tell(_told(f"{account.venue} credentials", fault, "accepted"))
            if not isinstance(fault, _Fault):
                await self._account(account)
        for permits in self.outside.permits:
            lacks = await _ask(permits.lacks)
            words = "scopes and allowances suffice"
            self.tell(_listed(f"{permits.venue} permits", lacks, words))
        for switch in self.outside.switches:
            self.tell(await self._switch(switch))
        for data in self.outside.data.values():
            for finding in await self._markets(data):
                self.tell(finding)

    async def _account(self, account: Account) -> None:
        words = "allowed from here, clocks agree"
        objections = await _ask(account.objections)
        self.tell(_listed(f"{account.venue} trading", objections, words))
        self.tell(_cash(f"{account.venue} balances", await _ask(account.balances)))
        positions = await _ask(account.positions)
        told = positions if isinstance(positions, _Fault) else f"{len(positions)} markets held"
        self.tell(_told(f"{account.venue} positions", told, str(told)))

    async def _switch(self, switch: DeadMan) -> Finding:
        name = f"{switch.venue} dead man's switch"
        resting = await _ask(self.outside.orders[switch.venue].open_orders)
        if isinstance(resting, _Fault):
            return _told(name, resting, "")
        if self.bot_runs or resting:
            return yellow(name, _why_left_alone(resting, bot_runs=self.bot_runs))
        return _told(name, await _ask(switch.renew), "armed once; it falls by itself")

    async def _markets(self, data: MarketData) -> Sequence[Finding]:
        found = await _ask(data.discover, DISCOVERY_S)
        name = f"{data.venue} markets"
        if isinstance(found, _Fault):
            return [_told(name, found, "")]
        return [_catalogue(name, found), await self._one_book(data, found)]

    async def _one_book(self, data: MarketData, found: Catalogue) -> Finding:
        """A book answers, over the way that unwinding needs."""
        name = f"{data.venue} books"
        if not found.markets:
            return red(name, "no market to ask about")
        market = found.markets[0]
        return _told(name, await _ask(lambda: data.book(market)), f"{market.id} answers")


async def _ask(call: Callable[[], Awaitable[T]], seconds: float = ANSWER_S) -> T | _Fault:
    try:
        with trio.fail_after(seconds):
            return await call()
    except Refused as refusal:
        return _Fault(is_refusal=True, words=f"refused: {refusal}")
    except ArbError as error:
        return _Fault(is_refusal=False, words=f"{type(error).__name__}: {error}")
    except trio.TooSlowError:
        return _Fault(is_refusal=False, words=f"no answer for {seconds:g} s")


def _told(check: str, answer: object, words: str) -> Finding:
    if not isinstance(answer, _Fault):
        return green(check, words)
    return (red if answer.is_refusal else unknown)(check, answer.words)


def _listed(check: str, answer: tuple[str, ...] | _Fault, words: str) -> Finding:
    if isinstance(answer, _Fault):
        return _told(check, answer, "")
    return red(check, "; ".join(answer)) if answer else green(check, words)


def _cash(check: str, answer: tuple[Balance, ...] | _Fault) -> Finding:
    if isinstance(answer, _Fault):
        return _told(check, answer, "")
    words = ", ".join(f"pool {one.pool} ${one.usd / MICRO:,.2f}" for one in answer)
    return (green if any(one.usd for one in answer) else red)(check, words or "no cash at all")


def _catalogue(check: str, found: Catalogue) -> Finding:
    """Ticks and fees: a market whose rules are not known is left out, with the reason."""
    left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(found.left_out.items()))
    words = f"{len(found.markets)} with tick and fee known; left out: {left_out or 'none'}"
    return (green if found.markets else red)(check, words)


def _why_left_alone(resting: Sequence[OrderState], *, bot_runs: bool) -> str:
    if bot_runs:
        return "left alone: the running bot renews it"
    return f"not tried: {len(resting)} orders rest, and it would cancel them later"
