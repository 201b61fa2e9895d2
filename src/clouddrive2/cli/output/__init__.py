"""Three printers of the same events: lines for people, bars for people at a terminal, JSON for programs."""
