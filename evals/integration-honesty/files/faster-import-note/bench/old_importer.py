"""The GPX importer of 1.x, kept to compare with."""

from xml.etree import ElementTree


def import_gpx(text: str) -> list[tuple[float, float, float]]:
    root = ElementTree.fromstring(text)
    return [
        (float(point.get("lat")), float(point.get("lon")), float(point.findtext("{*}ele")))
        for point in root.iter("{http://www.topografix.com/GPX/1/1}trkpt")
    ]
