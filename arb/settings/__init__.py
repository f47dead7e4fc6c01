"""Every knob: frozen, complete, validated; wrong keys are refused, all faults told at once.

Layers, later ones win: the shipped settings.toml, a file of the operator's, the environment
(`ARB__SECTION__KEY`), the command line.
"""

from arb.settings.building import Settings as Settings
from arb.settings.building import build as build
from arb.settings.choices import LogLevel as LogLevel
from arb.settings.choices import Mode as Mode
from arb.settings.choices import SecondSpot as SecondSpot
from arb.settings.choices import SocketLibrary as SocketLibrary
from arb.settings.layers import ENVIRONMENT_PREFIX as ENVIRONMENT_PREFIX
from arb.settings.layers import Layer as Layer
from arb.settings.layers import SettingsFault as SettingsFault
from arb.settings.layers import Tables as Tables
from arb.settings.layers import merge as merge
from arb.settings.layers import read_environment as read_environment
from arb.settings.layers import read_toml as read_toml
from arb.settings.running import Accounts as Accounts
from arb.settings.running import Breakers as Breakers
from arb.settings.running import Feeds as Feeds
from arb.settings.running import Gates as Gates
from arb.settings.running import Kalshi as Kalshi
from arb.settings.running import Logs as Logs
from arb.settings.running import Notify as Notify
from arb.settings.running import Polymarket as Polymarket
from arb.settings.running import Run as Run
from arb.settings.running import Sim as Sim
from arb.settings.running import Supervise as Supervise
from arb.settings.running import Web as Web
from arb.settings.trading import Bets as Bets
from arb.settings.trading import Detect as Detect
from arb.settings.trading import Execution as Execution
from arb.settings.trading import Limits as Limits
from arb.settings.trading import Metadata as Metadata
from arb.settings.trading import Pairs as Pairs
from arb.settings.trading import Settle as Settle
from arb.settings.trading import Sizing as Sizing
