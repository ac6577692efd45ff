"""Each scenario is in just one shard of any number, and what joins shards knows no order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from promptverdict.core.shards import MOST, Shard, parse_shard, select_shard

from tests.properties.profile import PROFILE

__all__ = ["PROFILE"]

PLACES = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=40)


@given(PLACES, st.integers(1, 50), st.randoms(use_true_random=False))
def test_each_place_is_in_just_one_shard(
    places: list[tuple[str, str]], total: int, chance: object
) -> None:
    shards = [select_shard(places, Shard(number, total)) for number in range(1, total + 1)]
    assert sorted(place for shard in shards for place in shard) == sorted(set(places))
    sizes = sorted(map(len, shards))
    assert sizes[-1] - sizes[0] <= 1
    shuffled = places * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert [
        select_shard(shuffled, Shard(number, total)) for number in range(1, total + 1)
    ] == shards


@given(
    st.integers(-2, MOST + 2), st.integers(-2, MOST + 2), st.text("0123456789/+- ²٣", max_size=6)
)
def test_a_shard_is_parsed_as_it_is_written_or_refused(number: int, total: int, text: str) -> None:
    for written in (f"{number}/{total}", text):
        try:
            shard = parse_shard(written)
        except ValueError:
            assert written == text or not 1 <= number <= total <= MOST
        else:
            assert str(shard) == written
            assert 1 <= shard.number <= shard.total <= MOST
