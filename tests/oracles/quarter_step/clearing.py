"""Payments on which all agree: the greatest fixed point of Rogers and Veraart, by plain rounds (rule C11)."""

SLACK = 1e-9
RANKS = 4


def clear(parties, means, lines, outside, alpha, beta):
    """What is paid on each line and outside, and what is destroyed.

    `lines` are records with payer, receiver, due and rank; `outside` maps (party, kind) to (due, rank).
    Returns paid by line, paid by outside key, received, total due and destroyed by party.
    """
    owed = {party: [0.0] * RANKS for party in parties}
    for line in lines:
        owed[line.payer][line.rank] += line.due
    for (party, _), (due, rank) in outside.items():
        owed[party][rank] += due
    total = {party: sum(owed[party]) for party in parties}
    share = {party: [1.0] * RANKS for party in parties}
    for _ in range(200_000):
        received = receipts(parties, lines, share)
        after = {
            party: waterfall(
                owed[party], pays(means[party], received[party], total[party], alpha[party], beta[party])
            )
            for party in parties
        }
        change = max(
            (abs(a - b) for party in parties for a, b in zip(after[party], share[party], strict=True)),
            default=0.0,
        )
        share = after
        if change <= 1e-14:
            break
    received = receipts(parties, lines, share)
    paid_lines = [line.due * share[line.payer][line.rank] for line in lines]
    paid_outside = {key: due * share[key[0]][rank] for key, (due, rank) in outside.items()}
    destroyed = {}
    for party in parties:
        has = means[party] + received[party]
        short = has < total[party] * (1.0 - SLACK)
        budget = pays(means[party], received[party], total[party], alpha[party], beta[party])
        destroyed[party] = max(0.0, has - budget) if short else 0.0
    return paid_lines, paid_outside, received, total, destroyed


def receipts(parties, lines, share):
    """What each party receives."""
    received = dict.fromkeys(parties, 0.0)
    for line in lines:
        received[line.receiver] += line.due * share[line.payer][line.rank]
    return received


def pays(means, received, total, alpha, beta):
    """What a party pays in all (E27)."""
    if means + received >= total * (1.0 - SLACK):
        return min(means + received, total)
    return min(alpha * max(means, 0.0) + beta * received, total)


def waterfall(owed, budget):
    """The share of each rank that is paid, the first rank before the next."""
    left, shares = sum(owed) - budget, [1.0] * RANKS
    for rank in reversed(range(RANKS)):
        missing = min(max(left, 0.0), owed[rank])
        left -= missing
        shares[rank] = 1.0 - missing / owed[rank] if owed[rank] > 0 else 1.0
    return shares
