"""What the knobs on the panel do."""

from greenhouse import settings


def turn(current: dict, table: str, name: str, value: float) -> dict:
    """Set one value for now; it is lost when the panel restarts."""
    if name not in current[table]:
        raise KeyError(f"no setpoint {table}.{name}")
    current[table][name] = value
    return current


if __name__ == "__main__":
    for table, values in settings.load().items():
        print(table, values)
