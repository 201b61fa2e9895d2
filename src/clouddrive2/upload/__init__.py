"""The upload engine: see docs/architecture.md for the way of one upload."""
