"""How commands say what went wrong, and with which exit code they end."""

from arb.commands.setup import tell_failure
from arb.credentials import CredentialFault
from arb.detect.rules_file import RulesFault
from arb.ending import Exit, Stopped
from arb.market.errors import ArbError
from arb.pairing.pairs_file import PairsFault
from arb.settings import SettingsFault
from arb.store.journal import StoreFailed
from arb.store.lock import Occupied


def fail(error: ArbError) -> int:
    """Say what went wrong; returns the exit code of its kind."""
    return tell_failure(str(error), _code(error))


def _code(error: ArbError) -> Exit:
    match error:
        case SettingsFault() | CredentialFault() | PairsFault() | RulesFault():
            return Exit.USAGE
        case Occupied():
            return Exit.OCCUPIED
        case StoreFailed():
            return Exit.STORE_FAILED
        case Stopped():
            return error.code
        case _:
            return Exit.ERROR
