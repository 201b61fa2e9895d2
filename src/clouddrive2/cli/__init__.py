"""The command ``cd2``: one file per verb, one place for settings, three printers of the same events."""
