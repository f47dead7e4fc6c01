"""Start-up is recovery: read the journal, ask the venues, agree, and only then trade.

A first start, a clean restart and a restart after `kill -9` all go this way.
"""

from arb.recovery.accounts import objections as objections
from arb.recovery.accounts import read_account as read_account
from arb.recovery.books import ledger_from as ledger_from
from arb.recovery.recovered import Recovered as Recovered
from arb.recovery.recovered import report_lines as report_lines
from arb.recovery.start import Recovery as Recovery
