"""Every stop, by every way it can be asked for: what it took, and what rested afterwards."""

import json
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import attrs
import trio

from arb.drill.stage import Bot, Stage, eventually, spawn, until
from arb.ending import Exit
from arb.market.instruments import Venue
from arb.messages import Level
from arb.risk.standing import KILL_FILE, LEVELS, OPERATOR, Verb
from arb.store.lock import write_locked

STOP_S = 30.0
"""For a bot to end, whatever made it."""
SWITCH_S = 40.0
"""For a dead man's switch to fall: the venue waits 10 s and looks every 5."""
HELD = (Verb.PAUSE, Verb.REDUCE, Verb.FLATTEN)
"""Verbs that leave the bot running."""
QUICK_BREAKERS = {
    "ARB__BREAKERS__FAILURES": "3",
    "ARB__BREAKERS__PAUSE_FIRST_MS": "1000",
    "ARB__EXECUTION__FILLS_POLL_MS": "300",
}
"""So that a drill need not wait for minutes: fewer failures, asked for more often."""
BOOKS_AGREE = "books agree"
_AT_ONCE = "in force from the start of this scene, whose cap is one cent: nothing is begun"
NO_LOSS_LEFT = {"ARB__LIMITS__MAX_DAY_LOSS_USD": '"0.01"'}


@attrs.frozen
class Drilled:
    """One stop that was tried."""

    stop: str
    way: str
    took_ms: int
    resting: int
    """Orders of the account that rested when it was done."""
    ok: bool
    detail: str


Tell = Callable[[Drilled], None]


@attrs.frozen
class Exercises:
    """All of them, in groups that share a bot. Each tells what it found; none stops the others."""

    stage: Stage
    tell: Tell

    def groups(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        """Names and doing."""
        return (
            ("verbs", self.verbs),
            ("KILL file", self.kill_file),
            ("SIGTERM", lambda: self.ended_by_signal(signal.SIGTERM)),
            ("SIGINT", lambda: self.ended_by_signal(signal.SIGINT)),
            ("limits and store", self.limits_and_store),
            ("dead man", self.dead_man),
        )

    # --- while it runs --------------------------------------------------------------------------

    async def verbs(self) -> None:
        """Every verb by every way, venue files and breakers, on one bot; `kill` ends it."""
        async with self.stage.bot("verbs", **QUICK_BREAKERS) as bot:
            for verb in HELD:
                await self._by_command(bot, verb)
                await self._by_file(bot, verb)
            await self._by_signal(bot)
            for venue in Venue:
                await self._by_venue_file(bot, venue)
            await self._breaker(bot)
            await self._ends(
                bot, "kill", "command", Exit.KILLED, lambda: self._command(bot, Verb.KILL)
            )
            await self._command(bot, Verb.RESUME)  # or no other bot would start

    async def _by_command(self, bot: Bot, verb: Verb) -> None:
        await self._make_rest(verb)
        started = trio.current_time()
        answer = await self._command(bot, verb)
        took = await self._swept(verb, started)
        held = bot.hold(OPERATOR)
        ok = held is not None and held.level is LEVELS[verb] and answer["followed"] is True
        words = f"the bot followed after {answer['after_ms']} ms"
        await self._told(verb, "command", took, words, ok=ok)
        resumed = await self._command(bot, Verb.RESUME)
        if not resumed["followed"] or bot.hold(OPERATOR) is not None:
            await self._told(Verb.RESUME, "command", 0, "it is still held", ok=False)

    async def _by_file(self, bot: Bot, verb: Verb) -> None:
        await self._make_rest(verb)
        started = trio.current_time()
        bot.kill_file.write_text(f"{verb} a drill")
        seen = await until(lambda: bot.hold(KILL_FILE), f"{verb} by file", STOP_S)
        took = max(seen, await self._swept(verb, started))
        held = bot.hold(KILL_FILE)
        ok = held is not None and held.level is LEVELS[verb]
        bot.kill_file.unlink()
        lifted = await until(lambda: not bot.hold(KILL_FILE), "the file's end", STOP_S)
        await self._told(verb, "KILL file", took, f"lifted {lifted} ms after its removal", ok=ok)

    async def _by_signal(self, bot: Bot) -> None:
        bot.process.send_signal(signal.SIGUSR1)
        took = await until(lambda: bot.hold(OPERATOR), "SIGUSR1", STOP_S)
        bot.process.send_signal(signal.SIGUSR2)
        lifted = await until(lambda: not bot.hold(OPERATOR), "SIGUSR2", STOP_S)
        words = f"SIGUSR2 resumed after {lifted} ms"
        await self._told(Verb.PAUSE, "SIGUSR1", took, words, ok=True)

    async def _by_venue_file(self, bot: Bot, venue: Venue) -> None:
        await self.stage.rest(venue)
        file = bot.kill_file.with_name(f"KILL.{venue}")
        started = trio.current_time()
        file.touch()
        await until(lambda: bot.hold(KILL_FILE, venue), f"{file.name}", STOP_S)
        took = await self._swept(Verb.FLATTEN, started)
        ok = bot.hold(KILL_FILE) is None  # nothing is said of the other venue
        file.unlink()
        await until(lambda: not bot.hold(KILL_FILE, venue), "the file's end", STOP_S)
        await self._told("venue barred", file.name, took, "the other one trades on", ok=ok)

    async def _breaker(self, bot: Bot) -> None:
        await self.stage.inject("server_error venue=kalshi endpoint='GET *portfolio*' for_s=4")
        started = trio.current_time()
        await until(lambda: bot.hold("breakers", Venue.KALSHI), "an open breaker", STOP_S)
        took = round(1000 * (trio.current_time() - started))
        lifted = await until(
            lambda: not bot.hold("breakers", Venue.KALSHI), "a probe that is answered", STOP_S
        )
        words = f"kalshi barred; closed by a probe {lifted} ms later"
        await self._told("breaker", "failed calls", took, words, ok=True)

    # --- what ends it ---------------------------------------------------------------------------

    async def kill_file(self) -> None:
        """`touch KILL` ends it, and none starts while it is there."""
        async with self.stage.bot("kill_file") as bot:
            await self._ends(bot, "kill", "KILL file", Exit.KILLED, bot.kill_file.touch)
            with (bot.home / "again.txt").open("wb") as out:
                started = trio.current_time()
                args = ["run", "--for", "1", "--data-dir", str(bot.data_dir)]
                again = await spawn(args, bot.home, {}, out, out)
                code = await again.wait()
            took = round(1000 * (trio.current_time() - started))
            words = f"a new start ends with exit code {code}"
            await self._told("no start", "KILL file", took, words, ok=code == Exit.KILLED)

    async def ended_by_signal(self, number: signal.Signals) -> None:
        """Stops cleanly: nothing rests, exit code 0."""
        async with self.stage.bot(number.name) as bot:
            await self._ends(
                bot, "stop", number.name, Exit.OK, lambda: bot.process.send_signal(number)
            )

    async def limits_and_store(self) -> None:
        """A day's loss that is used up, and then a store that cannot be written."""
        async with self.stage.bot("limits", **NO_LOSS_LEFT) as bot:
            took = await until(lambda: bot.hold("daily loss"), "the loss halt", STOP_S)
            held = bot.hold("daily loss")
            ok = held is not None and held.level is Level.PAUSED
            await self._told("loss halt", "daily loss", took, _AT_ONCE, ok=ok)
            with write_locked(bot.data_dir / "arb.db"):
                await self._ends(
                    bot,
                    "store failure",
                    "locked store",
                    Exit.STORE_FAILED,
                    bot.kill_file.with_name("KILL.kalshi").touch,  # something to write down
                )

    async def dead_man(self) -> None:
        """SIGKILL: the bot is gone at once, and the venue cancels what it left resting."""
        async with self.stage.bot("dead_man") as bot:
            await self.stage.rest(Venue.POLYMARKET)
            bot.process.kill()
            await bot.ended()
            took = await eventually(self.stage.resting, 0, "the switch to fall", SWITCH_S)
            words = "cancelled by Polymarket; on Kalshi the bot only sends what cannot rest"
            await self._told("dead man's switch", "SIGKILL", took, words, ok=True)

    async def _ends(
        self, bot: Bot, stop: str, way: str, code: Exit, act: Callable[[], Awaitable[object] | None]
    ) -> None:
        await self.stage.rest(*Venue)
        started = trio.current_time()
        doing = act()
        if doing is not None:
            await doing
        found = -1
        with trio.move_on_after(STOP_S):
            found = await bot.ended()
        took = round(1000 * (trio.current_time() - started))
        summary = _summary(bot.home / "out.txt")
        words = f"exit code {found}, {summary}"
        true_books = code is Exit.STORE_FAILED or summary == BOOKS_AGREE
        await self._told(stop, way, took, words, ok=found == code and true_books)

    # --- common ---------------------------------------------------------------------------------

    async def _command(self, bot: Bot, verb: Verb) -> dict[str, object]:
        """Run the command as an operator would, in a process of its own."""
        name = bot.home / f"{verb}-{time.monotonic_ns()}.json"
        with name.open("wb") as out, (bot.home / "commands.txt").open("ab") as err:
            data_dir = str(bot.data_dir)
            args = [verb.value, "--data-dir", data_dir, "--why", "a drill", "--json"]
            process = await spawn(args, bot.home, {}, out, err)
            await process.wait()
        answer: dict[str, object] = json.loads(name.read_text(encoding="utf-8"))
        return answer

    async def _make_rest(self, verb: Verb) -> None:
        if verb is Verb.FLATTEN:
            await self.stage.rest(*Venue)

    async def _swept(self, verb: Verb, started: float) -> int:
        """Wait until nothing rests, where the verb says so; milliseconds since then."""
        if verb is Verb.FLATTEN:
            await eventually(self.stage.resting, 0, "an empty book")
        return round(1000 * (trio.current_time() - started))

    async def _told(self, stop: str, way: str, took: int, words: str, *, ok: bool) -> None:
        resting = await self.stage.resting()
        self.tell(Drilled(stop, way, took, resting, ok and resting == 0, words))


def _summary(file: Path) -> str:
    """What the bot said of its books at the end."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return "without a summary"
    if not told["compared"]:
        return "books not compared"
    return "; ".join(told["differences"]) or BOOKS_AGREE
