"""The report on a comparison in pairs."""
