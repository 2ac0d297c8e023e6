"""Commands that hold systems and raters against each other."""
