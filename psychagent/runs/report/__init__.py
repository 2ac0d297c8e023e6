"""The report of an evaluation: statistics, figures, HTML and Markdown. Needs the extra `eval`."""
