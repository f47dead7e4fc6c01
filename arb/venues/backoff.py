"""How long to wait before connecting again."""

import random

import attrs


@attrs.frozen
class Backoff:
    """Pauses between attempts to connect, in seconds: doubling, jittered, bounded."""

    first_s: float
    most_s: float
    jitter: random.Random

    def pause_s(self, failures: int) -> float:
        """How long to wait after so many failures in a row (1 or more)."""
        longest = min(self.most_s, self.first_s * 2 ** min(failures - 1, 30))
        return self.jitter.uniform(longest / 2, longest)
