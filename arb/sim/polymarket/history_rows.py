"""Trades and other activity of wallets as the Data API shows them (docs: data-api v2)."""

from collections.abc import Iterable, Iterator

import attrs
from starlette.datastructures import QueryParams

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Px, Qty
from arb.sim.polymarket.activity import Activity, ActivityLog
from arb.sim.polymarket.envelope import Envelope
from arb.sim.polymarket.keys import Wallet
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.publisher import TradeBook
from arb.sim.polymarket.trades import Trade, TradeStatus
from arb.sim.polymarket.wire import NS_PER_S, Json, json_number

KINDS = (
    "TRADE",
    "SPLIT",
    "MERGE",
    "REDEEM",
    "REWARD",
    "CONVERSION",
    "MIGRATION",
    "DEPOSIT",
    "WITHDRAWAL",
    "YIELD",
    "MAKER_REBATE",
    "TAKER_REBATE",
    "REFERRAL_REWARD",
    "TIP",
)
"""Every kind of activity that may be asked for; not all of them happen here."""
SIDES = ("BUY", "SELL")
NO_OUTCOME = 999
"""The outcome index of an activity that is about no single outcome."""


@attrs.frozen
class HistoryRows:
    """Makes rows from trades and the activity log, newest first."""

    trades: TradeBook
    log: ActivityLog
    envelope: Envelope

    def find_trades(self, asked: QueryParams, wallets: Iterable[Wallet]) -> list[Json]:
        """Rows of `/v2/trades`. Raises ApiError (400)."""
        takers_only = asked.get("taker_only", "false") == "true"
        rows = [
            row
            for wallet in wallets
            for trade in self._standing(wallet)
            if not takers_only or trade.account == wallet.account
            for row in trade_rows(trade, wallet)
        ]
        return self._wanted(asked, rows)

    def find_activity(self, asked: QueryParams, wallet: Wallet) -> list[Json]:
        """Rows of `/v2/activity`. Raises ApiError (400)."""
        kinds = self.envelope.choice(asked, "type", KINDS)
        made = [row for trade in self._standing(wallet) for row in trade_rows(trade, wallet)]
        rows = [{"type": "TRADE", "is_combo": False, **row} for row in made]
        rows += [activity_row(one, wallet) for one in self.log.of_account(wallet.account)]
        return self._wanted(asked, [row for row in rows if not kinds or row["type"] in kinds])

    def _standing(self, wallet: Wallet) -> Iterator[Trade]:
        """An indexer never sees a trade whose settlement failed."""
        for trade in self.trades.of_account(wallet.account):
            if trade.status is not TradeStatus.FAILED:
                yield trade

    def _wanted(self, asked: QueryParams, rows: list[Json]) -> list[Json]:
        conditions, span = self.envelope.conditions(asked), self.envelope.span(asked)
        sides = self.envelope.choice(asked, "side", SIDES)
        (way,) = self.envelope.choice(asked, "sort_direction", ("ASC", "DESC")) or ("DESC",)
        found = [
            row
            for row in rows
            if (conditions is None or row["condition_id"] in conditions)
            and asked.get("event_id", row["event_id"]) == row["event_id"]
            and (not sides or row.get("side") in sides)
            and span.holds(_second(row) * NS_PER_S)
        ]
        found.sort(key=_second)
        return found if way == "ASC" else found[::-1]


def trade_rows(trade: Trade, wallet: Wallet) -> list[Json]:
    """What one wallet did in a trade: one row as taker, or one for each of its resting orders."""
    if trade.account == wallet.account:
        sides = [(trade.outcome, trade.action, trade.px, trade.qty)]
    else:
        mine = [part for part in trade.makers if part.account == wallet.account]
        sides = [(part.outcome, part.action, part.px, part.qty) for part in mine]
    return [_trade_row(trade, wallet, side) for side in sides]


def _trade_row(trade: Trade, wallet: Wallet, side: tuple[Outcome, Action, Px, Qty]) -> Json:
    outcome, action, px, qty = side
    return {
        "proxy_wallet": wallet.funder,
        "token_id": trade.state.listing.token(outcome),
        "side": action.upper(),
        "size": json_number(qty),
        "usdc_size": json_number(px * qty // MICRO),
        "price": json_number(px),
        "timestamp": trade.matched_ns // NS_PER_S,
        "transaction_hash": trade.transaction,
        "outcome": trade.state.listing.label(outcome),
        "outcome_index": list(Outcome).index(outcome),
        **_about(trade.state),
    }


def activity_row(activity: Activity, wallet: Wallet) -> Json:
    """Something done on chain beside trading."""
    return {
        "type": activity.kind.value,
        "is_combo": False,
        "proxy_wallet": wallet.funder,
        "timestamp": activity.at_ns // NS_PER_S,
        "transaction_hash": activity.transaction,
        "token_id": "",
        "side": "",
        "size": json_number(activity.qty),
        "usdc_size": json_number(activity.dollars),
        "price": 0,
        "outcome": "",
        "outcome_index": NO_OUTCOME,
        **_about(activity.state),
    }


def _about(state: MarketState) -> Json:
    """Which market a row is about."""
    listing, event = state.listing, state.event
    return {
        "condition_id": listing.condition_id,
        "title": listing.question,
        "slug": listing.slug,
        "icon": "",
        "event_slug": event.slug,
        "event_id": event.gamma_id,
        "name": "",
        "pseudonym": "",
    }


def _second(row: Json) -> int:
    second = row["timestamp"]
    return second if isinstance(second, int) else 0
