"""Prices of the wire by their spelling: a dictionary instead of a parser on the hot path.

Every tick of the venue is a multiple of 0.0001, so 10,001 prices in their usual spellings cover
all that arrives; any other spelling is left to the exact path.

What is common stands together in memory, and a price is one object wherever it is used: with tens
of thousands of books it is the waiting for memory that takes the time.
"""

from collections.abc import Iterator

from arb.market.units import MICRO, Px, plain_text

_STEP = 100
"""Millionths: the finest tick."""
_PLACES = 4
"""Decimals of the finest tick."""
_GRID = [Px(px) for px in range(0, MICRO + 1, _STEP)]
_COMMON_FIRST = sorted(_GRID, key=lambda px: (px % 10_000 > 0) + (px % 1_000 > 0))

Face = tuple[Px, Px, str]
"""A price, the other token's, and how the other token's is usually written."""


def _mirror(px: Px) -> Px:
    return _GRID[(MICRO - px) // _STEP]


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


PRICES: dict[str, Px] = {spelling: px for px in _COMMON_FIRST for spelling in _spellings(px)}
"""Spelling to price."""
MIRRORED: dict[str, Px] = {spelling: _mirror(px) for spelling, px in PRICES.items()}
"""Spelling to the other token's price."""
_OWN_FACES: dict[Px, Face] = {
    px: (px, _mirror(px), plain_text(_mirror(px))) for px in _COMMON_FIRST
}
FACES: dict[str, Face] = {spelling: _OWN_FACES[px] for spelling, px in PRICES.items()}
"""Spelling of a level's price to its face."""
BID_FACES: dict[str, Face] = {
    spelling: _OWN_FACES[px] if px < MICRO else (_GRID[0], _GRID[-1], "0")
    for spelling, px in PRICES.items()
} | {"": (_GRID[0], _GRID[-1], "")}
"""Spelling of a stated best bid to its face; 0 where it says that there is none."""
ASK_FACES: dict[str, Face] = {
    spelling: _OWN_FACES[px] if px else (_GRID[-1], _GRID[0], "1")
    for spelling, px in PRICES.items()
} | {"": (_GRID[-1], _GRID[0], "")}
"""Spelling of a stated best ask to its face; 1,000,000 where it says that there is none."""
