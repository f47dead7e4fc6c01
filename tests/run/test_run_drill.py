"""`arb drill` as a user runs it; CI plays one stop of each of its two lanes."""

import json

from arb.ending import Exit
from tests.run.program import Bot


def test_a_drill_proves_stops_of_both_lanes(bot: Bot) -> None:
    """A signal and a crash loop, side by side: clean ends, true books, nothing left resting."""
    done = bot.run("drill", "--json", "--only", "SIGTERM", "--only", "crash loop")
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    drills = json.loads(done.stdout)["drills"]
    assert {drill["stop"] for drill in drills} == {"stop", "crash loop"}
    assert all(drill["ok"] and drill["resting"] == 0 for drill in drills)
