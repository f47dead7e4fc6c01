"""What a comparison of two questions says, and on what evidence."""

import enum

import attrs


class Ruling(enum.StrEnum):
    """Whether two questions are the same."""

    SAME = "same"
    DIFFERENT = "different"
    PERSON = "person"
    """Only a person can tell."""


class Side(enum.StrEnum):
    """For whom a piece of evidence speaks."""

    FOR = "for"
    DOUBT = "doubt"
    """Only a person can tell whether it matters."""
    AGAINST = "against"


@attrs.frozen
class Finding:
    """One thing that was compared, with the words it was read from."""

    fact: str
    """What was compared: "threshold", "date", "edition", ..."""
    says: str
    """What was found, in a sentence."""
    side: Side
    polymarket: str = ""
    """The sentence on Polymarket that it was read from; "" where nothing is said there."""
    kalshi: str = ""
    """The same of Kalshi."""

    @property
    def text(self) -> str:
        """The finding in one line, with both quotations."""
        quoted = [
            f'{venue} "{sentence}"'
            for venue, sentence in (("Polymarket", self.polymarket), ("Kalshi", self.kalshi))
            if sentence
        ]
        return f"{self.fact}: {self.says}" + (f" ({'; '.join(quoted)})" if quoted else "")


@attrs.frozen
class Verdict:
    """What `judge` says of two questions."""

    ruling: Ruling
    confidence_ppm: int
    """How sure the ruling is, in millionths, 0 to 1,000,000. It orders; it is no probability."""
    vetoes: tuple[Finding, ...]
    """Why the pair cannot be taken for the same, what speaks against it before what is in doubt;
    empty only where the ruling is SAME."""
    evidence: tuple[Finding, ...]
    """All that agreed or was weighed, the vetoes not among it."""
    yes_is_yes: bool | None
    """Polymarket's YES pays where Kalshi's YES does; False where they are opposites; None where
    that cannot be told."""
