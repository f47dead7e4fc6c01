"""Orders that passed the checks meet the engine; and orders are taken off again."""

from collections.abc import Callable, Iterable, Sequence

import attrs

from arb.market.instruments import Action
from arb.market.units import Ns, cost, plain_text
from arb.sim.engine import Exchange
from arb.sim.orders import Match, RejectCode, Rejection, SimOrder, Tif
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.approvals import Approvals
from arb.sim.polymarket.checks import CheckedOrder
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.contracts import Contract
from arb.sim.polymarket.errors import (
    FAK_UNMATCHED,
    FOK_UNFILLED,
    INVALID_PAYLOAD,
    MARKET_NOT_READY,
    POST_ONLY_CROSSES,
    SELF_TRADE,
    ApiError,
    bad_request,
    breaks_tick,
    duplicated,
    market_not_ready,
    no_allowance,
    no_book,
    not_enough,
)
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.publisher import Publisher
from arb.sim.polymarket.refusals import Refusal
from arb.sim.polymarket.registry import ApiOrder, OrderType, Registry
from arb.sim.polymarket.signatures import Domain
from arb.sim.polymarket.trades import worth
from arb.sim.polymarket.wire import NS_PER_S, Json

GTD_EARLY_S = 60
"""GTD orders end this long before the time they name (docs: place-orders)."""
GONE = "already canceled or matched"
NOT_FOUND = "order not found"
HELD = "order is delayed"
"""The venue's words for a held order are not known; that it cannot be cancelled is."""

_REFUSALS = {
    RejectCode.CLOSED: MARKET_NOT_READY,
    RejectCode.HALTED: MARKET_NOT_READY,
    RejectCode.SELF_TRADE: SELF_TRADE,
    RejectCode.CROSSES: POST_ONLY_CROSSES,
    RejectCode.UNFILLABLE: FOK_UNFILLED,
    RejectCode.BAD_LOT: INVALID_PAYLOAD,
    RejectCode.TOO_SMALL: INVALID_PAYLOAD,
}
_TIF = {
    OrderType.GTC: Tif.GTC,
    OrderType.GTD: Tif.GTC,
    OrderType.FAK: Tif.IOC,
    OrderType.FOK: Tif.FOK,
}


@attrs.define(eq=False)
class Desk:
    """Takes orders to the engine and back."""

    exchange: Exchange
    registry: Registry
    publisher: Publisher
    agenda: Agenda
    approvals: Approvals
    conditions: Conditions
    now_ns: Callable[[], Ns]

    def place(self, checked: CheckedOrder) -> Json:
        """Place an order, or hold it back where the market does that; returns the answer.

        Raises ApiError, and then nothing happened.
        """
        if self.registry.find(checked.id) is not None:
            raise duplicated(checked.id)
        order = _api_order(checked, self.now_ns())
        if checked.takes and not order.post_only and self._delays(order.state):
            return self._hold(order)
        self.registry.add(order)
        try:
            matches = self._enter(order)
        except ApiError:
            self.registry.remove(order)
            raise
        return _answer(order, "matched" if matches else "live", matches)

    def cancel(self, order_ids: Iterable[str], address: str) -> Json:
        """Cancel an address's orders; returns the answer, with a reason for each that stays."""
        canceled, kept = [], {}
        for order_id in order_ids:
            reason = self._cancel_one(order_id, address)
            if reason:
                kept[order_id] = reason
            else:
                canceled.append(order_id)
        self.publisher.flush()
        return {"canceled": canceled, "not_canceled": kept}

    # --- entering -------------------------------------------------------------------------------

    def _enter(self, order: ApiOrder) -> Sequence[Match]:
        """Bring an order to the engine. Raises ApiError where it is refused or killed unfilled."""
        self._check_allowance(order)
        try:
            order.sim, matches = self._place(order)
        except Rejection as rejection:
            raise refusal(rejection, order) from rejection
        if not matches and not order.sim.open:
            raise bad_request(_killed(order, order.sim))
        if order.order_type is OrderType.GTD:
            end_ns = Ns((order.expiration_s - GTD_EARLY_S) * NS_PER_S)
            self.agenda.at(end_ns, lambda: self._expire(order))
        self.publisher.flush()
        return matches

    def _place(self, order: ApiOrder) -> tuple[SimOrder, list[Match]]:
        return self.exchange.place(
            id=order.id,
            account=order.wallet.account,
            market=order.state.listing.id,
            outcome=order.outcome,
            action=order.action,
            limit=order.limit,
            qty=order.shares,
            tif=_TIF[order.order_type],
            post_only=order.post_only,
            spend=order.spend,
            tag=order.owner,
            stp=self.conditions.self_trades,
        )

    def _check_allowance(self, order: ApiOrder) -> None:
        """Raise ApiError (400) where the exchange may not take what the order gives."""
        listing = order.state.listing
        spender = Domain.of(listing.version, neg_risk=listing.neg_risk).value[1]
        if order.action is Action.BUY:
            keeper = Contract.PUSD
            need: int = cost(order.limit, order.shares) if order.spend is None else order.spend
        else:
            keeper = Contract.CTF if listing.version == "v1" else Contract.POSITION_MANAGER
            need = order.shares
        allowance = self.approvals.allowance(order.wallet.account, keeper, spender)
        if allowance < need:
            raise no_allowance(spender, allowance, need)

    # --- holding --------------------------------------------------------------------------------

    def _delays(self, state: MarketState) -> bool:
        """Say whether a market holds takers now: games do from their start on."""
        if self.conditions.hold_takers_s:
            return True
        start_ns = state.listing.game_start_ns
        early = start_ns is not None and self.now_ns() < start_ns
        return bool(state.listing.seconds_delay) and not (
            early and not self.conditions.delays_before_start
        )

    def _hold(self, order: ApiOrder) -> Json:
        """Keep a taker back for as long as its market asks; makers may leave meanwhile."""
        self.registry.add(order)
        delay_s = max(order.state.listing.seconds_delay, self.conditions.hold_takers_s)
        self.agenda.after(delay_s, lambda: self._release(order))
        return _answer(order, "delayed", ())

    def _release(self, order: ApiOrder) -> None:
        """Bring a held order to the engine; nobody waits for the answer."""
        try:
            if not order.state.accepting or not order.state.has_book:
                raise market_not_ready()
            if self.conditions.delayed_lost:
                raise Refusal.MATCH_DELAYED.error
            self._enter(order)
        except ApiError as error:
            order.sim = None
            order.dropped = error.text
            self.publisher.flush()
            self.publisher.teller.tell_order(order)

    # --- leaving --------------------------------------------------------------------------------

    def _cancel_one(self, order_id: str, address: str) -> str:
        """Cancel one order; returns why not, "" where it is cancelled."""
        order = self.registry.find(order_id)
        if order is None or order.wallet.signer.lower() != address.lower():
            return NOT_FOUND
        if order.live and order.sim is None:
            return HELD
        return "" if self.exchange.cancel(order_id) else GONE

    def _expire(self, order: ApiOrder) -> None:
        self.exchange.cancel(order.id, "expired")
        self.publisher.flush()


def refusal(rejection: Rejection, order: ApiOrder) -> ApiError:
    """The engine's refusal in the venue's words."""
    figures = rejection.figures
    match rejection.code:
        case RejectCode.NO_BALANCE | RejectCode.NO_POSITION:
            return not_enough(figures["balance"], figures["active"], figures["order"])
        case RejectCode.OFF_GRID:
            return breaks_tick(order.id, plain_text(order.limit), plain_text(order.state.tick))
        case RejectCode.DUPLICATE:
            return duplicated(order.id)
        case RejectCode.UNKNOWN_MARKET:
            return no_book()
        case _:
            return bad_request(_REFUSALS[rejection.code])


def _killed(order: ApiOrder, sim: SimOrder) -> str:
    if order.order_type is OrderType.FAK:
        return FAK_UNMATCHED
    return SELF_TRADE if sim.end_reason == "self_trade" else FOK_UNFILLED


def _api_order(checked: CheckedOrder, now_ns: Ns) -> ApiOrder:
    request = checked.request
    return ApiOrder(
        id=checked.id,
        wallet=checked.wallet,
        owner=request.owner,
        state=checked.state,
        outcome=checked.outcome,
        action=checked.terms.action,
        order_type=request.order_type,
        limit=checked.limit,
        shares=checked.terms.shares,
        spend=checked.terms.spend,
        expiration_s=request.expiration_s,
        post_only=request.post_only,
        created_ns=now_ns,
    )


def _answer(order: ApiOrder, status: str, matches: Sequence[Match]) -> Json:
    """What POST /order returns: amounts as the order's owner gave and got them, fees apart."""
    dollars = sum(worth(match, match.taker) for match in matches)
    shares = sum(match.qty for match in matches)
    making, taking = (dollars, shares) if order.action is Action.BUY else (shares, dollars)
    return {
        "success": True,
        "errorMsg": "",
        "orderID": order.id,
        "status": status,
        "makingAmount": plain_text(making) if matches else "",
        "takingAmount": plain_text(taking) if matches else "",
        "transactionsHashes": [],
        "tradeIDs": list(order.trades),
    }
