from trackbook.importer import import_gpx
from trackbook.summary import climb

__all__ = ["climb", "import_gpx"]
