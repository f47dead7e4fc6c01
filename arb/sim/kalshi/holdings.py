"""The routes that read what members have: positions, cash, settlements."""

from collections.abc import Sequence
from itertools import groupby

import attrs

from arb.market.units import MICRO, Usd, complement
from arb.sim.engine import Exchange
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.calls import Call, Query, Reply, Route
from arb.sim.kalshi.errors import bad_query
from arb.sim.kalshi.filters import Window, before, page_limit, primary
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.numbers import balance, cents, count, money, rfc3339, unix_s
from arb.sim.kalshi.paging import cut, read_cursor
from arb.sim.kalshi.stakes import SettlementRow, Stake, Stakes

_WINNER_CENTS = 100


@attrs.frozen
class Holdings:
    """Answers what a member has."""

    exchange: Exchange
    board: Board
    stakes: Stakes

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            Route("GET", "/portfolio/positions", self.positions, private=True),
            Route("GET", "/portfolio/balance", self.balance, private=True),
            Route("GET", "/portfolio/settlements", self.settlements, private=True),
        ]

    def positions(self, call: Call) -> Reply:
        """`GET /portfolio/positions`, by market and by event."""
        query = primary(call)
        wanted = self._wanted_stakes(query, call.who)
        first = read_cursor(query)
        numbered = [(n, stake) for n, stake in enumerate(wanted) if first is None or n > first]
        page, cursor = cut(numbered, page_limit(query), lambda pair: pair[0])
        stakes = [stake for _, stake in page]
        return Reply(
            {
                "market_positions": [self._position(stake) for stake in stakes],
                "event_positions": self._event_positions(stakes),
                "cursor": cursor,
            }
        )

    def balance(self, call: Call) -> Reply:
        """`GET /portfolio/balance`: resting orders are not deducted."""
        query = primary(call)
        shard = query.integer("exchange_index")
        cash = self.exchange.cash(call.who.account)
        pools = {pool: usd for pool, usd in sorted(cash.items()) if shard in (None, pool)}
        total = sum(pools.values())
        return Reply(
            {
                "balance": cents(total),
                "balance_dollars": balance(total),
                "portfolio_value": cents(self._worth(call.who, shard)),
                "updated_ts": unix_s(call.now),
                "balance_breakdown": [
                    {"exchange_index": pool, "balance": balance(usd)} for pool, usd in pools.items()
                ],
            }
        )

    def settlements(self, call: Call) -> Reply:
        """`GET /portfolio/settlements`, newest first."""
        query = primary(call)
        window, ticker = Window.of(query), query.text("ticker")
        event = query.text("event_ticker")
        rows = (
            row
            for row in before(self.stakes.settlements(call.who.account), read_cursor(query))
            if ticker in ("", row.stake.ticker)
            and event in ("", self._event_of(row.stake.ticker))
            and window.holds(row.at_ns)
        )
        page, cursor = cut(rows, page_limit(query), lambda row: row.number)
        return Reply({"settlements": [self._settlement(row) for row in page], "cursor": cursor})

    # --- rows -----------------------------------------------------------------------------------

    def _event_of(self, ticker: str) -> str:
        return self.board.markets[ticker].facts.event

    def _shard_of(self, ticker: str) -> int:
        return self.board.markets[ticker].facts.shard

    def _wanted_stakes(self, query: Query, member: Member) -> list[Stake]:
        counted = query.words("count_filter", 2)
        if counted - {"position", "total_traded"}:
            raise bad_query("invalid count_filter")
        settled = query.choice("settlement_status", ("unsettled", "settled", "all"))
        ticker, event = query.text("ticker"), query.text("event_ticker")
        shard = query.integer("exchange_index")
        return [
            stake
            for stake in self.stakes.of(member.account)
            if ticker in ("", stake.ticker)
            and event in ("", self._event_of(stake.ticker))
            and shard in (None, self._shard_of(stake.ticker))
            and ("position" not in counted or stake.net)
            and ("total_traded" not in counted or stake.traded)
            and (settled == "all" or self._settled(stake) is (settled == "settled"))
        ]

    def _settled(self, stake: Stake) -> bool:
        return self.board.markets[stake.ticker].settled_ns is not None

    def _position(self, stake: Stake) -> Fields:
        return {
            "ticker": stake.ticker,
            "exchange_index": self._shard_of(stake.ticker),
            "position_fp": count(stake.net),
            "total_traded_dollars": money(stake.traded),
            "market_exposure_dollars": money(stake.basis),
            "realized_pnl_dollars": money(stake.realised),
            "fees_paid_dollars": money(stake.fees),
            "last_updated_ts": rfc3339(stake.changed_ns),
        }

    def _event_positions(self, stakes: Sequence[Stake]) -> list[Fields]:
        ordered = sorted(stakes, key=lambda stake: self._event_of(stake.ticker))
        groups = groupby(ordered, key=lambda stake: self._event_of(stake.ticker))
        return [_event_position(event, list(group)) for event, group in groups]

    def _worth(self, member: Member, shard: int | None) -> Usd:
        """What the positions are worth at the last traded prices."""
        worth = 0
        for stake in self.stakes.of(member.account):
            state = self.board.markets[stake.ticker]
            if shard in (None, state.facts.shard):
                px = state.last_px if stake.net > 0 else complement(state.last_px)
                worth += px * abs(stake.net) // MICRO
        return Usd(worth)

    def _settlement(self, row: SettlementRow) -> Fields:
        stake = row.stake
        yes_cost, no_cost = (stake.basis, 0) if stake.net > 0 else (0, stake.basis)
        return {
            "ticker": stake.ticker,
            "exchange_index": self._shard_of(stake.ticker),
            "event_ticker": self._event_of(stake.ticker),
            "market_result": "yes" if row.yes_pays else "no",
            "yes_count_fp": count(max(stake.net, 0)),
            "yes_total_cost_dollars": money(yes_cost),
            "no_count_fp": count(max(-stake.net, 0)),
            "no_total_cost_dollars": money(no_cost),
            "revenue": cents(row.paid),
            "value": _WINNER_CENTS if row.yes_pays else 0,
            "fee_cost": money(stake.fees),
            "settled_time": rfc3339(row.at_ns),
        }


def _event_position(event: str, stakes: Sequence[Stake]) -> Fields:
    return {
        "event_ticker": event,
        "total_cost_dollars": money(sum(stake.traded for stake in stakes)),
        "total_cost_shares_fp": count(sum(stake.volume for stake in stakes)),
        "event_exposure_dollars": money(sum(stake.basis for stake in stakes)),
        "realized_pnl_dollars": money(sum(stake.realised for stake in stakes)),
        "fees_paid_dollars": money(sum(stake.fees for stake in stakes)),
    }
