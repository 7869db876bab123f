"""Standard normals by path number: the same futures however the paths are split."""

import math
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError

__all__ = ["Method", "standard_normals"]

FloatArray = NDArray[np.float64]
Method = Literal["random", "antithetic", "sobol"]

_SEEDS = 2**64
_PATHS = 2**32
_SOBOL_BITS = 30


def standard_normals(
    seed: int,
    start: int,
    count: int,
    dims: int,
    *,
    method: Method = "random",
    bridge: tuple[int, int] | None = None,
) -> FloatArray:
    """Return the standard normals of paths start to start + count - 1, shape [count, dims], float64.

    A row depends on the seed, the path's number, `dims`, the method and the bridge alone: not on `start` or
    `count`, the machine or the device.

    Parameters
    ----------
    seed
        From 0 to 2**64 - 1.
    start, count
        The first path, and how many.
    dims
        Normals per path.
    method
        ``"random"``: counter-based pseudo-random numbers (Threefry, Salmon et al. 2011), keyed by the path.
        ``"antithetic"``: path 2k is that of ``"random"``, path 2k + 1 is minus path 2k.
        ``"sobol"``: points of a Sobol sequence, scrambled by the seed (Owen 1998).
    bridge
        (T, J) if the first T * J normals are innovations of J drivers over T quarters, quarter by quarter.
        For Sobol points they are then built by a Brownian bridge (Caflisch and Moskowitz 1995), so that the
        first dimensions, which are the most even, settle where each driver ends. The result is still
        independent standard normals. The innovations of quarter 0, which no process reads, take the last
        dimensions. The other methods need no bridge and leave it aside.

    Raises
    ------
    InputError
        If a number is out of its range, or there are more dimensions than Sobol sequences have.

    Examples
    --------
    >>> whole = standard_normals(7, 0, 4, 3)
    >>> np.array_equal(whole[2:], standard_normals(7, 2, 2, 3))
    True
    """
    if not 0 <= seed < _SEEDS:
        msg = f"a seed is a whole number from 0 to 2**64 - 1, not {seed}"
        raise InputError(msg)
    if not (start >= 0 and count >= 0 and dims >= 0 and start + count <= _PATHS):
        msg = (
            f"normals are numbered by paths from 0 to 2**32 and no size is negative; given were "
            f"start {start}, count {count}, dims {dims}"
        )
        raise InputError(msg)
    if method not in get_args(Method):
        msg = f"There is no method {method!r}; use 'random', 'antithetic' or 'sobol'."
        raise InputError(msg)
    if bridge is not None and bridge[0] * bridge[1] > dims:
        msg = f"A bridge over {bridge[0]} quarters and {bridge[1]} drivers needs more than {dims} dimensions."
        raise InputError(msg)
    if not count or not dims:
        return np.zeros((count, dims))
    if method == "random":
        return _random(seed, np.arange(start, start + count), dims)
    if method == "antithetic":
        return _antithetic(seed, start, count, dims)
    return _bridged(_sobol(seed, start, count, dims), bridge)


def _random(seed: int, paths: NDArray[np.int64], dims: int) -> FloatArray:
    """Invert uniforms of 52 random bits; only integers are drawn by JAX, so that every device agrees."""
    import jax
    from scipy.special import ndtri

    halves = np.array([seed >> 32, seed & 0xFFFFFFFF], dtype=np.uint32)
    with jax.threefry_partitionable(True):  # the stream is defined by it
        words = np.asarray(_bits(dims)(halves, paths.astype(np.uint32)))
    high, low = (words[..., half] >> np.uint32(6) for half in (0, 1))
    uniform = (high.astype(np.float64) * 2.0**26 + low + 0.5) * 2.0**-52
    normals: FloatArray = ndtri(uniform)
    return normals


@lru_cache(maxsize=64)
def _bits(dims: int) -> Any:
    """Return the compiled function from (seed halves, path numbers) to random words, [count, dims, 2]."""
    import jax

    def one(halves: Any, path: Any) -> Any:
        key = jax.random.fold_in(jax.random.wrap_key_data(halves, impl="threefry2x32"), path)
        return jax.random.bits(key, (dims, 2), "uint32")

    return jax.jit(jax.vmap(one, in_axes=(None, 0)))


def _antithetic(seed: int, start: int, count: int, dims: int) -> FloatArray:
    paths = np.arange(start, start + count)
    even = paths - paths % 2
    unique, back = np.unique(even, return_inverse=True)
    sign = np.where(paths % 2 == 0, 1.0, -1.0)
    return sign[:, None] * _random(seed, unique, dims)[back]


def _sobol(seed: int, start: int, count: int, dims: int) -> FloatArray:
    from scipy.special import ndtri
    from scipy.stats import qmc

    if dims > qmc.Sobol.MAXDIM:
        msg = (
            f"Sobol points have at most {qmc.Sobol.MAXDIM} dimensions, and {dims} are asked for: take fewer "
            "drivers or quarters, or method 'random' or 'antithetic'."
        )
        raise InputError(msg)
    if start + count > 2**_SOBOL_BITS:
        msg = f"A Sobol sequence has 2**{_SOBOL_BITS} points; paths up to {start + count} are asked for."
        raise InputError(msg)
    engine = qmc.Sobol(dims, scramble=True, bits=_SOBOL_BITS, rng=np.random.default_rng(seed))
    if start:
        engine.fast_forward(start)
        points = engine.random(count)
    else:
        # one by itself, because a first draw that is no power of two is warned of
        points = np.concatenate([engine.random(1), engine.random(count - 1)])
    normals: FloatArray = ndtri(points + 0.5 ** (_SOBOL_BITS + 1))
    return normals


def _bridged(normals: FloatArray, bridge: tuple[int, int] | None) -> FloatArray:
    """Return the normals with the innovations of the quarters after the first built by a Brownian bridge."""
    if bridge is None or bridge[0] < 2:  # noqa: PLR2004 - one quarter has no innovation to order
        return normals
    quarters, drivers = bridge
    size = quarters * drivers
    levels = normals[:, :size].reshape(len(normals), quarters, drivers)
    walk = np.zeros_like(levels)
    for level, (left, middle, right) in enumerate(_midpoints(quarters - 1)):
        if left == right:
            walk[:, middle] = math.sqrt(middle) * levels[:, level]
            continue
        share = (middle - left) / (right - left)
        spread = math.sqrt((middle - left) * (right - middle) / (right - left))
        between = (1.0 - share) * walk[:, left] + share * walk[:, right]
        walk[:, middle] = between + spread * levels[:, level]
    steps = np.concatenate([levels[:, -1:], np.diff(walk, axis=1)], axis=1)
    return np.concatenate([steps.reshape(len(normals), size), normals[:, size:]], axis=1)


def _midpoints(end: int) -> list[tuple[int, int, int]]:
    """Return (left, middle, right) in the order in which a bridge over 0 to `end` is filled."""
    order = [(0, end, 0)]
    spans = [(0, end)]
    while spans:
        halved: list[tuple[int, int]] = []
        for left, right in spans:
            if right - left > 1:
                middle = (left + right) // 2
                order.append((left, middle, right))
                halved += [(left, middle), (middle, right)]
        spans = halved
    return order
