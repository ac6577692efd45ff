"""The GPX importer of 2.0, which streams the file."""

import io
from xml.etree import ElementTree


def import_gpx(text: str) -> list[tuple[float, float, float]]:
    """Return the points of a track: latitude, longitude and elevation (0 where there is none)."""
    points = []
    for _, element in ElementTree.iterparse(io.BytesIO(text.encode())):
        if element.tag.endswith("trkpt"):
            elevation = element.findtext("{*}ele")
            points.append(
                (float(element.get("lat")), float(element.get("lon")), float(elevation or 0))
            )
    return points
