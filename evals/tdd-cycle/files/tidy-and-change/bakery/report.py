"""The report that is pinned to the wall on Monday."""

NAME_WIDTH = 14


def report(week, sales):
    """Lines for a week: a title, a line for each product, and a total.

    sales: name of the product -> how many were sold on each day, Monday first.
    """
    lines = []
    title = f"Week {week}"
    lines.append(title)
    lines.append("=" * len(title))
    for name in sorted(sales):
        days = sales[name]
        shortened = name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "."
        padded = shortened.ljust(NAME_WIDTH)
        number = str(sum(days)).rjust(5)
        lines.append(f"{padded} {number}")
    total = 0
    for days in sales.values():
        total += sum(days)
    lines.append("-" * (NAME_WIDTH + 6))
    lines.append("all".ljust(NAME_WIDTH) + " " + str(total).rjust(5))
    return lines
