"""Diagnosing need: who takes part, what is known of each school, which category and which needs follow."""
