"""The five stages, the journey between them, and the one place that saves."""
