"""The relayer: sends the signed batches of wallets that pay no gas, one at a time for each.

Docs: the official client's relayer actions. A batch is new, then executed, mined and confirmed; it
is invalid where it could not be done when it was about to be sent, failed where the chain reverted
it.
"""

import enum
import random
import uuid
from collections.abc import Callable, Iterable

import attrs
from starlette.requests import Request

from arb.market.units import MICRO, Ns
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.auth import same_words
from arb.sim.polymarket.builder_keys import BuilderRing, bad_relayer_key
from arb.sim.polymarket.calldata import Operation, Unreadable, read_operation
from arb.sim.polymarket.chain import Chain
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.contracts import RELAY
from arb.sim.polymarket.errors import bad_request, not_found
from arb.sim.polymarket.keys import Wallet, Wallets
from arb.sim.polymarket.ledger import Reverted
from arb.sim.polymarket.payload import parse_object
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.submissions import SIGNATURE_TYPES, Submission, read_submission
from arb.sim.polymarket.wire import NS_PER_S, Json, iso_time

CREATIONS = {"WALLET-CREATE", "SAFE-CREATE"}


class State(enum.StrEnum):
    """How far a transaction got, in the relayer's words."""

    NEW = "STATE_NEW"
    EXECUTED = "STATE_EXECUTED"
    MINED = "STATE_MINED"
    CONFIRMED = "STATE_CONFIRMED"
    INVALID = "STATE_INVALID"
    FAILED = "STATE_FAILED"


@attrs.frozen
class Requester:
    """Who asks. A builder sends for its users, a relayer key for its own wallets only."""

    address: str
    builds: bool


@attrs.define(eq=False)
class Transaction:
    """One batch on its way."""

    id: str
    hash: str
    wallet: Wallet
    sender: str
    submission: Submission
    operations: tuple[Operation, ...]
    created_ns: Ns
    changed_ns: Ns
    state: State = State.NEW
    error: str = ""

    def concerns(self, requester: "Requester") -> bool:
        """Say whether somebody may look at it: its sender, or the wallet's owner."""
        return requester.address in {self.sender, self.wallet.signer.lower()}

    @property
    def shown_hash(self) -> str:
        """The hash as far as it is known."""
        return "" if self.state in {State.NEW, State.INVALID} else self.hash


@attrs.define(eq=False)
class Relayer:
    """Owner of every transaction and of the wallets' nonces."""

    wallets: Wallets
    builders: BuilderRing
    chain: Chain
    agenda: Agenda
    conditions: Conditions
    now_ns: Callable[[], Ns]
    rng: random.Random
    moved: Callable[[Iterable[str]], None]
    """Hears which accounts' balances changed."""
    _sent: dict[str, Transaction] = attrs.field(factory=dict, init=False)
    _busy: dict[str, Transaction] = attrs.field(factory=dict, init=False)
    """By account: the one that is not on chain yet."""
    _nonces: dict[str, int] = attrs.field(factory=dict, init=False)

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/v1/account/transactions/params", self._params),
            ("GET", "/v1/account/transactions/{transaction_id}", self._transaction),
            ("GET", "/relay-payload", self._relay_payload),
            ("GET", "/nonce", self._nonce),
            ("GET", "/deployed", self._deployed),
            ("POST", "/submit", self._submit),
            ("GET", "/transaction", self._old_transaction),
            ("GET", "/transactions", self._old_transactions),
        )

    def of_account(self, account: str) -> tuple[Transaction, ...]:
        """What an account's wallet was sent for, oldest first."""
        return tuple(one for one in self._sent.values() if one.wallet.account == account)

    # --- reads ----------------------------------------------------------------------------------

    async def _params(self, request: Request) -> Json:
        wallet = self._asked_wallet(request)
        address = wallet.funder if wallet else request.query_params.get("address", "")
        return {"address": address, "nonce": self._nonce_of(wallet)}

    async def _relay_payload(self, request: Request) -> Json:
        return {"address": RELAY, "nonce": self._nonce_of(self._asked_wallet(request))}

    async def _nonce(self, request: Request) -> Json:
        return {"nonce": self._nonce_of(self._asked_wallet(request))}

    async def _deployed(self, request: Request) -> Json:
        """Say whether a wallet's contract is there; a plain address has none."""
        wallet = self.wallets.holding(request.query_params.get("address", ""))
        kind = request.query_params.get("type")
        deployed = wallet is not None and wallet.signature_type > 0
        fits = kind is None or (wallet is not None and _kind_of(wallet) == kind)
        return {"deployed": deployed and fits}

    async def _transaction(self, request: Request) -> Json:
        requester = await self._allowed(request)
        found = self._sent.get(request.path_params["transaction_id"])
        if found is None or not found.concerns(requester):
            raise not_found("transaction not found")
        return {
            "transaction_id": found.id,
            "transaction_hash": found.shown_hash,
            "state": found.state.value,
            "error_msg": found.error,
        }

    async def _old_transaction(self, request: Request) -> list[Json]:
        """The older read: whoever knows the id may look."""
        found = self._sent.get(request.query_params.get("id", ""))
        return [] if found is None else [_old_json(found)]

    async def _old_transactions(self, request: Request) -> list[Json]:
        requester = await self._allowed(request)
        mine = [one for one in self._sent.values() if one.concerns(requester)]
        return [_old_json(one) for one in reversed(mine)]

    # --- sending --------------------------------------------------------------------------------

    async def _submit(self, request: Request) -> Json:
        requester = await self._allowed(request, counted=True)
        body = parse_object(await request.body())
        if body.get("type") in CREATIONS:
            raise bad_request("wallets are opened with the venue; none is deployed here")
        try:
            submission = read_submission(body)
            operations = tuple(read_operation(call) for call in submission.calls)
        except Unreadable as error:
            raise bad_request(str(error)) from error
        wallet = self._wallet_of(submission, requester)
        self._check_turn(wallet, submission)
        sent = self._book(wallet, requester, submission, operations)
        return {"transactionID": sent.id, "transactionHash": "", "state": sent.state.value}

    def _wallet_of(self, submission: Submission, requester: Requester) -> Wallet:
        """The wallet that the submission is for, signed by its owner. Raises ApiError (400)."""
        wallet = self.wallets.holding(submission.wallet)
        signer = submission.signer.lower()
        mine = wallet is not None and wallet.signer.lower() == signer
        allowed = requester.builds or requester.address == signer
        if wallet is None or not mine or not allowed or _kind_of(wallet) != submission.kind:
            raise bad_request(f"no {submission.kind} wallet {submission.wallet} of this signer")
        if submission.signed_by != wallet.signer.lower():
            raise bad_request("invalid signature")
        return wallet

    def _check_turn(self, wallet: Wallet, submission: Submission) -> None:
        """Raise ApiError (400) unless it is this batch's turn."""
        deadline_s = submission.deadline_s
        if deadline_s is not None and deadline_s * NS_PER_S <= self.now_ns():
            raise bad_request(f"batch deadline {deadline_s} has passed")
        busy = self._busy.get(wallet.account)
        if busy is not None and busy.state is State.NEW:
            raise bad_request(f"wallet busy: {wallet.funder} has an active action")
        if busy is not None:
            raise bad_request("wallet has in-flight action")
        expected = self._nonces.get(wallet.account, 0)
        if submission.nonce != expected:
            raise bad_request(
                f"batch nonce {submission.nonce} does not match on-chain nonce {expected}"
            )

    def _book(
        self,
        wallet: Wallet,
        requester: Requester,
        submission: Submission,
        operations: tuple[Operation, ...],
    ) -> Transaction:
        now_ns, times = self.now_ns(), self.conditions.relaying
        sent = Transaction(
            id=str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            hash="0x" + self.rng.randbytes(32).hex(),
            wallet=wallet,
            sender=requester.address,
            submission=submission,
            operations=operations,
            created_ns=now_ns,
            changed_ns=now_ns,
        )
        reverts = self.rng.randrange(MICRO) < times.revert_ppm
        self._sent[sent.id] = self._busy[wallet.account] = sent
        self.agenda.after(times.executed_s, lambda: self._execute(sent, reverts=reverts))
        return sent

    # --- what becomes of it ---------------------------------------------------------------------

    def _execute(self, sent: Transaction, *, reverts: bool) -> None:
        try:
            self.chain.check(sent.wallet, sent.operations)
        except Reverted as error:
            self._end(sent, State.INVALID, str(error))
            return
        self._move(sent, State.EXECUTED)
        times = self.conditions.relaying
        wait_s = max(times.mined_s - times.executed_s, 0.0)
        self.agenda.after(wait_s, lambda: self._mine(sent, reverts=reverts))

    def _mine(self, sent: Transaction, *, reverts: bool) -> None:
        """The batch is in a block: its nonce is used, whether it did something or not."""
        self._nonces[sent.wallet.account] = sent.submission.nonce + 1
        if reverts:
            self._end(sent, State.FAILED, "execution reverted")
            return
        try:
            self.chain.run(sent.wallet, sent.operations, sent.hash)
        except Reverted as error:
            self._end(sent, State.FAILED, str(error))
            return
        self._end(sent, State.MINED, "")
        self.moved([sent.wallet.account])
        times = self.conditions.relaying
        wait_s = max(times.confirmed_s - times.mined_s, 0.0)
        self.agenda.after(wait_s, lambda: self._move(sent, State.CONFIRMED))

    def _end(self, sent: Transaction, state: State, error: str) -> None:
        """Let the wallet send the next one."""
        self._busy.pop(sent.wallet.account, None)
        sent.error = error
        self._move(sent, state)

    def _move(self, sent: Transaction, state: State) -> None:
        sent.state = state
        sent.changed_ns = self.now_ns()

    # --- who asks -------------------------------------------------------------------------------

    async def _allowed(self, request: Request, *, counted: bool = False) -> Requester:
        """Who is behind a relayer or builder key. Raises ApiError (401, 429)."""
        signed = (request.method, request.url.path, await request.body())
        skew_s = self.conditions.clock_skew_s
        builder = self.builders.signed_by(request.headers, signed, skew_s)
        if builder is not None:
            if counted:
                self.builders.count(builder, self.conditions.relaying.builder_daily)
            return Requester(builder.address, builds=True)
        address = request.headers.get("relayer_api_key_address", "").lower()
        given = request.headers.get("relayer_api_key", "")
        if not address or not same_words(given, self.builders.relayer_key(address)):
            raise bad_relayer_key()
        return Requester(address, builds=False)

    def _asked_wallet(self, request: Request) -> Wallet | None:
        """The wallet of a signer, by the kind of transaction; None for an unknown one."""
        kind = SIGNATURE_TYPES.get(request.query_params.get("type", ""))
        mine = self.wallets.of_signer(request.query_params.get("address", ""))
        return next((wallet for wallet in mine if wallet.signature_type == kind), None)

    def _nonce_of(self, wallet: Wallet | None) -> str:
        return str(self._nonces.get(wallet.account, 0) if wallet else 0)


def _kind_of(wallet: Wallet) -> str:
    kinds = {number: kind for kind, number in SIGNATURE_TYPES.items()}
    return kinds.get(wallet.signature_type, "")


def _old_json(sent: Transaction) -> Json:
    """A transaction as the older reads give it."""
    return {
        "transactionID": sent.id,
        "transactionHash": sent.shown_hash,
        "from": sent.wallet.signer,
        "proxyAddress": sent.wallet.funder,
        "nonce": str(sent.submission.nonce),
        "type": sent.submission.kind,
        "metadata": sent.submission.metadata,
        "state": sent.state.value,
        "errorMsg": sent.error,
        "createdAt": iso_time(sent.created_ns),
        "updatedAt": iso_time(sent.changed_ns),
    }
