"""What happens in many futures: every party's cash, capacity and defaults, quarter by quarter."""

__all__: list[str] = []
