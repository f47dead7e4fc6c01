"""One socket's conversation, without I/O: subscriptions, their numbers, what is sent when.

Every subscription has a number (`sid`, from 1 on each connection) and counts its frames (`seq`):
data frames where the channel has a `seq`, and every control frame. One counter serves all markets
of a subscription, so a gap puts every one of them in doubt (recorded traffic, May to Aug 2026).
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from arb.market.units import Ns
from arb.sim.kalshi.auth import ApiKey
from arb.sim.kalshi.channels import (
    BY_ID,
    PUBLIC_SEQUENCED,
    SEQUENCED,
    Channel,
    Subscription,
    encode,
    envelope,
    frame,
)
from arb.sim.kalshi.commands import (
    BadCommand,
    Command,
    Fault,
    Wishes,
    error_message,
    read_command,
)
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.limits import Bucket
from arb.sim.kalshi.numbers import unix_ms
from arb.sim.kalshi.settings import BadTickers, StreamRules

COMMANDS_PER_S = 10_000
"""Docs: rate_limits."""
MARKETS_PER_SESSION = 500_000
"""Docs: rate_limits; the limit of one subscription is not published."""

_CHANNELS = {channel.value: channel for channel in Channel}


class Desk(Protocol):
    """What a conversation asks of the exchange."""

    def knows(self, ticker: str) -> bool:
        """Say whether a market is listed."""
        ...

    def ticker_of(self, market_uuid: str) -> str | None:
        """The ticker of a `market_id`, None for an unknown one."""
        ...

    def snapshot(self, ticker: str, *, yes_price: bool) -> Fields:
        """The message of a market's whole book."""
        ...

    def ticker(self, ticker: str) -> Fields:
        """The message of a market's best prices."""
        ...


class Session:
    """The conversation on one connection, opened with one key."""

    def __init__(
        self, key: ApiKey, desk: Desk, now_ns: Callable[[], Ns], rules: StreamRules
    ) -> None:
        """Start without subscriptions."""
        self.key = key
        self._desk = desk
        self._rules = rules
        self._now_ns = now_ns
        self._by_sid: dict[int, Subscription] = {}
        self._by_channel: dict[Channel, Subscription] = {}
        self._last_sid = 0
        self._bucket = Bucket(COMMANDS_PER_S, COMMANDS_PER_S)

    @property
    def market_count(self) -> int:
        """Markets named over all subscriptions."""
        return sum(len(one.tickers or ()) for one in self._by_sid.values())

    def find(self, channel: Channel, ticker: str) -> Subscription | None:
        """The subscription that a piece of news belongs to, if there is one."""
        subscription = self._by_channel.get(channel)
        if subscription is None or not subscription.wants(ticker):
            return None
        return subscription

    def receive(self, text: str | bytes) -> list[str]:
        """Carry out one command; returns the frames that answer it."""
        try:
            return self._obey(read_command(text))
        except BadCommand as bad:
            return [frame("error", bad.command_id, {"msg": error_message(bad.fault)})]

    def data(self, subscription: Subscription, kind: str, message: str) -> str:
        """Write one data frame around a message and count it."""
        seq = subscription.next_seq() if subscription.counted else None
        return envelope(kind, subscription.sid, seq, unix_ms(self._now_ns()), message)

    def overflow(self) -> list[str]:
        """The last frames of a client that reads too slowly: one for each subscription."""
        return [
            self._control(one, "error", 0, error_message(Fault.OVERFLOW))
            for one in self._by_sid.values()
        ]

    # --- commands -------------------------------------------------------------------------------

    def _obey(self, command: Command) -> list[str]:
        if not self._bucket.holds(1, self._now_ns()):
            raise BadCommand(Fault.TOO_MANY_COMMANDS, command.id)
        self._bucket.take(1, self._now_ns())
        match command.name:
            case "subscribe":
                return self._subscribe(command)
            case "unsubscribe":
                return self._unsubscribe(command)
            case "update_subscription":
                return self._update(command)
            case "list_subscriptions":
                return [self._list(command)]
            case _:
                raise BadCommand(Fault.UNKNOWN_COMMAND, command.id)

    def _subscribe(self, command: Command) -> list[str]:
        channels, wishes = command.texts("channels"), command.wishes()
        if not channels:
            raise BadCommand(Fault.CHANNELS_REQUIRED, command.id)
        frames: list[str] = []
        for name in channels:
            try:
                frames += self._subscribe_one(command, name, wishes)
            except BadCommand as bad:
                frames.append(frame("error", bad.command_id, {"msg": error_message(bad.fault)}))
        return frames

    def _subscribe_one(self, command: Command, name: str, wishes: Wishes) -> list[str]:
        """Each channel of a command is answered by itself: one may fail and another not."""
        channel = _CHANNELS.get(name)
        if channel is None:
            raise BadCommand(Fault.UNKNOWN_CHANNEL, command.id)
        tickers = self._named(command, channel, wishes)
        if channel is Channel.ORDERBOOK and not tickers:
            raise BadCommand(Fault.TICKER_REQUIRED, command.id)
        known, unknown = self._sift(tickers)
        refuses = self._rules.bad_tickers is BadTickers.REFUSE
        if unknown and (refuses or not known):
            raise BadCommand(Fault.MARKET_NOT_FOUND, command.id)
        existing = self._by_channel.get(channel)
        if existing is not None:
            return self._merge(existing, command, known, unknown)
        self._check_room(command, known)
        subscription = self._open(channel, wishes, None if tickers is None else known)
        msg: Fields = {"channel": channel, "sid": subscription.sid}
        return [
            frame("subscribed", command.id, {"msg": msg}),
            *self._first_news(subscription, known, wanted=wishes.snapshot),
            *self._complain(subscription, command.id, unknown),
        ]

    def _named(self, command: Command, channel: Channel, wishes: Wishes) -> tuple[str, ...] | None:
        """The markets that a subscription names, by ticker or by id; an unknown id as it is."""
        if wishes.ids is None:
            return wishes.tickers
        if wishes.tickers is not None or channel not in BY_ID:
            raise BadCommand(Fault.INVALID_PARAMETER, command.id)
        return tuple(self._desk.ticker_of(one) or one for one in wishes.ids)

    def _open(
        self, channel: Channel, wishes: Wishes, tickers: Iterable[str] | None
    ) -> Subscription:
        self._last_sid += 1
        default = self._rules.yes_price_default
        subscription = Subscription(
            sid=self._last_sid,
            channel=channel,
            tickers=None if tickers is None else dict.fromkeys(tickers),
            yes_price=default if wishes.yes_price is None else wishes.yes_price,
            quiet=wishes.quiet,
            part=wishes.part,
            counted=channel in SEQUENCED
            or (self._rules.sequenced_trades and channel in PUBLIC_SEQUENCED),
        )
        self._by_sid[subscription.sid] = self._by_channel[channel] = subscription
        return subscription

    def _merge(
        self, subscription: Subscription, command: Command, known: list[str], unknown: list[str]
    ) -> list[str]:
        """Add markets to a subscription that is there, and acknowledge all of them."""
        wanted = command.flag("send_initial_snapshot")
        over = self._over_limit(subscription, known)
        if over is not None:
            msg = error_message(Fault.TOO_MANY_MARKETS, [over])
            return [self._control(subscription, "error", command.id, msg)]
        new = [one for one in known if not subscription.wants(one)]
        if subscription.tickers is not None:
            subscription.tickers.update(dict.fromkeys(new))
        return [
            self._acknowledge(subscription, command.id),
            *self._first_news(subscription, new, wanted=wanted),
            *self._complain(subscription, command.id, unknown),
        ]

    def _unsubscribe(self, command: Command) -> list[str]:
        sids = command.sids()
        if not sids:
            raise BadCommand(Fault.SIDS_REQUIRED, command.id)
        frames = []
        for sid in sids:
            subscription = self._by_sid.pop(sid, None)
            if subscription is None:
                msg = error_message(Fault.UNKNOWN_SID)
                frames.append(frame("error", command.id, {"msg": msg}))
                continue
            del self._by_channel[subscription.channel]
            frames.append(self._control(subscription, "unsubscribed", command.id, None))
        return frames

    def _update(self, command: Command) -> list[str]:
        sids = command.sids()
        if len(sids) != 1:
            raise BadCommand(Fault.ONE_SID_REQUIRED, command.id)
        subscription = self._by_sid.get(sids[0])
        if subscription is None:
            raise BadCommand(Fault.UNKNOWN_SID, command.id)
        action = command.required().get("action")
        if not action:
            raise BadCommand(Fault.ACTION_REQUIRED, command.id)
        tickers = self._named(command, subscription.channel, command.wishes())
        if tickers is None or (not tickers and action != "get_snapshot"):
            raise BadCommand(Fault.TICKER_REQUIRED, command.id)
        known, unknown = self._sift(tickers)
        match action:
            case "add_markets":
                return self._merge(subscription, command, known, unknown)
            case "delete_markets":
                return self._delete(subscription, command, tickers)
            case "get_snapshot" if subscription.channel is Channel.ORDERBOOK:
                return self._get_snapshot(subscription, command, known, unknown)
            case _:
                raise BadCommand(Fault.UNSUPPORTED_ACTION, command.id)

    def _delete(
        self, subscription: Subscription, command: Command, tickers: Iterable[str]
    ) -> list[str]:
        if subscription.tickers is None:
            raise BadCommand(Fault.INVALID_PARAMETER, command.id)
        for ticker in tickers:
            subscription.tickers.pop(ticker, None)
        return [self._acknowledge(subscription, command.id)]

    def _get_snapshot(
        self, subscription: Subscription, command: Command, known: list[str], unknown: list[str]
    ) -> list[str]:
        return [
            *self._snapshots(subscription, known, command.id),
            *(
                [self._acknowledge(subscription, command.id)]
                if self._rules.ok_after_snapshots
                else []
            ),
            *self._complain(subscription, command.id, unknown),
        ]

    def _list(self, command: Command) -> str:
        msg = [{"channel": one.channel, "sid": one.sid} for one in self._by_sid.values()]
        return frame("ok", command.id, {"msg": msg})

    # --- answers --------------------------------------------------------------------------------

    def _sift(self, tickers: tuple[str, ...] | None) -> tuple[list[str], list[str]]:
        """Part listed markets from unknown ones."""
        given = tickers or ()
        known = [one for one in given if self._desk.knows(one)]
        return known, [one for one in given if not self._desk.knows(one)]

    def _check_room(self, command: Command, known: list[str]) -> None:
        most = min(MARKETS_PER_SESSION - self.market_count, self._rules.markets_per_subscription)
        if len(known) > most:
            raise BadCommand(Fault.TOO_MANY_MARKETS, command.id)

    def _over_limit(self, subscription: Subscription, known: list[str]) -> str | None:
        """The first market that does not fit into a subscription any more."""
        if subscription.tickers is None:
            return None
        new = [one for one in known if one not in subscription.tickers]
        room = min(
            MARKETS_PER_SESSION - self.market_count,
            self._rules.markets_per_subscription - len(subscription.tickers),
        )
        return new[room] if len(new) > room else None

    def _first_news(
        self, subscription: Subscription, tickers: list[str], *, wanted: bool
    ) -> list[str]:
        """Books always come first as a whole; best prices only where the client asks."""
        if subscription.channel is Channel.ORDERBOOK:
            return self._snapshots(subscription, tickers)
        if subscription.channel is Channel.TICKER and wanted:
            desk = self._desk
            return [self.data(subscription, "ticker", encode(desk.ticker(one))) for one in tickers]
        return []

    def _snapshots(
        self, subscription: Subscription, tickers: list[str], command_id: int = 0
    ) -> list[str]:
        """Whole books; those that a client asked for carry the number of its command."""
        return [self._snapshot(subscription, one, command_id) for one in tickers]

    def _snapshot(self, subscription: Subscription, ticker: str, command_id: int) -> str:
        rest: Fields = {
            "sid": subscription.sid,
            "seq": subscription.next_seq(),
            "sending_ts_ms": unix_ms(self._now_ns()),
            "msg": self._desk.snapshot(ticker, yes_price=subscription.yes_price),
        }
        return frame("orderbook_snapshot", command_id, rest)

    def _acknowledge(self, subscription: Subscription, command_id: int) -> str:
        if subscription.quiet or subscription.tickers is None:
            return self._control(subscription, "ok", command_id, None)
        return self._control(
            subscription, "ok", command_id, {"market_tickers": list(subscription.tickers)}
        )

    def _complain(
        self, subscription: Subscription, command_id: int, unknown: list[str]
    ) -> list[str]:
        if not unknown:
            return []
        msg = error_message(Fault.MARKET_NOT_FOUND, unknown)
        return [self._control(subscription, "error", command_id, msg)]

    def _control(
        self, subscription: Subscription, kind: str, command_id: int, msg: Fields | None
    ) -> str:
        """Write a control frame of one subscription: it counts like data."""
        rest: Fields = {"sid": subscription.sid, "seq": subscription.next_seq()}
        if msg is not None:
            rest["msg"] = msg
        return frame(kind, command_id, rest)
