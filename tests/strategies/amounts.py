"""What people write for a number: plain, or a distribution with or without a common cause."""

from hypothesis import strategies as st

CAUSES = ("grid", "vendor")
OPENING = 2026


def quarter(index):
    """The name of a quarter, counted from the opening in 2026-Q1."""
    return f"{OPENING + index // 4}-Q{index % 4 + 1}"


def rarely(draw, times=6):
    """True about once in so many times."""
    return draw(st.integers(1, times)) == times


def often(draw):
    """True about half of the time."""
    return draw(st.booleans())


def amount(draw, values, unit, *, uncertain=True):
    """One of the values with its unit, or a distribution round it."""
    value = draw(st.sampled_from(values))
    if not uncertain or not value or not rarely(draw, 8):
        return f"{value} {unit}"
    kind = draw(st.sampled_from(["triangular", "uniform", "lognormal", "discrete", "normal"]))
    low, high = round(0.6 * value, 6), round(1.7 * value, 6)
    law = {
        "triangular": {"triangular": [low, value, high]},
        "uniform": {"uniform": [low, high]},
        "lognormal": {"lognormal": {"median": value, "p90": high}},
        "discrete": {"discrete": {"values": [low, value, high], "weights": [0.3, 0.3, 0.4]}},
        "normal": {"normal": {"mean": value, "sd": round(0.1 * value, 6)}},
    }[kind]
    return {**law, "unit": unit, **common_cause(draw)}


def share(draw, values, *, uncertain=True):
    """A share in per cent, or a distribution between 0 and 100 %."""
    value = draw(st.sampled_from(values))
    if not uncertain or not 0 < value < 100 or not rarely(draw, 8):
        return f"{value} %"
    law = {"triangular": [0.5 * value, value, 100]} if often(draw) else {"uniform": [0.5 * value, value]}
    return {**law, "unit": "%", **common_cause(draw)}


def common_cause(draw):
    """A cause, sometimes with a correlation of its own."""
    if not rarely(draw, 3):
        return {}
    own = {"correlation": "30 %"} if often(draw) else {}
    return {"cause": draw(st.sampled_from(CAUSES)), **own}


def profile(draw, values, unit, drivers, quarters):
    """A constant, a path, or a plain driver times an amount; sometimes within a window."""
    kind = draw(st.sampled_from(["constant", "constant", "path", "driver"]))
    if kind == "path":
        points = {
            quarter(draw(st.integers(-1, 1))): f"{draw(st.sampled_from(values))} {unit}",
            quarter(draw(st.integers(2, quarters))): f"{draw(st.sampled_from(values))} {unit}",
        }
        written = {"path": points, "between": draw(st.sampled_from(["linear", "held"]))}
    elif kind == "driver" and drivers:
        written = {"driver": draw(st.sampled_from(drivers)), "times": amount(draw, values, unit)}
    else:
        written = amount(draw, values, unit)
    if not rarely(draw):
        return written
    window = {"from": quarter(draw(st.integers(0, 2))), "until": quarter(draw(st.integers(2, quarters)))}
    return {**(written if isinstance(written, dict) else {"value": written}), **window}


def months(draw, *counts, uncertain=True):
    """A duration in months."""
    return amount(draw, counts, "months", uncertain=uncertain)
