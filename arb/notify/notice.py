"""What is worth telling a person who is elsewhere, and in which words. Pure."""

import enum
from collections.abc import Iterator

import attrs

from arb.market.instruments import Action
from arb.market.units import Ns, Usd, plain_text
from arb.messages import (
    Approved,
    BasketEnd,
    BasketEnded,
    BasketId,
    DeskEvent,
    FeedId,
    FeedSeen,
    FillStatus,
    Level,
    Noted,
    OrderFilled,
    StandingChanged,
)


class Kind(enum.StrEnum):
    """What a notice is about; `notify.kinds` names those that are wanted."""

    LEVEL = "level"
    """How far trading is stopped has changed."""
    STUCK = "stuck"
    """Contracts that could not be sold back: a person must look."""
    BREAKER = "breaker"
    ERROR = "error"
    DRIFT = "drift"
    """Cash that no fill explains."""
    UNWIND = "unwind"
    REJECT = "reject"
    RECONNECT = "reconnect"
    FILL = "fill"
    SUMMARY = "summary"
    """Of a day (UTC)."""


URGENT = frozenset({Kind.LEVEL, Kind.STUCK, Kind.BREAKER, Kind.ERROR})
"""Told at once; the others wait a moment for more of their kind."""
_OF_NOTES = {
    "crash": Kind.ERROR,
    "error": Kind.ERROR,
    "stop": Kind.ERROR,
    "stuck": Kind.STUCK,
    "drift": Kind.DRIFT,
    "half done": Kind.STUCK,
    "pair": Kind.ERROR,
    "catalogue": Kind.ERROR,
}
"""Notes that are told, by what they call themselves."""
GATES = "gates"
_TITLE = 60
"""Letters of a basket's title in a notice."""


@attrs.frozen
class Notice:
    """One thing to tell. Two with the same kind and `key` say the same."""

    kind: Kind
    key: str
    text: str
    at_ns: Ns


@attrs.define
class Reporter:
    """Turns messages into notices. Knows only what it needs for their words."""

    _titles: dict[BasketId, str] = attrs.field(factory=dict, init=False)
    _up: dict[FeedId, bool] = attrs.field(factory=dict, init=False)
    _stands: tuple[Level, str] | None = attrs.field(default=None, init=False)
    """None until trading was once allowed: while starting, much is red for a moment."""

    def notices(self, event: DeskEvent, now_ns: Ns) -> Iterator[Notice]:
        """What is worth telling of one message."""
        match event:
            case Approved():
                self._titles[event.basket] = event.plan.template.title[:_TITLE]
            case OrderFilled():
                yield from self._filled(event)
            case BasketEnded():
                yield from self._ended(event)
            case StandingChanged():
                yield from self._stood(event)
            case FeedSeen():
                yield from self._connected(event, now_ns)
            case Noted() if event.kind in _OF_NOTES:
                yield Notice(_OF_NOTES[event.kind], event.text, event.text, event.at_ns)

    def _filled(self, event: OrderFilled) -> Iterator[Notice]:
        fill = event.fill
        if fill.status is FillStatus.REVERSED:
            text = f"taken back by {fill.venue}: {fill.qty} micro-contracts in {fill.market}"
            yield Notice(Kind.ERROR, f"{fill.venue}:{fill.id}", text, fill.at_ns)
            return
        verb = "bought" if fill.action is Action.BUY else "sold"
        text = (
            f"{verb} {plain_text(fill.qty)} {fill.outcome} at {plain_text(fill.px)},"
            f" fee {plain_text(fill.fee)}, {fill.market}"
        )
        yield Notice(Kind.FILL, f"{fill.venue}:{fill.id}", text, fill.at_ns)

    def _ended(self, event: BasketEnded) -> Iterator[Notice]:
        title = self._titles.pop(event.basket, str(event.basket))
        for market in event.refused:
            yield Notice(Kind.REJECT, market, f"{market} took no order ({title})", event.at_ns)
        text = f"{title}: {event.end}, {_result(event.loss)}; {event.note}"
        if event.end is BasketEnd.STUCK:
            yield Notice(Kind.STUCK, event.basket, text, event.at_ns)
        elif event.end in {BasketEnd.UNWOUND, BasketEnd.HELD}:
            yield Notice(Kind.UNWIND, event.basket, text, event.at_ns)

    def _stood(self, event: StandingChanged) -> Iterator[Notice]:
        stands = (event.level, event.who)
        starting = self._stands is None and event.who == GATES
        if starting or stands == self._stands:
            return
        known, self._stands = self._stands, stands
        if known is None and event.level is Level.RUNNING:
            return
        kind = Kind.BREAKER if event.who.startswith("breaker") else Kind.LEVEL
        name = event.level.name.lower().replace("_", " ")
        text = f"{name}, by {event.who}: {event.why}"
        if event.level is not Level.RUNNING:
            text += f"; lifted by: {event.clears}"
        yield Notice(kind, text, text, event.at_ns)

    def _connected(self, event: FeedSeen, now_ns: Ns) -> Iterator[Notice]:
        was = self._up.get(event.feed)
        self._up[event.feed] = event.connected
        if was is None or was == event.connected:
            return
        how = "connected again" if event.connected else f"lost: {event.note}"
        yield Notice(Kind.RECONNECT, f"{event.feed}:{how}", f"{event.feed} {how}", now_ns)


def _result(loss: Usd) -> str:
    return f"lost {plain_text(loss)}" if loss > 0 else "no loss"
