"""A slow and obvious quote: one future, one quarter, one piece at a time, straight from docs/quote.md."""

import math


def present_value(base, terms, future, price):  # noqa: C901, PLR0915 - one walk, nothing hidden
    """Return the value of one future to the seller at a price, by walking through its quarters.

    Rules of `simulate` are written out again here on plain numbers; only what was drawn is taken from `base`.
    """
    machines, asked = base.machines, base.asked
    pieces = range(len(machines.mw))
    fails = float(base.fails[future])
    built = [fails > float(machines.begins[p]) for p in pieces]
    mw = [float(machines.mw[p]) * terms.scale if built[p] else 0.0 for p in pieces]
    available = float(base.availability[future])
    target = [float(machines.target[p]) for p in pieces]
    on_from = [float(machines.energised[p, future]) for p in pieces]
    served_from = [float(machines.service[p, future]) for p in pieces]
    owed = [max(0.0, min(target[p] + terms.length, terms.until) - target[p]) for p in pieces]
    ends = [
        min(served_from[p] + terms.length, terms.until) if math.isfinite(served_from[p]) else None
        for p in pieces
    ]
    first = min(target)
    total, left_at = 0.0, None
    prepaid = credited = given = 0.0
    for t in range(base.quarters):
        count = (1.0 + base.rate) ** (-t / 4.0)
        rise = (1.0 + terms.escalator) ** math.floor(max(0.0, t - first) / 4.0)
        rise *= float(base.index[t, future])
        spot = float(base.spot[t, future])
        held = sum(mw[p] * part(t, served_from[p], ends[p]) for p in pieces)
        if left_at is None and t < fails and terms.termination is not None and held > 0.0:
            cheaper = spot < (1.0 - terms.termination) * price * rise
            if t >= terms.termination_from and cheaper:
                left_at = t
                left = sum(
                    mw[p] * max(0.0, ends[p] - max(t, served_from[p])) for p in pieces if ends[p] is not None
                )
                total += count * float(base.paid[t, future]) * terms.termination * price * rise * left
        runs = t < fails and left_at is None
        for p in pieces:
            total -= count * mw[p] * float(machines.capex[p, t, future])
        gone = not runs
        idle = on = 0.0
        for p in pieces:
            retired = on_from[p] + asked.life
            last = retired if gone or ends[p] is None else max(retired, ends[p])
            up = part(t, on_from[p], last)
            on += mw[p] * up * float(machines.running[p, future])
            idle += mw[p] * up
        total -= count * on
        idle = idle - (held if runs else (1.0 - available) * min(held, idle))
        own = min(idle, float(base.own[t, future]))
        rented = min(idle - own, float(base.depth[t, future]))
        total += count * spot * (own + (1.0 - float(base.haircut[future])) * rented)
        if not runs:
            continue
        delivered = available * held
        used = min(delivered, float(base.wanted[t, future]))
        fee = (
            price
            * rise
            * (terms.reserved * delivered + (1.0 - terms.reserved) * max(used, terms.take_or_pay * delivered))
        )
        coming = freed = 0.0
        for p in pieces:
            advance = terms.prepayment * price * mw[p] * owed[p]
            if max(0.0, math.floor(target[p] + 1e-9) - terms.lead) == t:
                coming += advance
            if math.isfinite(served_from[p]):
                start = served_from[p] + terms.credited_from
                length = served_from[p] + owed[p] - start
                freed += advance * (
                    min(1.0, max(0.0, (t + 1 - start) / length))
                    if length >= 1e-9
                    else float(t + 1 - start >= length)
                )
        credit = min(fee, max(0.0, min(freed, prepaid) - credited))
        late = sum(mw[p] * part(t, target[p], min(served_from[p], target[p] + owed[p])) for p in pieces)
        worth = price * sum(float(machines.mw[p]) * terms.scale * owed[p] for p in pieces)
        back = max(0.0, min(terms.late_per_day * 91.25 * price * rise * late, terms.late_cap * worth - given))
        paid = float(base.paid[t, future])
        total += count * (paid * (fee + coming - credit) - back)
        prepaid, credited, given = prepaid + paid * coming, credited + credit, given + back
    stays = left_at is None and fails >= max(
        (math.ceil(e - 1e-9) for e in ends if e is not None), default=0.0
    )
    for p in pieces:
        retired = on_from[p] + asked.life
        last = max(retired, ends[p]) if stays and ends[p] is not None else retired
        if math.isfinite(last) and last <= base.quarters:
            total += (
                mw[p]
                * float(machines.scrap[p, future])
                * (1.0 + base.rate) ** (-math.floor(last + 1e-9) / 4.0)
            )
    return total


def part(t, start, end):
    """Return the share of the quarter [t, t + 1) that lies in [start, end)."""
    if end is None or not math.isfinite(start):
        return 0.0
    return min(1.0, max(0.0, min(t + 1.0, end) - max(t, start)))


def lowest_price(values, payback, prices):
    """Return the first of rising prices at which a share of futures is worth 0 or more; None for none."""
    for price in prices:
        worths = values(price)
        if sum(worth >= 0.0 for worth in worths) >= payback * len(worths) - 1e-9:
            return price
    return None
