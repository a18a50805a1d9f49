"""A mail server on loopback for the tests that send."""

from collections.abc import Iterator

import pytest

from notifications.channels.councilmail import hang_up
from tests.notifications.test_councilmail import Running


@pytest.fixture
def running() -> Iterator[Running]:
    """A mail server on loopback."""
    hang_up()
    one = Running()
    yield one
    hang_up()
    one.stop()
