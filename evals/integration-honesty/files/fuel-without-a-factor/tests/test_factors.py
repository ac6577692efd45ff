import pytest
from fleetcarbon.factors import factor


def test_diesel():
    assert factor("diesel") == 2.66


def test_an_unknown_fuel_is_refused():
    with pytest.raises(KeyError):
        factor("coal")
