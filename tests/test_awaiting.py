"""Pairs that wait for a person can be decided beside a running bot, as the desk of commands does."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import attrs
import pytest

from arb.awaiting import Awaiting, await_person
from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.discovery import discover
from arb.market.errors import Refused
from arb.market.units import Ns
from arb.outside import Venues, open_venues
from arb.pairing.decision import Decision, Origin, PairDecided
from arb.roll import call_roll
from arb.settings import Settings
from arb.store.journal import Journal
from arb.web.desks import Verdict

SEED = 7
NO = Verdict(approves=False, who="Ada", why="other days", yes_is_yes=None, despite=False)
YES = Verdict(approves=True, who="Ada", why="read both", yes_is_yes=True, despite=False)


def with_venues(home: Path, act: Callable[[Settings, Venues], Awaitable[None]]) -> None:
    """Open the simulated venues as a run does, and act."""
    settings = read_settings({"data_dir": str(home), "seed": SEED})

    async def main() -> None:
        async with open_venues(settings, virtual_surroundings(SEED)) as venues:
            await act(settings, venues)

    run_virtually(main, SEED)


async def read_desk(
    settings: Settings, venues: Venues, decided: Sequence[PairDecided] = ()
) -> Awaiting:
    catalogues = await discover(venues.outside, lambda _: None)
    called = call_roll(catalogues, venues, decided, settings, venues.outside.now_ns())
    return await_person(catalogues, venues, decided, called)


def with_desk(home: Path, act: Callable[[Awaiting], Awaitable[None]]) -> None:
    """Act on what waits at such venues."""

    async def read_and_act(settings: Settings, venues: Venues) -> None:
        await act(await read_desk(settings, venues))

    with_venues(home, read_and_act)


def test_a_pair_that_waits_is_decided_once(tmp_path: Path) -> None:
    """Both texts are shown; a no is written down with who and why, and the pair waits no more."""

    async def act(desk: Awaiting) -> None:
        before = desk.waiting()
        first = before[0]
        assert first["kalshi"]["rules"]
        assert first["polymarket"]["rules"]
        assert first["flags"]
        assert "rejected" in await desk.decide(first["pair"], NO)
        assert [one["pair"] for one in desk.waiting()] == [one["pair"] for one in before[1:]]
        journal = Journal(desk.desk.store_file)
        (kept,) = journal.pair_decisions()
        journal.close()
        assert (kept.decision, kept.origin, kept.who) == (Decision.REJECTED, Origin.DESK, "Ada")

    with_desk(tmp_path, act)


def test_a_yes_against_the_texts_is_refused_with_reasons(tmp_path: Path) -> None:
    """It needs another word than the reason; and a pair that does not wait cannot be decided."""

    async def act(desk: Awaiting) -> None:
        with pytest.raises(Refused, match=r".+"):
            await desk.decide(desk.waiting()[0]["pair"], YES)
        with pytest.raises(Refused, match="no pair that waits"):
            await desk.decide("00000000", NO)
        assert not desk.desk.store_file.exists()

    with_desk(tmp_path, act)


def test_an_approval_on_other_texts_waits_until_it_is_given_anew(tmp_path: Path) -> None:
    """Its texts changed since, so it is not traded: a person has to look again, once."""

    async def act(settings: Settings, venues: Venues) -> None:
        claim = next(one for one in venues.pairs if one.verified)
        same = claim.polymarket_yes_is_kalshi_yes
        old = PairDecided(
            kalshi=claim.kalshi,
            polymarket=claim.polymarket,
            decision=Decision.APPROVED,
            yes_is_yes=same,
            origin=Origin.DESK,
            who="Bea",
            why="on the texts of then",
            at_ns=Ns(1),
            kalshi_text="other",
            polymarket_text="other",
        )
        desk = await read_desk(settings, venues, [old])
        (waits,) = [one for one in desk.waiting() if one["status"] == "approved"]
        assert waits["flags"][0].startswith("changed text")
        yes = attrs.evolve(YES, yes_is_yes=same)
        assert "next start" in await desk.decide(waits["pair"], yes)
        assert waits["pair"] not in {one["pair"] for one in desk.waiting()}

    with_venues(tmp_path, act)


def test_only_texts_that_a_decision_needs_are_kept(tmp_path: Path) -> None:
    """A venue lists tens of thousands; of them the flagged ones and their events stay."""

    async def act(desk: Awaiting) -> None:  # noqa: ASYNC124 - `with_desk` awaits it
        examiner = desk.desk.examiner
        flagged = {market for key in desk.flags for market in key}
        siblings = {one for market in flagged for one in examiner.siblings.get(market, ())}
        assert set(examiner.questions) <= flagged | siblings
        assert flagged & set(examiner.questions)

    with_desk(tmp_path, act)
