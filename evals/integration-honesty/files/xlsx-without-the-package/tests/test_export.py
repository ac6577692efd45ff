import zipfile

from choirbook.export import export_xlsx
from choirbook.members import Member


def test_the_workbook_holds_every_member(tmp_path):
    path = tmp_path / "members.xlsx"
    export_xlsx([Member("Ida", "alto", 2019), Member("Oskar", "bass", 2021)], path)
    with zipfile.ZipFile(path) as book:
        parts = [name for name in book.namelist() if name.startswith("xl/")]
        text = "".join(book.read(name).decode() for name in parts)
    assert "xl/worksheets/sheet1.xml" in parts
    for word in ("Name", "Voice", "Since", "Ida", "alto", "Oskar", "bass"):
        assert word in text
