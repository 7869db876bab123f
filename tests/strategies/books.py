"""Small random books in which much goes wrong, and the normals of their futures."""

from hypothesis import strategies as st

from offtake.book import Book
from strategies.amounts import CAUSES, amount, months, often, profile, quarter, rarely, share
from strategies.deals import PER_YEAR, World, deal

PARTIES = ("Ash", "Birch", "Cedar", "Dill", "Elm")
CHIPS = ("Q1", "Q2")
GATES = ("power", "construction", "chips", "crew")


@st.composite
def books(draw):
    """A valid book of four to ten quarters."""
    quarters = draw(st.integers(4, 10))
    parties = list(PARTIES[: draw(st.integers(2, 5))])
    chips = list(CHIPS[: draw(st.integers(1, 2))])
    drivers = drivers_of(draw, quarters)
    sites = {f"Yard {k}": site(draw, parties, chips, quarters) for k in range(draw(st.integers(1, 3)))}
    workloads = {f"w{k}": draw(st.sampled_from(parties)) for k in range(draw(st.integers(1, 4)))}
    world = World(quarters, parties, sites, workloads, chips, list(drivers))
    deals = {}
    for number in range(draw(st.integers(2, 7))):
        name = f"{draw(st.sampled_from('abcxyz'))}{number}"
        deals[name] = deal(draw, world, name)
        world.names.append(name)
    data = {
        "book": "random",
        "calendar": {"from": quarter(0), "to": quarter(quarters - 1)},
        "parties": {name: party(draw, quarters) for name in parties},
        "chips": {name: chip(draw, parties) for name in chips},
        "sites": {name: {**written(entry, draw, world)} for name, entry in sites.items()},
        "workloads": {name: workload(draw, world, buyer) for name, buyer in workloads.items()},
        "deals": deals,
        "rights": rights(draw, world),
        "drivers": drivers,
        "causes": {"grid": {"correlation": "70 %"}} if often(draw) else {},
        "market": market(draw, drivers, chips),
        "contagion": contagion(draw),
    }
    names = list(drivers)
    if len(names) > 1 and often(draw):
        data["correlations"] = {f"{names[0]} ~ {names[1]}": draw(st.sampled_from([0.5, -0.3, 1]))}
    data["scenarios"] = scenarios(draw, data)
    return Book.from_data(data)


def party(draw, quarters):
    """A firm with little cash, and sometimes income, debt and funding."""
    found = {
        "cash": amount(draw, (200, 60, 600, 10, 0), "M USD"),
        "grace": draw(st.sampled_from(["0 quarters", "1 quarter", "2 quarters", "4 months"])),
    }
    if often(draw):
        found["income"] = profile(draw, (30, 5, 90), "M USD/quarter", ["index"], quarters)
    if often(draw):
        found["costs"] = profile(draw, (3, 20, 60), "M USD/quarter", ["index"], quarters)
    if rarely(draw):
        found["capital"] = profile(draw, (3, 20), "M USD/quarter", ["index"], quarters)
    if often(draw):
        found["minimum_cash"] = amount(draw, (15, 0, 40), "M USD")
        found["funding"] = funding(draw, quarters)
    found["debt"] = [debt(draw, quarters) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    if rarely(draw, 4):
        found["hazard"] = amount(draw, (20, 60), "%/year")
    if rarely(draw, 3):
        found["sell_depth"] = amount(draw, (7, 0, 20), "MW")
    for key in ("loss_on_default", "cash_kept", "receipts_kept"):
        if often(draw):
            found[key] = share(draw, (40, 75, 100))
    return found


def funding(draw, quarters):
    """External funding, as debt or equity."""
    found = {"limit": profile(draw, (10, 60), "M USD/quarter", [], quarters)}
    if often(draw):
        found["debt_share"] = share(draw, (0, 40, 100))
    if often(draw):
        found[draw(st.sampled_from(["rate", "spread"]))] = amount(draw, (4, 12), "%/year")
    return found


def debt(draw, quarters):
    """Debt outside, some of which matures."""
    due = {quarter(draw(st.integers(-1, quarters))): draw(st.sampled_from(["10 M USD", "25 M USD"]))}
    return {
        "amount": draw(st.sampled_from(["40 M USD", "100 M USD"])),
        "rate": amount(draw, (5, 12), "%/year"),
        "maturities": due if often(draw) else {},
    }


def chip(draw, parties):
    """An accelerator family."""
    return {
        "vendor": draw(st.sampled_from(parties)),
        "power": draw(st.sampled_from(["1 kW", "1.4 kW"])),
        "efficiency": draw(st.sampled_from([1, 1.3, {"uniform": [0.7, 1.1]}])),
    }


def site(draw, parties, chips, quarters):
    """Owner, chip and sizes of a site; the rest is drawn when the deals are known."""
    sizes = [
        {"size": draw(st.integers(3, 15)), "kind": draw(st.sampled_from(["online", "gates", "bare"]))}
        for _ in range(draw(st.integers(1, 2)))
    ]
    owner, has_chip = draw(st.sampled_from(parties)), draw(st.integers(0, 3))
    return {"owner": owner, "chip": draw(st.sampled_from(chips)) if has_chip else None, "sizes": sizes}


def written(entry, draw, world):
    """A site as plain data."""
    found = {"owner": entry["owner"], "phases": [phase(draw, each, world) for each in entry["sizes"]]}
    if entry["chip"]:
        found["chip"] = entry["chip"]
    if often(draw):
        found["region"] = draw(st.sampled_from(["north", "south"]))
    if often(draw):
        found |= {
            "pue": draw(st.sampled_from([1.1, 1.5])),
            "power_price": amount(draw, (200, 600), "USD/MWh"),
        }
        found["load_factor"] = share(draw, (80, 100))
    if often(draw):
        found["opex"] = amount(draw, (1, 3), PER_YEAR)
    if often(draw):
        found["capex"] = {"rest": amount(draw, (1, 4), "MUSD/MW")}
        if entry["chip"]:
            found["capex"]["chips"] = amount(draw, (1, 5), "MUSD/MW")
    return found


def phase(draw, entry, world):
    """A phase that is there, or one behind a small graph of gates."""
    found = {"mw": f"{entry['size']} MW"}
    if entry["kind"] == "online":
        found["online"] = quarter(draw(st.integers(-2, 3)))
    elif often(draw):
        found["start"] = quarter(draw(st.integers(-3, 2)))
    if entry["kind"] == "gates":
        names = draw(st.lists(st.sampled_from(GATES), min_size=1, max_size=3, unique=True))
        found["gates"] = {}
        for place, name in enumerate(names):
            gate = {"duration": months(draw, 0, 1, 3, 4, 7)}
            if place and often(draw):
                gate["after"] = draw(
                    st.lists(st.sampled_from(names[:place]), min_size=1, max_size=2, unique=True)
                )
            if rarely(draw):
                gate["not_before"] = quarter(draw(st.integers(-1, 3)))
            found["gates"][name] = gate
    if world.names and rarely(draw):
        found["under"] = draw(st.sampled_from(world.names))
    return found


def workload(draw, world, buyer):
    """Demand that earns, may wait, and may not run everywhere."""
    found = {"buyer": buyer, "demand": profile(draw, (12, 5, 25), "MW", ["index"], world.quarters)}
    if "users" in world.drivers and rarely(draw, 3):
        found["demand"] = "users"
    unit, values = draw(st.sampled_from([(PER_YEAR, (20.11, 4.11, 40.11)), ("USD/GPU-hour", (1.11, 3.11))]))
    found["yield"] = profile(draw, values, unit, ["index"], world.quarters)
    if often(draw):
        found["penalty"] = amount(draw, (0.53, 3.53), PER_YEAR)
    if often(draw):
        found["priority"] = draw(st.integers(1, 2))
    if rarely(draw, 3):
        found["duration"] = share(draw, (10, 60, 90))
    if often(draw):
        found["defer"] = draw(st.sampled_from(["0 quarters", "1 quarter", "2 quarters", "5 months"]))
        found["waiting_loss"] = amount(draw, (0, 20, 60), "%/year")
    if rarely(draw, 3):
        key = draw(st.sampled_from(["sellers", "chips", "sites", "regions"]))
        names = {
            "sellers": world.parties,
            "chips": world.chips,
            "sites": list(world.sites),
            "regions": ["north", "south"],
        }[key]
        found["runs_on"] = {key: draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))}
    return found


def rights(draw, world):
    """Sometimes an exclusivity that stands outside any deal."""
    if not rarely(draw, 4):
        return {}
    name = draw(st.sampled_from(list(world.workloads)))
    grantor = world.workloads[name]
    holder = draw(st.sampled_from([each for each in world.parties if each != grantor]))
    window = {"from": quarter(1), "until": quarter(3)} if often(draw) else {}
    right = {"kind": "exclusivity", "holder": holder, "grantor": grantor, "workloads": [name], **window}
    return {"first": {**right, "ended": rarely(draw, 4)}}


def drivers_of(draw, quarters):
    """An index and a share price always; users, spot and confidence sometimes; of all processes."""
    found = {
        "index": process(draw, (1, 1.5), "", quarters),
        "stock": process(draw, (12, 25), "USD", quarters),
    }
    if often(draw):
        found["users"] = process(draw, (8, 20), "MW", quarters)
    if draw(st.integers(0, 3)):
        unit, values = draw(
            st.sampled_from([(PER_YEAR, (3.37, 8.37, 14.37)), ("USD/GPU-hour", (0.87, 2.37))])
        )
        found["spot"] = process(draw, values, unit, quarters)
    if often(draw):
        found["confidence"] = process(draw, (0.8, 1), "", quarters)
    return found


def process(draw, values, unit, quarters):
    """One of the six processes."""

    def text(value):
        return f"{round(value, 6)} {unit}" if unit else round(value, 6)

    now = draw(st.sampled_from(values))
    kind = draw(st.sampled_from(["constant", "path", "gbm", "mean_reverting", "logistic", "bass"]))
    found = {
        "constant": {"constant": text(now)},
        "path": {"path": {quarter(0): text(now), quarter(quarters // 2): text(0.6 * now)}},
        "gbm": {"gbm": {"now": text(now), "growth": draw(st.sampled_from(["40 %/year", "-30 %/year"]))}},
        "mean_reverting": {
            "mean_reverting": {"now": text(now), "level": text(0.7 * now), "half_life": "9 months"}
        },
        "logistic": {"logistic": {"now": text(now), "ceiling": text(2.5 * now), "growth": "80 %/year"}},
        "bass": {"bass": {"now": text(now), "ceiling": text(3 * now), "p": "5 %/year", "q": "50 %/year"}},
    }[kind]
    if often(draw):
        found["noise"] = draw(st.sampled_from(["20 %/year", "60 %/year"]))
    if rarely(draw, 4):
        found["jumps"] = {"rate": "2/year", "mean": -0.3, "sd": 0.2}
    return found


def market(draw, drivers, chips):
    """Depths of spot, and its chip where there are two."""
    found = {"haircut": share(draw, (20, 50)), "base_rate": draw(st.sampled_from(["2 %/year", "5 %/year"]))}
    found["buy_depth"] = amount(draw, (4, 0, 15), "MW")
    found["sell_depth"] = amount(draw, (4, 0, 15), "MW")
    if len(chips) > 1 or often(draw):
        found["chip"] = draw(st.sampled_from(chips))
    return found


def contagion(draw):
    """How far confidence falls with what is lost."""
    return {
        "scale": amount(draw, (50, 400), "M USD"),
        "sensitivity": draw(st.sampled_from(["0 %", "50 %", "100 %"])),
        "half_life": months(draw, 3, 12),
    }


def scenarios(draw, data):
    """Up to one scenario, called `stress`."""
    if not often(draw):
        return {}
    index = draw(st.integers(0, 3))
    kind = draw(st.sampled_from(["shock", "overlay", "fail", "without", "cause", "growth"]))
    driver = draw(st.sampled_from(list(data["drivers"])))
    causes = [cause for cause in CAUSES if cause in data["causes"]]
    gbms = [name for name, each in data["drivers"].items() if "gbm" in each]
    stress = {"shock": {"shock": {driver: "x0.4"}, "at": quarter(index)}}
    stress["overlay"] = {"shock": {driver: {"times": 0.5, "for": "4 months", "at": quarter(index)}}}
    stress["fail"] = {"fail": [draw(st.sampled_from(list(data["parties"])))], "at": quarter(index)}
    stress["without"] = {"without": [draw(st.sampled_from(list(data["deals"])))]}
    if causes:
        stress["cause"] = {"set": {f"causes.{causes[0]}": draw(st.sampled_from(["+5 months", "-2 months"]))}}
    if gbms:
        stress["growth"] = {"set": {f"drivers.{gbms[0]}.growth": "90 %/year"}, "from": quarter(index)}
    return {"stress": stress.get(kind, stress["shock"])}
