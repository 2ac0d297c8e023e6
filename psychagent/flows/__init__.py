"""The graphs: session, course, judge; build.py wires what they need."""
