"""One file per verb. Each has ``EXAMPLES`` and ``command``; ``cli/app.py`` lists them and loads one when it is called."""
