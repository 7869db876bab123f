"""Drivers in plain Python: differential equations stepped finely, one path, one number at a time."""

import math
from statistics import NormalDist

STEPS = 400
QUARTER = 0.25


def integrate(slope, start, quarters, changes):
    """Return ``x' = slope(x, params)`` solved by quarter (Runge-Kutta); params change from a quarter on."""
    values, params = [start], dict(changes[0])
    width = QUARTER / STEPS
    for quarter in range(quarters - 1):
        params.update(changes.get(quarter, {}))
        x = values[-1]
        for _ in range(STEPS):
            k1 = slope(x, params)
            k2 = slope(x + width / 2 * k1, params)
            k3 = slope(x + width / 2 * k2, params)
            k4 = slope(x + width * k3, params)
            x += width / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        values.append(x)
    return values


def gbm_slope(x, params):
    """Return the growth of the mean of a geometric Brownian motion."""
    return math.log(1 + params["growth"]) * x


def logistic_slope(x, params):
    """Return Verhulst's growth."""
    return math.log(1 + params["growth"]) * x * (1 - x / params["ceiling"])


def bass_slope(x, params):
    """Return Bass's adopters a year: those who innovate and those who imitate."""
    return (params["p"] + params["q"] * x / params["ceiling"]) * (params["ceiling"] - x)


def mean_reverting_slope(x, params):
    """Return the drift of the median of a log Ornstein-Uhlenbeck process."""
    return math.log(2) / params["half_life"] * math.log(params["level"] / x) * x


def reverting_variance(sigma, half_life, years, cells=20_000):
    """Return the variance of a log Ornstein-Uhlenbeck process after some years, summed over small shocks."""
    kappa, width = math.log(2) / half_life, years / cells
    return sum(sigma**2 * width * math.exp(-2 * kappa * (k + 0.5) * width) for k in range(cells))


def cholesky(matrix):
    """Return the lower Cholesky factor of a matrix given as lists (Cholesky-Banachiewicz)."""
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i][j] = math.sqrt(rest) if i == j else rest / lower[j][j]
    return lower


def poisson_count(rate, z):
    """Return the least count whose distribution function reaches Phi(z), at most 8."""
    level, mass = NormalDist().cdf(z), math.exp(-rate * QUARTER)
    height, count = mass, 0
    while level > height and count < 8:
        count += 1
        mass *= rate * QUARTER / count
        height += mass
    return count


def simulate_path(arrays, correlation, eps, jump_z):
    """Return one path, [T][J], from nested lists of normals, by the recursion in the module's head."""
    lower, width = cholesky(correlation), len(arrays.names)
    logs, path = [], []
    for t in range(len(eps)):
        row = []
        for j in range(width):
            if t == 0:
                row.append(float(arrays.logshock[0, j]))
                continue
            z = sum(lower[j][k] * eps[t][k] for k in range(width))
            jump = 0.0
            if j in arrays.jumping:
                slot = arrays.jumping.index(j)
                n = poisson_count(float(arrays.jump_rate[j]), jump_z[t][0][slot])
                spread = math.sqrt(n) * float(arrays.jump_sd[j]) * jump_z[t][1][slot]
                jump = n * float(arrays.jump_mean[j]) + spread
            kept = float(arrays.persist[t, j]) * logs[-1][j]
            moved = float(arrays.scale[t, j]) * z + float(arrays.drift[t, j])
            row.append(kept + moved + float(arrays.logshock[t, j]) + jump)
        logs.append(row)
        path.append([float(arrays.curve[t, j]) * math.exp(row[j]) for j in range(width)])
    return path
