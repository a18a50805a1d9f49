"""The front doors over the stages."""
