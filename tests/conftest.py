"""Fixtures for all tests: a running emulator."""

pytest_plugins = ["clouddrive2.testing.plugin"]
