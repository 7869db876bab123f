"""One function for many items: the same answers in the same order, however they are spread."""

import os
import sys
from pathlib import Path

import pytest

from offtake.errors import InputError
from offtake.scale import processes, require_client, spread_out


def joined(shared, item):
    """Return what is shared with the item behind it."""
    return f"{shared}{item}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_workers_give_what_this_process_gives():
    """Answers come in the order of the items, each step is told, and nothing to do is nothing done."""
    from distributed import Client

    told = []
    here = spread_out(joined, "n", range(5), progress=lambda done, of: told.append((done, of)))
    assert here == ["n0", "n1", "n2", "n3", "n4"]
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    with Client(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as client:
        again = []
        there = spread_out(joined, "n", range(5), client, lambda done, of: again.append((done, of)))
        assert there == here
        assert again == told
        assert spread_out(joined, "n", [], client) == []


def test_what_is_no_client_is_refused():
    """Anything else than a client or None is refused, before any item is worked on."""
    with pytest.raises(InputError, match=r"`client` is a dask\.distributed client, not int"):
        spread_out(lambda _shared, _item: pytest.fail("it was worked on"), None, [1], 4)
    with pytest.raises(InputError, match="not object"):
        require_client(object())
    require_client(None)


def test_one_process_needs_no_client():
    """One worker is this process."""
    with processes(1) as client:
        assert client is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_processes_keep_their_memory():
    """Workers are processes of their own that do not give memory back after every array.

    What is held in common by parts of what is shared arrives once, so that one finds what the other knows.
    """
    memory = ["known"]
    with processes(2) as client:
        # a function without a name travels whole: workers need not find this file
        held_once = spread_out(
            lambda shared, _: shared[0]["memory"] is shared[1]["memory"],
            ({"memory": memory}, {"memory": memory}),
            range(4),
            client,
        )
        assert held_once == [True] * 4
        assert len(set(client.run(os.getpid).values()) | {os.getpid()}) == 3
        if sys.platform == "linux":
            # what they were started with, which is all that counts
            started = client.run(Path("/proc/self/environ").read_text).values()
            assert all(f"MALLOC_TRIM_THRESHOLD_={2**28}\0" in each for each in started)
