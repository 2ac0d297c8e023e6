"""A person as client: a course held with somebody who types, without a terminal or a web page."""
