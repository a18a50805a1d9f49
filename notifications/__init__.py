"""Words and delivery: what is said, to whom, once, and how it leaves."""
