"""What clients say on a socket, checked; and the errors they get for it."""

import enum
import zlib
from collections.abc import Sequence

import attrs
import msgspec

PARTS_MOST = 100
"""The highest `shard_factor`."""


class Fault(enum.Enum):
    """An error of the socket protocol: its code and its words (docs: websockets)."""

    UNREADABLE = (1, "Unable to process message")
    PARAMS_REQUIRED = (2, "Params required")
    CHANNELS_REQUIRED = (3, "Channels required")
    SIDS_REQUIRED = (4, "Subscription IDs required")
    UNKNOWN_COMMAND = (5, "Unknown command")
    UNKNOWN_SID = (7, "Unknown subscription ID")
    UNKNOWN_CHANNEL = (8, "Unknown channel name")
    INVALID_PARAMETER = (11, "Invalid parameter")
    ONE_SID_REQUIRED = (12, "Exactly one subscription ID is required")
    UNSUPPORTED_ACTION = (13, "Unsupported action")
    TICKER_REQUIRED = (14, "Market Ticker required")
    ACTION_REQUIRED = (15, "Action required")
    MARKET_NOT_FOUND = (16, "Market not found")
    SHARD_FACTOR_TOO_LOW = (19, "shard_factor must be > 0")
    SHARD_FACTOR_REQUIRED = (20, "shard_factor is required when shard_key is set")
    SHARD_KEY_OUT_OF_RANGE = (21, "shard_key must be >= 0 and < shard_factor")
    SHARD_FACTOR_TOO_HIGH = (22, "shard_factor must be <= 100")
    OVERFLOW = (25, "Subscription buffer overflow")
    TOO_MANY_MARKETS = (26, "Subscription market limit exceeded")
    TOO_MANY_COMMANDS = (27, "Too many requests")

    @property
    def code(self) -> int:
        """Its number."""
        return self.value[0]

    @property
    def words(self) -> str:
        """Its text."""
        return self.value[1]


@attrs.define(eq=False)
class BadCommand(Exception):
    """A command that cannot be carried out."""

    fault: Fault
    command_id: int = 0


@attrs.frozen
class Part:
    """One part of all markets, where a client spreads them over connections.

    By which rule the venue divides them is not published; any that is stable will do.
    """

    factor: int = 1
    key: int = 0

    def holds(self, ticker: str) -> bool:
        """Say whether a market is in this part."""
        return zlib.crc32(ticker.encode()) % self.factor == self.key


@attrs.frozen
class Wishes:
    """How a client wants a subscription."""

    tickers: tuple[str, ...] | None
    """Each market once; None for all of them."""
    ids: tuple[str, ...] | None
    """Markets by their `market_id`."""
    yes_price: bool | None
    """None where the client leaves it to the venue."""
    quiet: bool
    snapshot: bool
    part: Part


@attrs.frozen
class Command:
    """One command; `id` is 0 where the client gave none."""

    id: int
    name: str
    params: dict[str, object] | None

    def required(self) -> dict[str, object]:
        """The parameters. Raises BadCommand where there are none."""
        if not self.params:
            raise BadCommand(Fault.PARAMS_REQUIRED, self.id)
        return self.params

    def flag(self, name: str) -> bool:
        """A boolean parameter, false where it is not given."""
        value = self.required().get(name, False)
        if not isinstance(value, bool):
            raise BadCommand(Fault.INVALID_PARAMETER, self.id)
        return value

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts, None where it is not given."""
        value = self.required().get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadCommand(Fault.INVALID_PARAMETER, self.id)
        return tuple(dict.fromkeys(value))

    def tickers(self) -> tuple[str, ...] | None:
        """The markets that are named by ticker, each once; None where none are.

        `market_ticker` or `market_tickers`, never both.
        """
        return self._one_or_many("market_ticker", "market_tickers")

    def market_ids(self) -> tuple[str, ...] | None:
        """The markets that are named by id, each once; None where none are."""
        return self._one_or_many("market_id", "market_ids")

    def _one_or_many(self, one: str, many: str) -> tuple[str, ...] | None:
        several, single = self.texts(many), self.required().get(one)
        if single is None:
            return several
        if several is not None or not isinstance(single, str):
            raise BadCommand(Fault.INVALID_PARAMETER, self.id)
        return (single,)

    def wishes(self) -> Wishes:
        """Everything about a subscription but its channels."""
        params = self.required()
        return Wishes(
            tickers=self.tickers(),
            ids=self.market_ids(),
            yes_price=self.flag("use_yes_price") if "use_yes_price" in params else None,
            quiet=self.flag("skip_ticker_ack"),
            snapshot=self.flag("send_initial_snapshot"),
            part=self.part(),
        )

    def part(self) -> Part:
        """`shard_factor` and `shard_key`: into how many parts all markets go, and which is meant."""
        factor, key = self._integer("shard_factor"), self._integer("shard_key")
        if factor is None:
            if key is not None:
                raise BadCommand(Fault.SHARD_FACTOR_REQUIRED, self.id)
            return Part()
        if factor <= 0:
            raise BadCommand(Fault.SHARD_FACTOR_TOO_LOW, self.id)
        if factor > PARTS_MOST:
            raise BadCommand(Fault.SHARD_FACTOR_TOO_HIGH, self.id)
        if not 0 <= (key or 0) < factor:
            raise BadCommand(Fault.SHARD_KEY_OUT_OF_RANGE, self.id)
        return Part(factor, key or 0)

    def _integer(self, name: str) -> int | None:
        value = self.required().get(name)
        if value is not None and type(value) is not int:
            raise BadCommand(Fault.INVALID_PARAMETER, self.id)
        return value

    def sids(self) -> tuple[int, ...]:
        """The subscriptions that are meant, by `sid` or `sids`."""
        params = self.required()
        value = params.get("sids", [params["sid"]] if "sid" in params else [])
        if not isinstance(value, list) or not all(type(one) is int for one in value):
            raise BadCommand(Fault.INVALID_PARAMETER, self.id)
        return tuple(value)


def read_command(text: str | bytes) -> Command:
    """Read one frame of a client. Raises BadCommand where it is no command."""
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise BadCommand(Fault.UNREADABLE) from error
    if not isinstance(data, dict):
        raise BadCommand(Fault.UNREADABLE)
    number = data.get("id", 0)
    if type(number) is not int or number < 0:
        raise BadCommand(Fault.UNREADABLE)
    name, params = data.get("cmd"), data.get("params")
    if not isinstance(name, str):
        raise BadCommand(Fault.UNKNOWN_COMMAND, number)
    if params is not None and not isinstance(params, dict):
        raise BadCommand(Fault.PARAMS_REQUIRED, number)
    return Command(number, name, params)


def error_message(fault: Fault, tickers: Sequence[str] = ()) -> dict[str, object]:
    """The `msg` of an error frame; names the markets it is about, if any."""
    msg: dict[str, object] = {"code": fault.code, "msg": fault.words}
    if len(tickers) == 1:
        msg["market_ticker"] = tickers[0]
    elif tickers:
        msg["market_tickers"] = list(tickers)
    return msg
