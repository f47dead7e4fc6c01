"""The routes that read what members have: positions, cash, settlements."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import attrs

from arb.market.units import MICRO, Ns, Usd, complement
from arb.sim.engine import Exchange
from arb.sim.kalshi.auth import Scope
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.calls import Call, Query, Reply, Route, private
from arb.sim.kalshi.cutoff import Cutoff
from arb.sim.kalshi.errors import bad_query
from arb.sim.kalshi.filters import Window, before, page_limit
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.mirror import Mirror
from arb.sim.kalshi.numbers import balance, cents, count, money, rfc3339, unix_s
from arb.sim.kalshi.paging import cut, read_cursor
from arb.sim.kalshi.stakes import SettlementRow, Stake, Stakes
from arb.sim.kalshi.subaccounts import Subaccounts


@attrs.frozen
class Holdings:
    """Answers what a member has."""

    exchange: Exchange
    board: Board
    stakes: Stakes
    mirror: Mirror
    cutoff: Cutoff
    subaccounts: Subaccounts
    balance_nets_resting: bool

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        summary = "/portfolio/summary/total_resting_order_value"
        return [
            private("/portfolio/positions", self.positions),
            private("/portfolio/balance", self.balance, scope=Scope.READ_BALANCE),
            private("/portfolio/settlements", self.settlements),
            private(summary, self.resting_value, for_restricted=False),
            private("/historical/positions", self.old_positions),
        ]

    def positions(self, call: Call) -> Reply:
        """`GET /portfolio/positions`, by market and by event."""
        return self._positions(call, archived=False)

    def old_positions(self, call: Call) -> Reply:
        """`GET /historical/positions`: of markets that settled before the cutoff."""
        return self._positions(call, archived=True)

    def balance(self, call: Call) -> Reply:
        """`GET /portfolio/balance`: resting orders are not deducted, unless that is switched on."""
        shard = call.query.integer("exchange_index")
        subaccount = call.asked_subaccount()
        account = self.subaccounts.account(call.who, subaccount)
        pools = {
            pool: usd for pool, usd in sorted(self._cash(account).items()) if shard in (None, pool)
        }
        total = sum(pools.values())
        row: Fields = {
            "balance": cents(total),
            "balance_dollars": balance(total),
            "portfolio_value": cents(self._worth(account, shard)),
            "updated_ts": unix_s(self.mirror.moment()),
        }
        if call.signer.subaccount is None:
            row["balance_breakdown"] = [
                {"exchange_index": pool, "balance": balance(usd)} for pool, usd in pools.items()
            ]
        return Reply(row)

    def settlements(self, call: Call) -> Reply:
        """`GET /portfolio/settlements`, newest first."""
        query = call.query
        window, ticker = Window.of(query), query.text("ticker")
        event = query.text("event_ticker")
        accounts = self.subaccounts.accounts(call.who, call.listed_subaccount())
        rows = (
            row
            for row in before(self.stakes.settlements(accounts), read_cursor(query))
            if ticker in ("", row.stake.ticker)
            and event in ("", self._event_of(row.stake.ticker))
            and window.holds(row.at_ns)
        )
        page, cursor = cut(rows, page_limit(query), lambda row: row.number)
        return Reply({"settlements": [self._settlement(row) for row in page], "cursor": cursor})

    def resting_value(self, call: Call) -> Reply:
        """`GET /portfolio/summary/total_resting_order_value`, meant for FCM members."""
        held = sorted(self.exchange.reserved(call.who.account).items())
        return Reply(
            {
                "total_resting_order_value": cents(sum(usd for _, usd in held)),
                "resting_order_value_breakdown": [
                    {"exchange_index": pool, "balance": balance(usd)} for pool, usd in held
                ],
            }
        )

    def _positions(self, call: Call, *, archived: bool) -> Reply:
        query = call.query
        account = self.subaccounts.account(call.who, call.asked_subaccount())
        wanted = self._wanted_stakes(query, account, call.now, archived=archived)
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

    def _cash(self, account: str) -> dict[int, Usd]:
        cash = self.mirror.cash(account)
        if not self.balance_nets_resting:
            return cash
        held = self.exchange.reserved(account)
        return {pool: Usd(usd - held.get(pool, 0)) for pool, usd in cash.items()}

    # --- rows -----------------------------------------------------------------------------------

    def _event_of(self, ticker: str) -> str:
        return self.board.markets[ticker].facts.event

    def _shard_of(self, ticker: str) -> int:
        return self.board.markets[ticker].facts.shard

    def _seen(self, account: str) -> Iterator[Stake]:
        """An account's stakes as reads see them."""
        for stake in self.stakes.of(account):
            seen = self.mirror.stake(account, stake)
            if seen is not None:
                yield seen

    def _wanted_stakes(self, query: Query, account: str, now: Ns, *, archived: bool) -> list[Stake]:
        counted = query.words("count_filter", 2)
        if counted - {"position", "total_traded"}:
            raise bad_query("invalid count_filter")
        settled = query.choice("settlement_status", ("unsettled", "settled", "all"))
        if archived:
            settled = "settled"
        ticker, event = query.text("ticker"), query.text("event_ticker")
        shard = query.integer("exchange_index")
        return [
            stake
            for stake in self._seen(account)
            if ticker in ("", stake.ticker)
            and event in ("", self._event_of(stake.ticker))
            and shard in (None, self._shard_of(stake.ticker))
            and ("position" not in counted or stake.net)
            and ("total_traded" not in counted or stake.traded)
            and (settled == "all" or self._settled(stake) is (settled == "settled"))
            and self._archived(stake, now) is archived
        ]

    def _settled(self, stake: Stake) -> bool:
        return self.board.markets[stake.ticker].settled_ns is not None

    def _archived(self, stake: Stake, now: Ns) -> bool:
        return self.cutoff.holds_market(self.board.markets[stake.ticker], now)

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

    def _worth(self, account: str, shard: int | None) -> Usd:
        """What the positions are worth at the last traded prices."""
        worth = 0
        for stake in self._seen(account):
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
            "market_result": self.board.markets[stake.ticker].result,
            "yes_count_fp": count(max(stake.net, 0)),
            "yes_total_cost_dollars": money(yes_cost),
            "no_count_fp": count(max(-stake.net, 0)),
            "no_total_cost_dollars": money(no_cost),
            "revenue": cents(row.paid),
            "value": cents(row.payout),
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
