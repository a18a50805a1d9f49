"""A made-up authority and made-up people, so that whole commissions can be played in simulated time."""
