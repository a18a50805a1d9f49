"""Brokering support: a supporter for every case, with the reason, or the reason why there is none."""
