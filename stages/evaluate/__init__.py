"""Evaluating progress: the figures of each case, the KPIs of a commission, and the judgement of impact."""
