"""The garbage collector rests in a batch, and is as it was afterwards."""

import gc

import pytest

from models.collecting import collector_at_rest


def test_the_collector_rests_inside_and_inside_another_and_works_again_afterwards() -> None:
    assert gc.isenabled()
    with collector_at_rest():
        assert not gc.isenabled()
        with collector_at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_works_again_after_a_batch_that_failed() -> None:
    with pytest.raises(RuntimeError), collector_at_rest():
        raise RuntimeError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_function_can_be_decorated() -> None:
    assert collector_at_rest()(gc.isenabled)() is False
