"""Paths of the drivers (rules A1 and A5): curves, correlated noise, jumps, shocks."""

import itertools
import math

from oracles.quarter_step.numbers import phi, plain_number

QUARTER = 0.25
MOST_JUMPS = 8


def driver_paths(drawn):
    """X by driver and quarter, the dimension of each driver, and each curve's opening value."""
    names = list(drawn.book.drivers)
    lower = factor(names, drawn.book.correlations)
    X, dimensions, opening = {}, {}, {}
    for j, name in enumerate(names):
        driver = drawn.book.drivers[name]
        law, dimensions[name] = numbers_of(drawn, driver)
        when, new = changes_of(drawn, name)
        curve = curve_of(drawn, driver.process, law, when, {**law, **new})
        opening[name] = curve[0]
        steps, times = shocks_of(drawn, name)
        m = steps.get(0, 0.0)
        X[name] = [curve[0] * math.exp(m) * times[0]]
        for t in range(1, drawn.T):
            persist, scale, drift = noise_of({**law, **new} if t > when else law)
            eps = sum(lower[j][k] * drawn.normal(f"driver/{names[k]}/{t}") for k in range(len(names)))
            m = persist * m + scale * eps + drift + steps.get(t, 0.0) + jump_of(drawn, driver, name, t)
            X[name].append(curve[t] * math.exp(m) * times[t])
    return X, dimensions, opening


def factor(names, correlations):
    """The lower Cholesky factor of the table of correlations."""
    n = len(names)
    matrix = [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]
    for pair, value in correlations.items():
        left, right = [each.strip() for each in pair.split("~")] if isinstance(pair, str) else pair
        i, j = names.index(left), names.index(right)
        matrix[i][j] = matrix[j][i] = getattr(value, "value", value)
    lower = [[0.0] * n for _ in range(n)]
    for j in range(n):
        pivot = matrix[j][j] - sum(lower[j][k] ** 2 for k in range(j))
        if pivot <= 1e-10:
            continue
        for i in range(j, n):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i][j] = rest / math.sqrt(pivot)
    return lower


def numbers_of(drawn, driver):
    """The parameters of a driver's process, with its noise, and the dimension of its values."""
    given, law = getattr(driver, driver.process), {"noise": driver.noise.value}
    if driver.process == "constant":
        law["constant"], dimension = plain_number(given)
    elif driver.process == "path":
        law["path"] = {drawn.calendar.index(q): plain_number(value)[0] for q, value in given.items()}
        dimension = plain_number(next(iter(given.values())))[1]
    else:
        law.update({key: parameter(key, value) for key, value in given.items()})
        dimension = plain_number(given["now"])[1]
    return law, dimension


def parameter(key, value):
    """A parameter in quarters, shares a year or the driver's own unit."""
    if key in {"growth", "p", "q", "noise"}:
        return plain_number(value, "rate")[0]
    return plain_number(value, "duration" if key == "half_life" else None)[0]


def changes_of(drawn, name):
    """The quarter from which a scenario gives a driver new parameters, and these."""
    scenario = drawn.scenario
    if scenario is None or scenario.from_ is None:
        return math.inf, {}
    new = {}
    for path, value in scenario.set.items():
        if path.startswith(f"drivers.{name}."):
            key = path.rpartition(".")[2]
            new[key] = parameter(key, value)
    return max(0, drawn.calendar.index(scenario.from_)), new


def curve_of(drawn, process, law, when, later):
    """The deterministic level in each quarter; from `when` on it goes on by the later law."""
    if process == "constant":
        return [later["constant"] if t >= when else law["constant"] for t in range(drawn.T)]
    if process == "path":
        return [between(sorted(law["path"].items()), t) for t in range(drawn.T)]
    curve = []
    for t in range(drawn.T):
        if t <= when:
            curve.append(level_after(process, law, law["now"], t))
        else:
            curve.append(level_after(process, later, curve[when], t - when))
    return curve


def level_after(process, law, now, quarters):
    """The level so many quarters after it was `now`."""
    years = quarters * QUARTER
    if process == "gbm":
        return now * (1.0 + law["growth"]) ** years
    if process == "mean_reverting":
        return now * (law["level"] / now) ** (1.0 - 2.0 ** (-quarters / law["half_life"]))
    share = now / law["ceiling"]
    if process == "logistic":
        return now / (share + (1.0 - share) * (1.0 + law["growth"]) ** -years)
    p, q = law["p"], law["q"]
    passed = -math.log((1.0 - share) / (1.0 + q / p * share)) / (p + q)
    left = math.exp(-(p + q) * (passed + years))
    return law["ceiling"] * (1.0 - left) / (1.0 + q / p * left) if quarters else now


def between(points, t):
    """The straight line through points, held before the first and after the last."""
    if t <= points[0][0]:
        return points[0][1]
    for (q0, v0), (q1, v1) in itertools.pairwise(points):
        if t <= q1:
            return v0 + (v1 - v0) * (t - q0) / (q1 - q0)
    return points[-1][1]


def noise_of(law):
    """What a quarter keeps of the log deviation, the size of its innovation, its drift."""
    sigma = law["noise"]
    if "half_life" not in law:
        return 1.0, sigma * math.sqrt(QUARTER), -0.5 * sigma**2 * QUARTER
    kappa = math.log(2.0) / (law["half_life"] * QUARTER)
    variance = (1.0 - math.exp(-2.0 * kappa * QUARTER)) / (2.0 * kappa)
    return math.exp(-kappa * QUARTER), sigma * math.sqrt(variance), 0.0


def jump_of(drawn, driver, name, t):
    """The sum of a quarter's jumps in logs (E1)."""
    if driver.jumps is None or driver.jumps.rate.value <= 0:
        return 0.0
    intensity = driver.jumps.rate.value * QUARTER
    level = phi(drawn.normal(f"jump/{name}/{t}/0"))
    mass, below, number = math.exp(-intensity), 0.0, 0
    for k in range(MOST_JUMPS):
        below += mass
        if level > below:
            number += 1
        mass *= intensity / (k + 1)
    size = drawn.normal(f"jump/{name}/{t}/1")
    return number * driver.jumps.mean.value + math.sqrt(number) * driver.jumps.sd.value * size


def shocks_of(drawn, name):
    """Log steps by quarter, and the factor of passing shocks in each quarter."""
    steps, times = {}, [1.0] * drawn.T
    scenario = drawn.scenario
    if scenario is None or name not in scenario.shock:
        return steps, times
    shock = scenario.shock[name]
    at = drawn.calendar.index(shock.at if shock.at is not None else scenario.at)
    if shock.lasting is None:
        steps[at] = math.log(shock.times.value)
        return steps, times
    stop = at + math.ceil(shock.lasting.value - 1e-9)
    return steps, [shock.times.value if at <= t < stop else 1.0 for t in range(drawn.T)]
