"""Work that can be spread over processes or machines: same answer, however it is split."""

from offtake.scale._spread import processes, require_client, spread_out

__all__ = ["processes", "require_client", "spread_out"]
