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
        curve, dimensions[name], half_life = curve_of(drawn, driver)
        opening[name] = curve[0]
        steps, times = shocks_of(drawn, name)
        persist, scale, drift = noise_of(driver, half_life)
        m = steps.get(0, 0.0)
        X[name] = [curve[0] * math.exp(m) * times[0]]
        for t in range(1, drawn.T):
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


def curve_of(drawn, driver):
    """The deterministic level in each quarter, the driver's dimension, and the half-life in quarters."""
    T, given = drawn.T, getattr(driver, driver.process)
    if driver.process == "constant":
        value, dimension = plain_number(given)
        return [value] * T, dimension, None
    if driver.process == "path":
        points = sorted((drawn.calendar.index(q), *plain_number(value)) for q, value in given.items())
        return [between([(q, v) for q, v, _ in points], t) for t in range(T)], points[0][2], None
    now, dimension = plain_number(given["now"])
    if driver.process == "gbm":
        growth = rate(given["growth"])
        return [now * (1.0 + growth) ** (t * QUARTER) for t in range(T)], dimension, None
    if driver.process == "mean_reverting":
        level, _ = plain_number(given["level"])
        half_life, _ = plain_number(given["half_life"], "duration")
        return (
            [now * (level / now) ** (1.0 - 2.0 ** (-t / half_life)) for t in range(T)],
            dimension,
            half_life,
        )
    ceiling, _ = plain_number(given["ceiling"])
    if driver.process == "logistic":
        odds = now / ceiling
        growth = rate(given["growth"])
        return (
            [now / (odds + (1.0 - odds) * (1.0 + growth) ** (-t * QUARTER)) for t in range(T)],
            dimension,
            None,
        )
    p, q = rate(given["p"]), rate(given["q"])
    share = now / ceiling
    passed = -math.log((1.0 - share) / (1.0 + q / p * share)) / (p + q)
    left = [math.exp(-(p + q) * (passed + t * QUARTER)) for t in range(T)]
    return [now, *(ceiling * (1.0 - e) / (1.0 + q / p * e) for e in left[1:])], dimension, None


def rate(value):
    """A number a year, with or without its unit."""
    return float(value) if isinstance(value, int | float) else plain_number(value, "rate")[0]


def between(points, t):
    """The straight line through points, held before the first and after the last."""
    if t <= points[0][0]:
        return points[0][1]
    for (q0, v0), (q1, v1) in itertools.pairwise(points):
        if t <= q1:
            return v0 + (v1 - v0) * (t - q0) / (q1 - q0)
    return points[-1][1]


def noise_of(driver, half_life):
    """What a quarter keeps of the log deviation, the size of its innovation, its drift."""
    sigma = driver.noise.value
    if half_life is None:
        return 1.0, sigma * math.sqrt(QUARTER), -0.5 * sigma**2 * QUARTER
    kappa = math.log(2.0) / (half_life * QUARTER)
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
