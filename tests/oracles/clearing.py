"""Clearing and contagion straight from the equations, in plain Python: slow, and obvious.

Lists and floats only. Payments start from everything being paid (or nothing) and the rule is repeated
until it changes nothing; nothing here shares code or ideas for speed with the package.
"""

NOTHING_CHANGES = 1e-15
ROUNDS = 200_000
ROUNDING = 1e-9


def waterfall(payout, dues):
    """Share paid of each rank when the ranks are paid in order."""
    shares = []
    for due in dues:
        paid = min(payout, due)
        shares.append(paid / due if due > 0 else 1.0)
        payout -= paid
    return shares


def clear(external, liabilities, alpha, beta, outside=None, holdings=None, least=False):
    """Payments by rank, payer and receiver; liabilities[k][i][j], outside[k][i], holdings[i][j]."""
    parties, ranks = range(len(external)), range(len(liabilities))
    outside = outside or [[0.0 for _ in parties] for _ in ranks]
    holdings = holdings or [[0.0 for _ in parties] for _ in parties]
    dues = [[sum(liabilities[k][i]) + outside[k][i] for k in ranks] for i in parties]
    total = [sum(dues[i]) for i in parties]
    payout = [0.0 if least else total[i] for i in parties]
    equity = [0.0 if least else highest_equity(external, liabilities, total, holdings, i) for i in parties]
    for _ in range(ROUNDS):
        share = [
            [1.0 for _ in ranks] if payout[i] >= total[i] else waterfall(payout[i], dues[i]) for i in parties
        ]
        inflow = [
            sum(share[j][k] * liabilities[k][j][i] for j in parties for k in ranks)
            + sum(holdings[j][i] * equity[j] for j in parties)
            for i in parties
        ]
        new_payout, new_equity = [], []
        for i in parties:
            assets = external[i] + inflow[i]
            if assets >= total[i] * (1 - ROUNDING):
                new_payout.append(min(assets, total[i]))
                new_equity.append(max(assets - total[i], 0.0))
            else:
                new_payout.append(min(alpha[i] * max(external[i], 0.0) + beta[i] * inflow[i], total[i]))
                new_equity.append(0.0)
        moved = max(abs(a - b) for a, b in zip(payout + equity, new_payout + new_equity, strict=True))
        payout, equity = new_payout, new_equity
        if moved <= NOTHING_CHANGES * max(1.0, *total):
            break
    return {
        "payout": payout,
        "share": share,
        "received": inflow,
        "equity": equity,
        "default": [external[i] + inflow[i] < total[i] * (1 - ROUNDING) for i in parties],
    }


def highest_equity(external, liabilities, total, holdings, party):
    """More equity than the party can have: everyone's surplus, over the least share left outside."""
    parties = range(len(external))
    surplus = sum(
        max(0.0, external[i] + sum(rank[j][i] for rank in liabilities for j in parties) - total[i])
        for i in parties
    )
    return surplus / (1.0 - max(sum(holdings[i]) for i in parties))


def debtrank(claims, buffer, shock, kind, threshold=1.0):
    """Final distress and the money lost on claims."""
    parties = range(len(buffer))
    impact = [[claims[i][j] / buffer[i] for j in parties] for i in parties]
    if kind == "single-hit":
        impact = [[min(1.0, v) for v in row] for row in impact]
    distress, passed = list(shock), [0.0 for _ in parties]
    for _ in range(ROUNDS):
        before, last = list(distress), list(passed)
        for j in parties:
            if kind == "linear" or (kind == "single-hit" and passed[j] == 0.0):
                passed[j] = before[j]
            elif kind == "threshold" and before[j] >= threshold - 1e-12:
                passed[j] = 1.0
        distress = [min(1.0, shock[i] + sum(impact[i][j] * passed[j] for j in parties)) for i in parties]
        if all(abs(a - b) < 1e-15 for a, b in zip(distress + passed, before + last, strict=True)):
            break
    lost = sum(impact[i][j] * buffer[i] * passed[j] for i in parties for j in parties)
    return distress, lost


def communicability(matrix):
    """exp(matrix) off the diagonal, by its series."""
    parties = range(len(matrix))
    power = [[float(i == j) for j in parties] for i in parties]
    result = [[0.0 for _ in parties] for _ in parties]
    for term in range(1, 60):
        power = [[sum(power[i][k] * matrix[k][j] for k in parties) / term for j in parties] for i in parties]
        result = [[result[i][j] + power[i][j] * (i != j) for j in parties] for i in parties]
    return result


def susceptibility(claims, buffer):
    """Reach of all others' failures over direct failures, for each party."""
    parties = range(len(buffer))
    wipes = [[float(claims[j][i] >= buffer[j]) for j in parties] for i in parties]
    reach = communicability(wipes)
    direct = [sum(wipes[i][j] for i in parties) for j in parties]
    return [sum(reach[i][j] for i in parties) / direct[j] if direct[j] else 0.0 for j in parties]


def dependency(holdings):
    """Outside owners' shares of each party's assets: the owners of owners of owners, summed."""
    parties = range(len(holdings))
    power = [[float(i == j) for j in parties] for i in parties]
    total = [row[:] for row in power]
    for _ in range(400):
        power = [[sum(power[i][k] * holdings[k][j] for k in parties) for j in parties] for i in parties]
        total = [[total[i][j] + power[i][j] for j in parties] for i in parties]
    left = [1.0 - sum(holdings[i][j] for i in parties) for j in parties]
    return [[left[i] * total[i][j] for j in parties] for i in parties]
