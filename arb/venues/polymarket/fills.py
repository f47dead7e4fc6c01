"""From the venue's trades to our fills. Pure.

A trade is one taker order against one or more maker orders, written from the taker's side; where
the makers hold the other token, their price is the mirror of ours. The same trade is told again
with every step of its settlement, by stream and by REST alike (docs: user-channel, get-trades).
"""

from collections.abc import Callable, Iterator, Sequence

import attrs

from arb.market.errors import Unintelligible
from arb.market.instruments import Action, Venue
from arb.market.units import Ns, Px, Qty, Usd, complement
from arb.messages import Fill, FillId, FillStatus, OrderKey, Role
from arb.venues.polymarket.directory import Contract
from arb.venues.polymarket.fields import Raw, moment, price, quantity, rows, text

_STATUSES = {
    "MATCHED": FillStatus.PROVISIONAL,
    "MATCHED_NOT_BROADCASTED": FillStatus.PROVISIONAL,
    "RETRYING": FillStatus.PROVISIONAL,
    "MINED": FillStatus.FIRM,
    "CONFIRMED": FillStatus.FIRM,
    "FAILED": FillStatus.REVERSED,
}
_ACTIONS = {"BUY": Action.BUY, "SELL": Action.SELL}

Find = Callable[[str], Contract | None]


class UnknownToken(Unintelligible):
    """A trade of ours in a contract that nobody has told us about."""


class IncompleteTrade(Unintelligible):
    """A trade whose maker orders do not add up to it: at which prices is not known."""


@attrs.frozen
class Identity:
    """By what our own orders are recognised in a trade."""

    owner: str
    """The API key."""
    wallet: str

    def owns(self, raw: Raw) -> bool:
        """Say whether a trade or a maker order is ours."""
        wallet = raw.get("maker_address")
        return raw.get("owner") == self.owner or (
            isinstance(wallet, str) and wallet.lower() == self.wallet.lower()
        )


def fills_of(raw: Raw, me: Identity, find: Find, *, whole: bool) -> list[Fill]:
    """Our fills in one trade: none, one or several.

    As taker we have one fill for each maker order, at its exact price. Where the maker orders do
    not add up, `whole` makes one fill of the whole trade at its own price; otherwise
    IncompleteTrade is raised. Only one reader of trades may ask for whole ones: the same trade
    told once whole and once in parts would count twice.

    Raises UnknownToken for a contract that `find` does not know, Unintelligible otherwise.
    """
    makers = rows(raw.get("maker_orders") or [])
    facts = _Facts.read(raw)
    found: list[Fill] = []
    if _is_taker(raw, me):
        found += _as_taker(raw, facts, makers, find, whole=whole)
    found += [
        _as_maker(raw, facts, maker, index, find)
        for index, maker in enumerate(makers)
        if me.owns(maker)
    ]
    return found


def tokens_of(raw: Raw) -> list[str]:
    """The tokens that a trade speaks of."""
    speaking = [raw, *rows(raw.get("maker_orders") or [])]
    return [text(one, "asset_id") for one in speaking]


@attrs.frozen
class _Facts:
    """What all fills of a trade share."""

    trade: str
    status: FillStatus
    at_ns: Ns

    @classmethod
    def read(cls, raw: Raw) -> "_Facts":
        word = text(raw, "status").removeprefix("TRADE_STATUS_")
        status = _STATUSES.get(word)
        if status is None:
            raise Unintelligible(f"a trade of unknown status {word!r:.80}")
        matched = raw.get("match_time") or raw.get("matchtime") or raw.get("timestamp")
        return cls(text(raw, "id"), status, moment(matched))

    def fill(  # noqa: PLR0913, PLR0917 - all that a fill says beyond its trade
        self, suffix: str, order: str, contract: Contract, deal: "_Deal", fee: Usd, role: Role
    ) -> Fill:
        return Fill(
            id=FillId(f"{self.trade}:{suffix}"),
            venue=Venue.POLYMARKET,
            market=contract.market,
            key=OrderKey(order),
            venue_order_id=order,
            outcome=contract.outcome,
            action=deal.action,
            px=deal.px,
            qty=deal.qty,
            fee=fee,
            at_ns=self.at_ns,
            status=self.status,
            role=role,
        )


@attrs.frozen
class _Deal:
    action: Action
    px: Px
    qty: Qty


def _is_taker(raw: Raw, me: Identity) -> bool:
    """Trust `trader_side`; the stream may leave it out, then the trade's own owner tells."""
    side = raw.get("trader_side")
    if side in (None, ""):
        return me.owns(raw)
    if side not in ("TAKER", "MAKER"):
        raise Unintelligible(f"neither taker nor maker: {side!r:.40}")
    return bool(side == "TAKER")


def _as_taker(
    raw: Raw, facts: _Facts, makers: Sequence[Raw], find: Find, *, whole: bool
) -> Iterator[Fill]:
    token = text(raw, "asset_id")
    contract = _known(token, find)
    order = text(raw, "taker_order_id")
    fees = contract.fees.taker_order()
    deals = _deals(raw, token, makers, whole=whole)
    for suffix, deal in deals.items():
        fee = fees.fill(deal.px, deal.qty, buys=deal.action is Action.BUY)
        yield facts.fill(suffix, order, contract, deal, fee, Role.TAKER)


def _deals(raw: Raw, token: str, makers: Sequence[Raw], *, whole: bool) -> dict[str, _Deal]:
    """The taker's executions by the suffix of their fill ids."""
    action, size = _action(raw), quantity(raw.get("size"))
    amounts = [quantity(maker.get("matched_amount")) for maker in makers]
    if sum(amounts) == size and size:
        return {
            str(index): _Deal(action, _price_in(token, maker), amount)
            for index, (maker, amount) in enumerate(zip(makers, amounts, strict=True))
            if amount
        }
    if not whole:
        raise IncompleteTrade(f"makers of trade {raw.get('id')!r:.80} do not add up to {size}")
    return {"whole": _Deal(action, price(raw.get("price")), size)}


def _as_maker(raw: Raw, facts: _Facts, maker: Raw, index: int, find: Find) -> Fill:
    contract = _known(text(maker, "asset_id"), find)
    qty = quantity(maker.get("matched_amount"))
    deal = _Deal(_maker_action(raw, maker), price(maker.get("price")), qty)
    fee = contract.fees.maker_order().fill(deal.px, qty, buys=deal.action is Action.BUY)
    order = text(maker, "order_id")
    return facts.fill(f"maker{index}", order, contract, deal, fee, Role.MAKER)


def _price_in(token: str, maker: Raw) -> Px:
    """A maker order's price in the terms of `token`: the other token's is mirrored."""
    px = price(maker.get("price"))
    return px if text(maker, "asset_id") == token else complement(px)


def _maker_action(raw: Raw, maker: Raw) -> Action:
    """A maker's side, which older messages leave out: opposite on the same token, else alike."""
    if maker.get("side"):
        return _action(maker)
    taker = _action(raw)
    return taker.other if maker.get("asset_id") == raw.get("asset_id") else taker


def _action(raw: Raw) -> Action:
    action = _ACTIONS.get(text(raw, "side").upper())
    if action is None:
        raise Unintelligible(f"neither bought nor sold: {raw['side']!r:.40}")
    return action


def _known(token: str, find: Find) -> Contract:
    contract = find(token)
    if contract is None:
        raise UnknownToken(f"a trade in token {token:.80}, which is not known")
    return contract
