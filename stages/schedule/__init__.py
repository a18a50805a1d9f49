"""Scheduling visits: dates that hold, notes of visit, and moving what has to move."""
