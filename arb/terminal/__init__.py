"""What a terminal shows."""

from arb.terminal.displays import LiveDisplay as LiveDisplay
from arb.terminal.displays import PlainDisplay as PlainDisplay
from arb.terminal.displays import choose_display as choose_display
from arb.terminal.words import contracts as contracts
from arb.terminal.words import dollars as dollars
