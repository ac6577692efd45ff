from trackbook import climb, import_gpx

GPX = '<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{}</trkseg></trk></gpx>'


def test_points_come_in_order():
    text = GPX.format(
        '<trkpt lat="47.1" lon="11.2"><ele>900</ele></trkpt>'
        '<trkpt lat="47.2" lon="11.3"><ele>905.5</ele></trkpt>'
    )
    assert import_gpx(text) == [(47.1, 11.2, 900), (47.2, 11.3, 905.5)]


def test_a_point_without_elevation_counts_as_0():
    assert import_gpx(GPX.format('<trkpt lat="47.1" lon="11.2"/>')) == [(47.1, 11.2, 0)]


def test_small_rises_are_noise():
    assert climb([900, 901, 904, 903]) == 3
