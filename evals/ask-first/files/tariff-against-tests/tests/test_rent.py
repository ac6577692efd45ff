"""From the cash office, signed off on 28 March."""

import pytest
from boats.rent import rent


@pytest.mark.parametrize(
    ("minutes", "euros"), [(20, 4), (45, 4), (60, 4), (61, 8), (100, 8), (121, 12)]
)
def test_the_price(minutes, euros):
    assert rent(minutes) == euros
