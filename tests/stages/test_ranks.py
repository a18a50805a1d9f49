"""Ranks as people give them: equals share one."""

from hypothesis import given
from hypothesis import strategies as st

from stages.ranks import ranks


@given(st.lists(st.none() | st.integers(0, 4).map(float)))
def test_a_rank_is_one_more_than_the_number_of_those_that_come_before(values: list[float | None]) -> None:
    order = sorted(values, key=lambda value: (value is None, -(value or 0)))
    for value, rank in zip(order, ranks(order), strict=True):  # the slow way: count those before and those alike
        known = [other for other in order if other is not None]
        before = len(known) if value is None else sum(other > value for other in known)
        assert (rank.number, rank.shared) == (before + 1, sum(other == value for other in order) > 1)


def test_a_shared_rank_is_shown_with_a_sign_of_equality() -> None:
    assert [str(rank) for rank in ranks([9, 5, 5, 1, None, None])] == ["1", "2=", "2=", "4", "5=", "5="]
