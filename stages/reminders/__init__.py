"""Reminders: the ladder around everything that is waited for, the daily worklist and the regular letter."""
