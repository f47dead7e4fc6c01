"""The venue's checks of an order before it meets the matching engine, in the venue's order.

Each raises ApiError with the venue's own words. What needs the engine's knowledge (duplicates,
balances, crossing) comes after these, with the placement.
"""

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Px, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.amounts import Terms, check_decimals, limit_of, read_terms
from arb.sim.polymarket.book_views import token_book
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.errors import (
    WrongVersion,
    bad_request,
    below_minimum,
    market_not_ready,
    no_book,
    too_little_money,
)
from arb.sim.polymarket.keys import ApiKey, KeyRing, Wallet, Wallets
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.payload import OrderRequest
from arb.sim.polymarket.registry import OrderType
from arb.sim.polymarket.signatures import Domain, order_hash, owner_of, signer_of
from arb.sim.polymarket.wire import NS_PER_S

DEPOSIT_WALLET = 3
GTD_AHEAD_S = 180
"""A GTD order must end at least this far ahead (docs: place-orders)."""
LEAST_TAKE = MICRO
"""Micro-dollars: an order that takes is worth a dollar at least (recorded refusals)."""


@attrs.frozen
class CheckedOrder:
    """An order that may be placed."""

    id: str
    request: OrderRequest
    wallet: Wallet
    state: MarketState
    outcome: Outcome
    terms: Terms
    limit: Px
    takes: bool
    """It would meet somebody now."""


@attrs.frozen
class Checker:
    """Everything that the checks look at."""

    exchange: Exchange
    shelf: Shelf
    wallets: Wallets
    ring: KeyRing
    conditions: Conditions

    def check(self, request: OrderRequest, key: ApiKey, now_ns: Ns) -> CheckedOrder:
        """Run every check. Raises ApiError."""
        wallet = self._wallet_of(request, key)
        state, outcome = self._market_of(request)
        domain = Domain.of(state.listing.version, neg_risk=state.listing.neg_risk)
        check_signature(request, wallet, domain)
        order_id = order_hash(request.signed, domain)
        if not state.accepting or not self._is_open(state):
            raise market_not_ready()
        terms = _terms_of(request)
        limit = limit_of(terms, state.tick, order_id)
        check_decimals(terms, state.tick, flat=self.conditions.flat_market_decimals)
        takes = self._takes(state, outcome, terms, limit)
        if self.conditions.market_minimum or not terms.market:
            check_shares(terms, state, order_id)
        check_dollars(terms, takes=takes)
        check_expiration(request, now_ns)
        return CheckedOrder(order_id, request, wallet, state, outcome, terms, limit, takes)

    def _wallet_of(self, request: OrderRequest, key: ApiKey) -> Wallet:
        owner = self.ring.find(request.owner)
        if owner is None or owner.address.lower() != key.address.lower():
            raise bad_request("the order owner has to be the owner of the API KEY")
        wallet = self.wallets.holding(request.signed.maker)
        _check_signer(request, key, wallet)
        if wallet is None or wallet.signature_type != request.signed.signature_type:
            raise bad_request("maker address not allowed")
        if wallet.banned:
            raise bad_request(f"'{wallet.funder}' address banned")
        if wallet.closed_only and request.signed.action is Action.BUY:
            raise bad_request(f"'{wallet.funder}' address in closed only mode")
        return wallet

    def _market_of(self, request: OrderRequest) -> tuple[MarketState, Outcome]:
        found = self.shelf.with_token(request.signed.token)
        if found is None or found[0].closed or not found[0].has_book:
            raise no_book()
        return found

    def _is_open(self, state: MarketState) -> bool:
        market = state.listing.id
        return self.exchange.is_open(market) and not self.exchange.is_halted(market)

    def _takes(self, state: MarketState, outcome: Outcome, terms: Terms, limit: Px) -> bool:
        book = token_book(self.exchange, state, outcome)
        return limit >= book.best_ask if terms.action is Action.BUY else limit <= book.best_bid


def check_signature(request: OrderRequest, wallet: Wallet, domain: Domain) -> None:
    """Raise ApiError (400) unless the wallet's key signed the order for this exchange."""
    recover = owner_of if request.signed.signature_type == DEPOSIT_WALLET else signer_of
    for candidate in (domain, *Domain):
        signer = recover(request.signed, request.signature, candidate)
        if signer is not None and signer.lower() == wallet.signer.lower():
            if candidate is not domain:
                raise WrongVersion
            return
    raise bad_request("invalid signature")


def check_shares(terms: Terms, state: MarketState, order_id: str) -> None:
    """Raise ApiError (400) for too few shares."""
    if terms.shares < state.listing.min_size:
        least = plain_text(state.listing.min_size)
        raise below_minimum(order_id, plain_text(terms.shares), least)


def check_dollars(terms: Terms, *, takes: bool) -> None:
    """Raise ApiError (400) for too few dollars, where the order takes."""
    takes_money = terms.market or (takes and terms.action is Action.BUY)
    if takes_money and terms.dollars < LEAST_TAKE:
        raise too_little_money(terms.action.upper(), plain_text(terms.dollars))


def check_expiration(request: OrderRequest, now_ns: Ns) -> None:
    """Raise ApiError (400): GTD orders need an end well ahead, others have none."""
    if request.order_type is OrderType.GTD:
        valid = request.expiration_s * NS_PER_S >= now_ns + GTD_AHEAD_S * NS_PER_S
    else:
        valid = request.expiration_s == 0
    if not valid:
        raise bad_request("invalid expiration")


def _check_signer(request: OrderRequest, key: ApiKey, wallet: Wallet | None) -> None:
    """Raise ApiError (400) unless the API key's address stands behind the order.

    A deposit wallet signs in its own name, all others in the name of their key.
    """
    order = request.signed
    by_wallet = order.signature_type == DEPOSIT_WALLET
    named = order.maker if by_wallet else key.address
    stranger = wallet is not None and wallet.signer.lower() != key.address.lower()
    if stranger or order.signer.lower() != named.lower():
        raise bad_request("the order signer address has to be the address of the API KEY")


def _terms_of(request: OrderRequest) -> Terms:
    order = request.signed
    market = not request.order_type.rests
    return read_terms(order.action, order.maker_amount, order.taker_amount, market=market)
