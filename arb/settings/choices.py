"""What settings choose from: words, not numbers."""

import enum


class Mode(enum.StrEnum):
    """What may be done with an opportunity."""

    DRY_RUN = "dry-run"
    PAPER = "paper"
    LIVE = "live"


class SocketLibrary(enum.StrEnum):
    """What reads the venues' WebSocket connections."""

    TRIO_WEBSOCKET = "trio-websocket"
    DIRECT = "direct"


class LogLevel(enum.StrEnum):
    """What is grave enough to be logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class SecondSpot(enum.StrEnum):
    """Who is asked besides Polymarket what a coin costs."""

    COINBASE = "coinbase"
    BINANCE = "binance"


CHOICES = (Mode, SocketLibrary, LogLevel, SecondSpot)
"""All of them: one that is missing here would be read as any text."""
