"""Compare the two importers on a long track: best of three, and the most memory in use."""

import time
import tracemalloc

from bench import old_importer
from trackbook import importer

POINT = '<trkpt lat="{:.6f}" lon="{:.6f}"><ele>{:.1f}</ele></trkpt>'
HEAD = '<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'


def build_track(points: int = 30_000) -> str:
    body = "".join(POINT.format(47 + i * 1e-5, 11 + i * 1e-5, 900 + i % 400) for i in range(points))
    return f"{HEAD}{body}</trkseg></trk></gpx>"


def measure(import_gpx, text: str) -> tuple[float, float]:
    """Return the milliseconds of the fastest of three runs, and the most mebibytes in use."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        import_gpx(text)
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    import_gpx(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return min(seconds) * 1000, peak / 2**20


def main() -> None:
    text = build_track()
    for name, module in (("1.x", old_importer), ("2.0", importer)):
        time_ms, memory = measure(module.import_gpx, text)
        print(f"{name}: {time_ms:.0f} ms, {memory:.1f} MiB")


if __name__ == "__main__":
    main()
