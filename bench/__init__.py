"""Measured work; nothing here is a test, and what counts are ratios within one run."""
