from carpark.fees import fee


def test_every_hour_that_has_begun():
    assert fee({"plate": "MAB123", "came": 0, "left": 61}) == 360
