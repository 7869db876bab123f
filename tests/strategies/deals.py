"""Deals of every kind with some of the clauses that they may have."""

from hypothesis import strategies as st

from strategies.amounts import CAUSES, amount, months, often, profile, quarter, rarely, share

PRICES = (2, 5, 8, 13)
PER_YEAR = "MUSD/MW/year"


class World:
    """What deals may refer to: all names are drawn before the first deal."""

    def __init__(self, quarters, parties, sites, workloads, chips, drivers):
        self.quarters, self.parties, self.sites = quarters, parties, sites
        self.workloads, self.chips, self.drivers = workloads, chips, drivers
        self.unsold = {
            kind: {name: sum(phase["size"] for phase in site["sizes"]) for name, site in sites.items()}
            for kind in ("compute", "lease")
        }
        self.unsupplied = list(sites)
        self.names = []

    def two(self, draw):
        """Two different parties."""
        first = draw(st.sampled_from(self.parties))
        return first, draw(st.sampled_from([name for name in self.parties if name != first]))

    def of(self, party):
        """The workloads of a party."""
        return [name for name, buyer in self.workloads.items() if buyer == party]


def deal(draw, world, name):
    """One deal as plain data."""
    kind = draw(st.sampled_from(["compute"] * 6 + [each for each in KINDS if each != "compute"]))
    written = {"kind": kind, **header(draw), **KINDS[kind](draw, world, name)}
    if rarely(draw, 3):
        written["clauses"]["rank"] = draw(st.sampled_from(["senior", "ordinary", "subordinated"]))
    if written.pop("oversells", False):
        written.update({"firmness": "intended", "likelihood": "60 %"})
    return written


def header(draw):
    """How firm a deal is, and how much of it comes about."""
    firmness = draw(st.sampled_from(["firm"] * 6 + ["optional", "intended", "offered"]))
    found = {"firmness": firmness}
    if firmness in {"optional", "intended"}:
        found["likelihood"] = draw(st.sampled_from(["30 %", "60 %", "85 %"]))
        if often(draw):
            found["cause"] = draw(st.sampled_from(CAUSES))
    if rarely(draw):
        found["fulfilment"] = share(draw, (50, 80))
    return found


def ramp(draw, world, most):
    """Rising levels by quarter, up to so many MW."""
    steps = draw(st.integers(1, 3))
    when = draw(st.lists(st.integers(-2, world.quarters - 1), min_size=steps, max_size=steps, unique=True))
    levels, level = {}, 0
    for index in sorted(when):
        level = min(most, level + draw(st.sampled_from([4, 9, 0, 15])))
        levels[quarter(index)] = f"{level} MW"
    return levels


def capacity(draw, world, name, kind, seller):
    """Sites, ramp, price and term of a compute deal or lease."""
    found, most = where(draw, world, kind, seller)
    clauses = {"ramp": ramp(draw, world, most)}
    endless = rarely(draw, 4)
    if not endless:
        clauses["term"] = {"length": months(draw, 24, 14, 9, uncertain=kind == "compute")}
        if rarely(draw, 3):
            clauses["term"]["until"] = quarter(draw(st.integers(1, world.quarters + 3)))
    label = "price" if often(draw) else "terms of price"
    clauses[label] = {"kind": "price", **price(draw, world, endless)}
    if not endless and rarely(draw, 3):
        lead = draw(st.sampled_from(["1 quarter", "6 months"]))
        clauses["prepayment"] = {"share": share(draw, (10, 25)), "lead": lead}
        if often(draw):
            clauses["prepayment"]["credited_from"] = months(draw, 2, 6, 30)
    if rarely(draw, 3):
        clauses["late_credit"] = {"per_day": share(draw, (0.1, 0.4)), "cap": share(draw, (2, 0, 50))}
        if often(draw):
            clauses["late_credit"]["may_end_after"] = amount(draw, (50, 100, 200), "days")
    return {**found, "clauses": clauses | delivery(draw, world)}


def where(draw, world, kind, seller):
    """Sites of the seller, if any are named, and the most MW that the deal can have of them."""
    own = [site for site, entry in world.sites.items() if entry["owner"] == seller]
    if not own or not often(draw):
        return {}, 30
    sites = draw(st.lists(st.sampled_from(own), min_size=1, max_size=2, unique=True))
    left = min(world.unsold[kind][site] for site in sites)
    if left < 1 or rarely(draw):
        return {"sites": sites, "oversells": True}, 30
    for site in sites:
        world.unsold[kind][site] -= left
    return {"sites": sites}, left


def delivery(draw, world):
    """How a deal is delivered, if it says so."""
    if not often(draw):
        return {}
    terms = {"delay": months(draw, 2, 0, 6, 9)}
    if rarely(draw, 3):
        terms["availability"] = share(draw, (90, 97))
    if rarely(draw, 3):
        terms["chip"] = draw(st.sampled_from(world.chips))
    if rarely(draw, 3):
        terms["region"] = draw(st.sampled_from(["north", "south"]))
    return {"delivery": terms}


def price(draw, world, endless):
    """Usage, reservation or a total."""
    found = {}
    if not endless and rarely(draw, 5):
        found["total"] = amount(draw, (200, 900), "M USD")
    else:
        unit, values = draw(st.sampled_from([(PER_YEAR, PRICES), ("USD/GPU-hour", (1, 3))]))
        found["usage"] = amount(draw, values, unit)
    if rarely(draw, 3):
        found["reservation"] = amount(draw, (1, 4), PER_YEAR)
    if rarely(draw, 3):
        found["escalator"] = draw(st.sampled_from(["5 %/year", "-10 %/year"]))
    if rarely(draw, 4):
        found["index"] = "index"
    return found


def compute(draw, world, name):
    """Capacity, with everything a buyer may have agreed; most buyers have workloads."""
    buyer = draw(
        st.sampled_from(list(world.workloads.values()) if draw(st.integers(0, 3)) else world.parties)
    )
    seller = draw(st.sampled_from([party for party in world.parties if party != buyer]))
    found = capacity(draw, world, name, "compute", seller)
    clauses = found["clauses"]
    if often(draw):
        clauses["take_or_pay"] = share(draw, (60, 80, 100))
    if rarely(draw, 4):
        clauses["termination"] = {"fee": share(draw, (10, 30)), "from": quarter(draw(st.integers(0, 4)))}
    if rarely(draw, 4):
        clauses["extension"] = months(draw, 6, 12)
    if rarely(draw, 3):
        clauses["resale"] = often(draw)
    if often(draw):
        clauses["default_terms"] = {
            "buyer_default": draw(st.sampled_from(["ends", "continues"])),
            "outage": draw(st.sampled_from(["0 quarters", "1 quarter", "4 months"])),
            "step_in": share(draw, (40, 100)),
        }
    if world.of(buyer) and rarely(draw, 4):
        bound = {"kind": "exclusivity", "workloads": [draw(st.sampled_from(world.of(buyer)))]}
        if often(draw):
            bound |= {"from": quarter(draw(st.integers(0, 1))), "until": quarter(draw(st.integers(1, 4)))}
        clauses["only here"] = bound
    return {**found, "seller": seller, "buyer": buyer}


def lease(draw, world, name):
    """Space and power without chips."""
    landlord, tenant = world.two(draw)
    found = capacity(draw, world, name, "lease", landlord)
    return {**found, "landlord": landlord, "tenant": tenant}


def supply(draw, world, name):
    """Chips for a site, or by a ramp of their own."""
    seller, buyer = world.two(draw)
    unit_price = {"amount": amount(draw, (2, 6), "MUSD/MW")}
    if rarely(draw, 3):
        unit_price["index"] = "index"
    found = {"seller": seller, "buyer": buyer, "clauses": {"unit_price": unit_price}}
    if world.unsupplied and often(draw):
        found["sites"] = [world.unsupplied.pop(draw(st.integers(0, len(world.unsupplied) - 1)))]
    else:
        found["clauses"]["ramp"] = ramp(draw, world, 20)
        found["clauses"]["delivery"] = months(draw, 0, 4)
    if rarely(draw, 4):
        found["clauses"]["warrants"] = warrants(draw, world)
    return found


def measure(draw, world):
    """What counts for tranches."""
    found = {}
    if rarely(draw, 3):
        found["chip"] = draw(st.sampled_from(world.chips))
    if world.sites and rarely(draw, 3):
        found["sites"] = [draw(st.sampled_from(list(world.sites)))]
    if world.names and rarely(draw, 4):
        found["deals"] = [draw(st.sampled_from(world.names))]
    return found


def warrants(draw, world):
    """Shares that vest with power and price."""
    issuer, holder = world.two(draw)
    return {
        "issuer": issuer,
        "holder": holder,
        "shares": amount(draw, (4, 10), "M"),
        "strike": amount(draw, (1, 10), "USD"),
        "each": draw(st.sampled_from(["5 MW", "8 MW"])),
        "tranches": draw(st.integers(1, 4)),
        "price": "stock",
        "hurdles": draw(st.sampled_from([[], ["15.5 USD"], ["21.5 USD"]])),
        "sold": share(draw, (50, 100)),
        **measure(draw, world),
    }


def equity(draw, world, name):
    """Dated payments, tranches, or both."""
    investor, issuer = world.two(draw)
    clauses = {}
    if often(draw):
        when = quarter(draw(st.integers(-1, world.quarters)))
        clauses["payments"] = {when: amount(draw, (20, 80), "M USD")}
    if not clauses or often(draw):
        clauses["tranches"] = {
            "amount": amount(draw, (10, 25), "M USD"),
            "each": draw(st.sampled_from(["4 MW", "7 MW"])),
            "up to": amount(draw, (60, 90), "M USD"),
            **measure(draw, world),
        }
    if rarely(draw, 3):
        clauses["warrants"] = warrants(draw, world)
    return {"investor": investor, "issuer": issuer, "clauses": clauses}


def loan(draw, world, name):
    """Money lent, of every shape."""
    lender, borrower = world.two(draw)
    principal, first = {}, draw(st.integers(0, world.quarters - 1))
    if often(draw):
        principal["outstanding"] = amount(draw, (40, 120), "M USD")
    if not principal or often(draw):
        principal["drawn"] = {quarter(first): draw(st.sampled_from(["30 M USD", "70 M USD"]))}
    repayment = {
        "how": draw(st.sampled_from(["bullet", "straight", "annuity"])),
        "maturity": quarter(first + draw(st.integers(0, 5))),
    }
    if rarely(draw, 3):
        repayment["from"] = quarter(draw(st.integers(0, first)))
    interest = amount(draw, (0, 8, 20), "%/year")
    clauses = {"principal": principal, "interest": interest, "repayment": repayment}
    return {"lender": lender, "borrower": borrower, "clauses": clauses}


def backstop(draw, world, name):
    """A promise to buy what stays unsold."""
    backer, provider = world.two(draw)
    unit, values = draw(st.sampled_from([(PER_YEAR, (3, 6)), ("USD/GPU-hour", (1,))]))
    cover = {"price": amount(draw, values, unit)}
    if often(draw):
        cover["power"] = amount(draw, (5, 12), "MW")
    if often(draw):
        cover["up to"] = amount(draw, (10, 40), "M USD")
    if rarely(draw, 3):
        cover |= {"from": quarter(draw(st.integers(0, 2))), "until": quarter(draw(st.integers(2, 6)))}
    return {"backer": backer, "provider": provider, "clauses": {"cover": cover}}


def revenue_share(draw, world, name):
    """A share of revenue."""
    payer, recipient = world.two(draw)
    terms = {"share": share(draw, (10, 30))}
    if world.workloads and often(draw):
        terms["workloads"] = [draw(st.sampled_from(list(world.workloads)))]
    if rarely(draw, 3):
        terms |= {"from": quarter(draw(st.integers(0, 2))), "until": quarter(draw(st.integers(2, 6)))}
    return {"payer": payer, "recipient": recipient, "clauses": {"revenue_share": terms}}


def licence(draw, world, name):
    """A fee within a term."""
    licensor, licensee = world.two(draw)
    clauses = {"fee": {"amount": profile(draw, (4, 15, 40), "M USD/quarter", ["index"], world.quarters)}}
    if often(draw):
        clauses["term"] = draw(st.sampled_from(["1 year", "10 months"]))
    return {"licensor": licensor, "licensee": licensee, "clauses": clauses}


def power(draw, world, name):
    """Electricity with a minimum bill."""
    seller, buyer = world.two(draw)
    clauses = {
        "ramp": ramp(draw, world, 20),
        "tariff": {"price": amount(draw, (300, 900), "USD/MWh"), "minimum": share(draw, (0, 50, 90))},
    }
    if often(draw):
        clauses["term"] = draw(st.sampled_from(["1 year", "10 months"]))
    sites = draw(st.lists(st.sampled_from(list(world.sites)), max_size=2, unique=True)) if world.sites else []
    return {"seller": seller, "buyer": buyer, "sites": sites, "clauses": clauses}


KINDS = {
    "compute": compute,
    "lease": lease,
    "supply": supply,
    "equity": equity,
    "loan": loan,
    "backstop": backstop,
    "revenue_share": revenue_share,
    "licence": licence,
    "power": power,
}
