"""One function for many items, here or by a `dask.distributed` client."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["processes", "require_client", "spread_out"]

_BEFORE: Final = "distributed.nanny.pre-spawn-environ"
_MEMORY: Final = {"MALLOC_TRIM_THRESHOLD_": str(2**28), "MALLOC_MMAP_THRESHOLD_": str(2**25)}
"""What glibc is told in worker processes: when it gives memory back, and from which size at once."""


def require_client(client: Any) -> None:
    """Refuse what is neither a `dask.distributed` client nor None, before any work is done for it.

    Raises
    ------
    InputError
        If it is something else.
    """
    if client is not None and not (hasattr(client, "map") and hasattr(client, "scatter")):
        message = f"`client` is a dask.distributed client, not {type(client).__name__}"
        raise InputError(message)


def spread_out(
    work: Callable[[Any, Any], Any],
    shared: Any,
    items: Sequence[Any],
    client: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Any]:
    """Return what a function gives for each item, in order, here or by a `dask.distributed` client.

    Parameters
    ----------
    work
        Called with what is shared and an item.
    shared
        What every call needs; it is sent to each worker once.
    items
        The items.
    client
        The client, or None.
    progress
        Called with (items done, items in all).

    Raises
    ------
    InputError
        If the client is none.

    Examples
    --------
    >>> spread_out(lambda shared, item: shared * item, 2, [1, 2, 3])
    [2, 4, 6]
    """
    require_client(client)
    done = []
    if client is None:
        results = (work(shared, item) for item in items)
    else:
        sent = client.scatter(_Whole(shared), broadcast=True, hash=False) if items else None
        results = (each.result() for each in client.map(partial(_for, work), items, shared=sent, pure=False))
    for result in results:
        done.append(result)
        if progress is not None:
            progress(len(done), len(items))
    return done


@dataclass(frozen=True)
class _Whole:
    """What is shared, sent in one piece.

    Dask sends the parts of a tuple or a list apart, and what two of them hold in common arrives twice: a
    worker would then find anew for one what it knows from the other.
    """

    shared: Any


def _for(work: Callable[[Any, Any], Any], item: Any, *, shared: _Whole) -> Any:
    return work(shared.shared, item)


@contextmanager
def processes(workers: int) -> Iterator[Any]:
    """Yield a client of so many processes of this machine; None for one, which needs none.

    Dask makes its workers give memory back at once, and with it every array of more than 64 kB: arithmetic on
    arrays of thousands of futures then takes nearly three times as long. These workers keep it, as any
    process does.

    Examples
    --------
    >>> with processes(1) as client:
    ...     print(client)
    None
    """
    if workers == 1:
        yield None
        return
    import dask
    from distributed import Client, LocalCluster

    # glibc reads these when a process starts, so that they have to be there before
    with (
        dask.config.set({_BEFORE: {**dask.config.get(_BEFORE), **_MEMORY}}),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield client
