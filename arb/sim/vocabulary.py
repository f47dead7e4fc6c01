"""Words for made-up questions. People, places and firms are invented: nothing here is a fact."""

COUNTRIES = (
    "Corvania", "Estlund", "Marovia", "Tessaly", "Brannock", "Veldania", "Ostrava Republic",
    "Calderra", "Nordmark", "Ilvania", "Sorrento Isles", "Petrova", "Galdin", "Westeria", "Zamora",
    "Karelia Union", "Pontevera", "Halmark", "Lusania", "Drovia",
)  # fmt: skip
FIRST_NAMES = (
    "Aldo", "Mirela", "Tomas", "Ingrid", "Pavel", "Sunniva", "Rafael", "Odette", "Henrik", "Leila",
    "Bruno", "Katya", "Dario", "Elsbeth", "Joaquin", "Nadia", "Oskar", "Priya", "Stellan", "Yusuf",
)  # fmt: skip
SURNAMES = (
    "Verran", "Halloway", "Kostova", "Lindqvist", "Marchetti", "Okafor", "Petrenko", "Quint",
    "Rasmussen", "Sandoval", "Thorne", "Ulrich", "Vasquez", "Whitlock", "Yamada", "Zielinski",
    "Abara", "Bellweather", "Castellan", "Dragan", "Eriksen", "Fontaine", "Grimaldi", "Hartwell",
)  # fmt: skip
CITIES = (
    "Northport", "Kessel", "Ravenna Bay", "Altmark", "San Telmo", "Glenmore", "Port Haldane",
    "Vistula", "Ardenne", "Lakemont", "Bellhaven", "Tarrow", "Quarrington", "Eastvale", "Montfer",
    "Silverton", "Oakridge", "Havenport", "Dunmere", "Castlebridge",
)  # fmt: skip
CLUBS = ("Rovers", "Athletic", "Albion", "Wanderers", "United", "Dynamo", "Harriers", "Thistle")
COMPETITIONS = (
    "Meridian Cup", "Continental League", "Ardent Trophy", "Northern Shield", "Harbour Cup",
    "Crown Championship", "Atlantic Series", "Golden Boot Cup", "Federation Cup", "Summit League",
)  # fmt: skip
AWARDS = (
    "Lumen Award for Best Picture", "Orpheus Prize for Album of the Year",
    "Halcyon Award for Best Novel", "Beacon Prize for Game of the Year",
    "Aurora Award for Best Series", "Silver Quill for Best Play",
)  # fmt: skip
WORKS = (
    "The Glass Harbor", "Winter Orchard", "A Map of Rain", "Salt and Ember", "The Ninth Lantern",
    "Paper Cities", "Halfway to Morning", "Iron Meadow", "The Quiet Tide", "Cinder Street",
    "Letters from Vistula", "The Long Ferry", "Blue Hour", "Tin Soldiers", "Northern Lights Hotel",
)  # fmt: skip
ACTS = (
    "Clean Harbors", "Rural Broadband", "Fair Ticketing", "Coastal Resilience", "Data Privacy",
    "Grid Modernization", "Open Payments", "Patent Renewal", "Safe Crossings", "Water Security",
    "Small Lender", "Orbital Debris", "Student Aid", "Honest Labels", "Night Trains",
)  # fmt: skip
CARMAKERS = ("Norvik", "Aurelia", "Tamarack", "Solis", "Kestrel", "Vantor", "Ibex", "Meridian")
COINS = (
    ("Bitcoin", "BTC", 120_000, 2_000), ("Ethereum", "ETH", 4_200, 100),
    ("Solana", "SOL", 210, 5), ("Litecoin", "LTC", 110, 5), ("Monero", "XMR", 330, 10),
    ("Gold", "GOLD", 4_100, 50), ("Silver", "SILV", 52, 1), ("Copper", "COPR", 11_200, 200),
)  # fmt: skip
"""Name, code, a usual price in dollars, and the step of its thresholds."""

# Parts of composed names, for worlds larger than the lists above.
ONSETS = (
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p",
    "pr", "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "y", "z",
)  # fmt: skip
MIDDLES = (
    "ab", "ad", "al", "am", "an", "ar", "as", "av", "eb", "ed", "el", "em", "en", "er", "es", "ev",
    "ib", "id", "il", "im", "in", "ir", "is", "iv", "ob", "od", "ol", "om", "on", "or", "os", "ov",
    "ul", "un", "ur", "us",
)  # fmt: skip
JOINTS = ("a", "be", "de", "e", "ga", "i", "ka", "la", "mo", "na", "o", "ri", "sa", "ti", "va")
LONG_NAMES = 0.7
"""How many composed names have a second part: enough that none runs out."""
COUNTRY_ENDINGS = ("ia", "land", "stan", "ova", "mark", "onia", "avia")
SURNAME_ENDINGS = ("a", "ek", "en", "er", "ez", "ini", "o", "ov", "sen", "son", "strom", "y")
CITY_ENDINGS = ("bury", "dale", "ford", "gate", "ham", "haven", "mouth", "port", "ton", "ville")
MAKER_ENDINGS = ("a", "ex", "ion", "ix", "o", "us")
TITLE_ENDINGS = (" Rising", " at Dawn", " Falls", " in Winter", "'s Daughter", " Road", " Rain")
ACT_ENDINGS = (" Disclosure", " Fairness", " Oversight", " Renewal", " Safety", " Transparency")
CUP_ENDINGS = (" Cup", " League", " Trophy", " Shield", " Open", " Masters", " Championship")
AWARD_ENDINGS = (
    " Prize for Best Picture", " Award for Best Album", " Medal for Best Novel",
    " Prize for Best Series", " Award for Best Play", " Prize for Best Game",
)  # fmt: skip
THINGS = (
    ("posts will {name} publish", "posts by {name}"),
    ("flights will {name} Airport cancel", "cancelled flights at {name} Airport"),
    ("goals will be scored in the {name} League", "goals in the {name} League"),
    ("tickets will the {name} Festival sell", "tickets sold by the {name} Festival"),
    ("earthquakes will {name} record", "earthquakes in {name}"),
)
"""What may be counted: Polymarket's words and Kalshi's."""
