"""The script that stands in for a language model; it is none and says so."""
