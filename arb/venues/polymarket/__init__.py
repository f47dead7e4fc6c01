"""Polymarket: CLOB V2 and Exchange V3, behind the Protocols of `arb.venues.protocols`."""
