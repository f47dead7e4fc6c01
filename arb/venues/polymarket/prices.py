"""Prices of the wire by their spelling: a dictionary instead of a parser on the hot path.

Every tick of the venue is a multiple of 0.0001, so 10,001 prices in their usual spellings cover
all that arrives; any other spelling is left to the exact path.
"""

from collections.abc import Iterator

from arb.market.units import MICRO, Px, complement

_STEP = 100
"""Millionths: the finest tick."""
_PLACES = 4
"""Decimals of the finest tick."""


def _spellings(px: int) -> Iterator[str]:
    """How a price may be written: with or without leading zero and trailing zeros."""
    whole, rest = divmod(px // _STEP, MICRO // _STEP)
    digits = f"{rest:0{_PLACES}d}"
    shortest = len(digits.rstrip("0"))
    if not shortest:
        yield str(whole)
    for places in range(max(shortest, 1), _PLACES + 1):
        yield f"{whole}.{digits[:places]}"
        if not whole and rest:
            yield f".{digits[:places]}"


PRICES: dict[str, Px] = {
    spelling: Px(px) for px in range(0, MICRO + 1, _STEP) for spelling in _spellings(px)
}
"""Spelling to price."""
MIRRORED: dict[str, Px] = {spelling: complement(px) for spelling, px in PRICES.items()}
"""Spelling to the other token's price."""
STATED_BIDS: dict[str, int] = {
    "": 0,
    **{spelling: px if px < MICRO else 0 for spelling, px in PRICES.items()},
}
"""Spelling of a stated best bid to its price; 0 where it says that there is none."""
STATED_ASKS: dict[str, int] = {
    "": MICRO,
    **{spelling: px or MICRO for spelling, px in PRICES.items()},
}
"""Spelling of a stated best ask to its price; 1,000,000 where it says that there is none."""
MIRRORED_BIDS: dict[str, int] = {text: MICRO - px for text, px in STATED_BIDS.items()}
"""Spelling of a stated best bid to the other token's best ask."""
MIRRORED_ASKS: dict[str, int] = {text: MICRO - px for text, px in STATED_ASKS.items()}
"""Spelling of a stated best ask to the other token's best bid."""
