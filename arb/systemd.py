"""How systemd is told that the program is ready, alive, or about to end."""

import socket
from collections.abc import Mapping

import attrs

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


@attrs.frozen
class Supervisor:
    """A service manager that listens at a datagram socket (docs: sd_notify(3))."""

    address: str
    """A path, or an abstract name after `@`."""
    watchdog_s: float | None
    """It ends the program that was silent for so long; None: it does not."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Supervisor | None":
        """The one that started us, by what it put into the environment; None where none did."""
        address = environment.get("NOTIFY_SOCKET", "")
        limit = environment.get("WATCHDOG_USEC", "")
        if not address.startswith(("/", "@")):
            return None
        return cls(address, int(limit) / 1e6 if limit.isdecimal() and int(limit) else None)

    def tell(self, state: str) -> None:
        """Tell one state, without waiting. Raises OSError where nobody takes it."""
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # noqa: FBT003 - its only parameter
            line.sendto(state.encode(), address)
