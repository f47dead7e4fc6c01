"""Where the venue's contracts are (Polygon mainnet; docs: resources/contracts)."""

import enum


class Contract(enum.StrEnum):
    """A contract by what it does; its value is its address in lower case."""

    PUSD = "0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb"
    CTF = "0x4d97dcd97ec945f40cf65f87097ace5ea0476045"
    EXCHANGE = "0xe111180000d2663c0091e4f400237545b87b996b"
    NEG_RISK_EXCHANGE = "0xe2222d279d744050d28e00520010520000310f59"
    EXCHANGE_V3 = "0xe3333700ca9d93003f00f0f71f8515005f6c00aa"
    ADAPTER = "0xada100db00ca00073811820692005400218fce1f"
    NEG_RISK_ADAPTER = "0xada2005600dec949baf300f4c6120000bdb6eaab"
    OLD_NEG_RISK_ADAPTER = "0xd91e80cf2e7be2e162c6513ced06f1dd0da35296"
    ROUTER = "0x12121212006e4cd160d18e3f00711da5c3372600"
    POSITION_MANAGER = "0x006f54f7f9a22e0000cc2ab60031000000ae9fef"
    AUTO_REDEEMER = "0xa1200000d0002264c9a1698e001292d00e1b00af"
    WALLET_FACTORY = "0x00000000000fb5c9adea0298d729a0cb3823cc07"
    MULTISEND = "0xa238cbeb142c10ef7ad8442c6d1f9e89e07e7761"
    PROXY_FACTORY = "0xab45c5a4b0c941a2f231c04c3f49182e1a254052"
    RELAY_HUB = "0xd216153c06e857cd7f72665e0af1d7d82172f494"


RELAY = "0x00000000000000000000000000000000000051a7"
"""The address that sends proxy transactions here; the venue's own changes from day to day."""
