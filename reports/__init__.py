"""What a commission looks like from above: the summary as values, and the same as a page."""
