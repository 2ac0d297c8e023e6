"""The report that compares several systems."""
