"""Text as it is compared: one alphabet, one kind of quotation mark, sentences and words."""

import functools
import re
import unicodedata

_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": " - ",
        "\u2212": "-",
        "\u2265": " at least ",
        "\u2264": " at most ",
        "*": " ",
        "_": " ",
        # Kalshi pads titles with this letter, which looks like nothing (recorded traffic).
        "\u3164": " ",
        "\u1160": " ",
    }
)
_FISCAL = re.compile(r"\bFY\s?(?:20)?(\d\d)\b")
_SPACE = re.compile(r"[^\S\n]+")
_ASIDE = re.compile(r"\((?:e\.g\.?|eg|i\.e\.?|for example|such as)[^)]*\)", re.IGNORECASE)
_LINK = re.compile(r"\(?https?://\S+")
_STOPS = re.compile(r"(?<=[.!?;])[\"']?\s+(?=[\"'(A-Z0-9])")
_SHORT = re.compile(
    r"(?:\b(?:[A-Z]|vs|v|No|St|Jr|Sr|Inc|Bros|Corp|Co|Ltd|Dr|Mr|Mrs|Ms|e\.g|i\.e|a\.m|p\.m|U\.S|D\.C|approx"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.)$"
)
_WORD = re.compile(r"[A-Za-z0-9]+(?:[.'&][A-Za-z0-9]+)*\.?(?<![A-Za-z0-9]{2}\.)|[<>]=?|%|\+")
_CACHED = 4096
"""Sentences whose words are kept: each is read for several facts."""
_LATIN_SHARE = 2, 3


def fold(text: str) -> str:
    """Write it without accents, odd spaces and typographic marks; case stays."""
    plain = unicodedata.normalize("NFKC", text.translate(_PLAIN)).translate(_PLAIN)
    plain = _FISCAL.sub(r"fiscal year 20\1", plain)
    letters = unicodedata.normalize("NFD", plain)
    return _SPACE.sub(" ", "".join(c for c in letters if not unicodedata.combining(c))).strip()


def sentences(text: str) -> tuple[str, ...]:
    """Cut a text into sentences, without links and without examples in parentheses."""
    found: list[str] = []
    for line in _LINK.sub(" ", _ASIDE.sub(" ", text)).splitlines():
        open_part = ""
        for part in _STOPS.split(line.strip()):
            whole = f"{open_part} {part}".strip()
            if _SHORT.search(whole):
                open_part = whole
                continue
            open_part = ""
            if whole:
                found.append(whole)
        if open_part:
            found.append(open_part)
    return tuple(found)


@functools.lru_cache(maxsize=_CACHED)
def words(text: str) -> tuple[str, ...]:
    """Take a folded text apart into lower-case words; possessive endings and dots go."""
    return tuple(_bare(match) for match in _WORD.findall(text))


def _bare(word: str) -> str:
    small = word.lower().rstrip(".")
    return small.removesuffix("'s").replace(".", "").replace("'", "") or small


def is_latin(text: str) -> bool:
    """Whether most letters of a text are of the Latin alphabet; true for a text without any."""
    letters = [c for c in text if c.isalpha()]
    latin = sum(c < "\u0250" for c in letters)
    part, whole = _LATIN_SHARE
    return latin * whole >= len(letters) * part
